import CLibRDKafka

/// What librdkafka or a broker said went wrong; holds no message content and no secret.
package struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// librdkafka's number: positive from a broker, negative from the client.
  package let code: Int32
  /// The code's name without prefix, client codes with a leading underscore: `_TRANSPORT`, `OFFSET_OUT_OF_RANGE`.
  package let name: String
  /// One line for people.
  package let reason: String
  /// The handle is of no use any more; only closing it is left.
  package let isFatal: Bool

  /// `reason` nil: librdkafka's own text for the code.
  package init(code: Int32, reason: String? = nil, isFatal: Bool = false) {
    let raw = rd_kafka_resp_err_t(rawValue: code)
    self.code = code
    name = String(cString: rd_kafka_err2name(raw))
    self.reason = reason ?? String(cString: rd_kafka_err2str(raw))
    self.isFatal = isFatal || raw == RD_KAFKA_RESP_ERR__FATAL
  }

  init(_ raw: rd_kafka_resp_err_t, _ reason: String? = nil) { self.init(code: raw.rawValue, reason: reason) }

  /// Takes over and frees librdkafka's error object.
  init(consuming error: OpaquePointer) {
    self.init(
      code: rd_kafka_error_code(error).rawValue, reason: String(cString: rd_kafka_error_string(error)),
      isFatal: rd_kafka_error_is_fatal(error) != 0)
    rd_kafka_error_destroy(error)
  }

  package var description: String { "\(name): \(reason)" }

  /// No broker could be talked to: name resolution, connection, TLS or login failed, or nothing answered in time.
  package var isUnreachable: Bool {
    switch rd_kafka_resp_err_t(rawValue: code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__SSL,
      RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      true
    default: false
    }
  }

  /// The same for errors that are one outage, each broker failing and then none left; for a complaint that is told
  /// once.
  package var outage: String {
    switch rd_kafka_resp_err_t(rawValue: code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR__TIMED_OUT:
      "no broker"
    default: name
    }
  }

  /// A broker did not let us in: the name, the password or the mechanism.
  package var isLoginRefused: Bool {
    code == RD_KAFKA_RESP_ERR__AUTHENTICATION.rawValue
      || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED.rawValue
  }

  /// We did not believe a broker's certificate, or it did not speak TLS as we do.
  package var isTLSRefused: Bool { code == RD_KAFKA_RESP_ERR__SSL.rawValue }

  /// Of what the client was told meanwhile, what says best why no broker answers: a refused login or certificate stands
  /// before the broken connections it makes. `self` is the earlier one.
  func orBetter(_ later: KafkaError) -> KafkaError {
    later.isUnreachable && !isLoginRefused && !isTLSRefused
      && later.code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue ? later : self
  }

  /// No broker acknowledged a message in its time; it may have arrived all the same.
  package var isMessageTimeout: Bool { code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT.rawValue }

  /// The same request may succeed later without anybody changing anything.
  package var isRetriable: Bool {
    switch rd_kafka_resp_err_t(rawValue: code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
      RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__IN_PROGRESS,
      RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
      RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
      RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
      RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
      RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
      true
    default: false
    }
  }

  /// The message itself is refused, or its topic is: the same message fails again, and others may well go through.
  package var blamesMessage: Bool {
    switch rd_kafka_resp_err_t(rawValue: code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
      RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
      RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR__INVALID_ARG:
      !isFatal
    default: isUnknownTopic && !isFatal
    }
  }

  /// The offset asked for is not in the partition's log (any more, or yet): data was lost, or the topic was made anew.
  package var isOffsetOutOfRange: Bool {
    code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawValue || code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue
  }

  /// The topic or partition does not exist (yet).
  package var isUnknownTopic: Bool {
    code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawValue || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC.rawValue
      || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION.rawValue
  }

  static let closed = KafkaError(RD_KAFKA_RESP_ERR__DESTROY, "the Kafka client is closed")
}
