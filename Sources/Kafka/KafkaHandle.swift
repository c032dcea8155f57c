import CLibRDKafka
import Runtime

/// One librdkafka handle and the thread for its blocking calls, on which it is destroyed in the end.
actor KafkaHandle {
  enum Kind { case consumer, producer }

  /// librdkafka's handle is thread-safe; whoever uses it directly must be done before `destroy`.
  struct Pointer: @unchecked Sendable { let raw: OpaquePointer }

  nonisolated let pointer: Pointer
  private nonisolated let executor: ThreadExecutor
  private var open = true
  private nonisolated let refuses = Locked(false)

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Throws when a property is unknown, malformed or managed. `events` are the kinds delivered through queues.
  init(_ kind: Kind, _ settings: KafkaSettings, role: KafkaSettings.Role, events: Int32) throws {
    for (name, reason) in KafkaSettings.managed where settings.properties[name] != nil {
      throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "Kafka property \(name) cannot be set: \(reason)")
    }
    // librdkafka would only log it, and then wait forever.
    if settings.bootstrapServers.isEmpty, settings.properties["bootstrap.servers"] == nil {
      throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "no Kafka bootstrap servers are set")
    }
    guard let configuration = rd_kafka_conf_new() else { throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }
    var owned = true
    defer { if owned { rd_kafka_conf_destroy(configuration) } }
    let properties = settings.resolved(for: role)
    for (name, value) in properties.optional { _ = KafkaHandle.set(configuration, name, value) }
    for (name, value) in properties.required {
      guard let fault = KafkaHandle.set(configuration, name, value) else { continue }
      let shown = KafkaSettings.isSecret(name) ? "the value of \(name) is not accepted" : fault
      throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "Kafka property: \(shown)")
    }
    rd_kafka_conf_set_events(configuration, events)
    var text = [CChar](repeating: 0, count: 512)
    let type = kind == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
    guard let raw = rd_kafka_new(type, configuration, &text, text.count) else {
      throw KafkaError(rd_kafka_last_error(), KafkaHandle.string(text))
    }
    owned = false
    pointer = Pointer(raw: raw)
    executor = ThreadExecutor(name: "kafka-calls")
  }

  /// Runs something that may block on the handle's own thread; calls of one handle run one after the other.
  func call<Value: Sendable>(_ body: @Sendable (OpaquePointer) throws -> Value) throws -> Value {
    guard open, !refuses.with({ $0 }) else { throw KafkaError.closed }
    return try body(pointer.raw)
  }

  /// Calls that have not begun yet fail from now on: what destroys the handle need not wait for them.
  nonisolated func refuse() { refuses.with { $0 = true } }

  /// librdkafka before 2.3 ends the process when it destroys a cooperative consumer that has joined its group and was
  /// assigned nothing yet (librdkafka issue 4312).
  static var mustNotDestroyUnassigned: Bool { rd_kafka_version() < 0x02_03_00_00 }

  /// Leaves the handle with librdkafka's threads, for a process that is about to end or makes few of them.
  func abandon() {
    guard open else { return }
    open = false
    executor.stop()
  }

  /// Destroys the handle; can block while librdkafka's threads end. A consumer has left its group before.
  func destroy() {
    guard open else { return }
    open = false
    rd_kafka_destroy_flags(pointer.raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    executor.stop()
  }

  /// Low and high watermark: the first offset in the log and the one the next message gets. Blocks up to `timeout` ms.
  nonisolated static func watermarks(
    _ handle: OpaquePointer, _ partition: TopicPartition, timeout: Int32
  ) throws -> (low: Int64, high: Int64) {
    var low: Int64 = 0
    var high: Int64 = 0
    let error = rd_kafka_query_watermark_offsets(
      handle, partition.topic, partition.partition, &low, &high, timeout)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
    return (low, high)
  }

  /// Why librdkafka does not take a property's value, without a secret; nil when it does.
  static func objection(_ name: String, _ value: String) -> String? {
    guard let configuration = rd_kafka_conf_new() else { return nil }
    defer { rd_kafka_conf_destroy(configuration) }
    guard let fault = set(configuration, name, value) else { return nil }
    return KafkaSettings.isSecret(name) ? "the value of \(name) is not accepted" : fault
  }

  private static func set(_ configuration: OpaquePointer, _ name: String, _ value: String) -> String? {
    var text = [CChar](repeating: 0, count: 512)
    let result = rd_kafka_conf_set(configuration, name, value, &text, text.count)
    return result == RD_KAFKA_CONF_OK ? nil : string(text)
  }

  static func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
