import CLibRDKafka
import Runtime

/// librdkafka's admin requests as blocking calls that return values.
enum AdminRequest {
  /// Whether the cluster is librdkafka's mock, which does not answer CreateTopics.
  static func isMock(_ handle: OpaquePointer, timeout: Int32) -> Bool {
    guard let id = rd_kafka_clusterid(handle, timeout) else { return false }
    defer { rd_kafka_mem_free(handle, id) }
    return String(cString: id).hasPrefix("mockCluster")
  }

  /// Asks about each topic, at which a mock creates it.
  static func touch(_ handle: OpaquePointer, _ topics: [TopicSpec], timeout: Int32) -> [String: TopicOutcome] {
    var outcomes: [String: TopicOutcome] = [:]
    for topic in topics {
      do {
        _ = try Metadata.topic(handle, topic.name, timeout: timeout)
        outcomes[topic.name] = .created
      } catch {
        outcomes[topic.name] = .failed(error as? KafkaError ?? KafkaError(RD_KAFKA_RESP_ERR__FAIL))
      }
    }
    return outcomes
  }

  static func create(
    _ handle: OpaquePointer, _ topics: [TopicSpec], timeout: Int32
  ) throws -> [String: TopicOutcome] {
    var outcomes: [String: TopicOutcome] = [:]
    var requests: [OpaquePointer?] = []
    defer { rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
    for topic in topics {
      do { requests.append(try request(topic)) } catch { outcomes[topic.name] = .failed(error) }
    }
    guard !requests.isEmpty else { return outcomes }
    let count = requests.count
    try ask(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout) { options, queue in
      rd_kafka_CreateTopics(handle, &requests, count, options, queue)
    } read: { event in
      var found = 0
      let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &found)
      for index in 0..<found {
        guard let result = results?[index] else { continue }
        let name = String(cString: rd_kafka_topic_result_name(result))
        outcomes[name] = outcome(result, name, handle, timeout)
      }
    }
    return outcomes
  }

  static func committed(
    _ handle: OpaquePointer, _ group: String, _ partitions: [TopicPartition], timeout: Int32
  ) throws -> [TopicPartition: Int64] {
    var request = PartitionList.with(partitions) { rd_kafka_ListConsumerGroupOffsets_new(group, $0) }
    defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
    var offsets: [TopicPartition: Int64] = [:]
    try ask(handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout) { options, queue in
      rd_kafka_ListConsumerGroupOffsets(handle, &request, 1, options, queue)
    } read: { event in
      var found = 0
      let result = rd_kafka_event_ListConsumerGroupOffsets_result(event)
      guard let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &found), found == 1 else { return }
      if let error = rd_kafka_group_result_error(groups[0]) {
        throw KafkaError(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
      }
      for row in PartitionList.rows(rd_kafka_group_result_partitions(groups[0])) {
        if let error = row.error { throw error }
        if row.offset >= 0 { offsets[row.topicPartition] = row.offset }
      }
    }
    return offsets
  }

  static func commit(
    _ handle: OpaquePointer, _ group: String, _ offsets: [TopicPartition: Int64], timeout: Int32
  ) throws {
    var request = PartitionList.with(offsets) { rd_kafka_AlterConsumerGroupOffsets_new(group, $0) }
    defer { rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
    try ask(handle, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout) { options, queue in
      rd_kafka_AlterConsumerGroupOffsets(handle, &request, 1, options, queue)
    } read: { event in
      var found = 0
      let result = rd_kafka_event_AlterConsumerGroupOffsets_result(event)
      guard let groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &found), found == 1 else { return }
      if let error = rd_kafka_group_result_error(groups[0]) {
        throw KafkaError(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
      }
      for row in PartitionList.rows(rd_kafka_group_result_partitions(groups[0])) {
        if let error = row.error { throw error }
      }
    }
  }

  /// Takes what lies in the handle's main queue: writes the log lines, and returns what of the errors, or of this one,
  /// says best why no broker answered.
  @discardableResult
  static func drainEvents(_ handle: OpaquePointer, _ log: Log, instead error: KafkaError? = nil) -> KafkaError? {
    guard let queue = rd_kafka_queue_get_main(handle) else { return error }
    defer { rd_kafka_queue_destroy(queue) }
    var cause = error
    while let event = rd_kafka_queue_poll(queue, 0) {
      defer { rd_kafka_event_destroy(event) }
      switch rd_kafka_event_type(event) {
      case RD_KAFKA_EVENT_ERROR: cause = cause?.orBetter(KafkaEvent.error(event, handle))
      case RD_KAFKA_EVENT_LOG: KafkaEvent.write(event, to: log)
      default: break
      }
    }
    return cause
  }

  /// Sends a request and reads its one answer.
  private static func ask(
    _ handle: OpaquePointer, _ operation: rd_kafka_admin_op_t, _ timeout: Int32,
    _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void, read: (OpaquePointer) throws -> Void
  ) throws {
    let queue = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    let options = rd_kafka_AdminOptions_new(handle, operation)
    defer { rd_kafka_AdminOptions_destroy(options) }
    var text = [CChar](repeating: 0, count: 256)
    rd_kafka_AdminOptions_set_request_timeout(options, timeout, &text, text.count)
    send(options, queue)
    // librdkafka answers by itself when the request's time is over.
    guard let event = rd_kafka_queue_poll(queue, timeout + 2_000) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    let error = rd_kafka_event_error(event)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaError(error, rd_kafka_event_error_string(event).map { String(cString: $0) })
    }
    try read(event)
  }

  private static func request(_ topic: TopicSpec) throws(KafkaError) -> OpaquePointer {
    var text = [CChar](repeating: 0, count: 256)
    let new = rd_kafka_NewTopic_new(
      topic.name, Int32(clamping: topic.partitions), topic.replication.map { Int32(clamping: $0) } ?? -1, &text,
      text.count)
    guard let new else { throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, KafkaHandle.string(text)) }
    for (name, value) in topic.config.sorted(by: { $0.key < $1.key }) {
      let error = rd_kafka_NewTopic_set_config(new, name, value)
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
        rd_kafka_NewTopic_destroy(new)
        throw KafkaError(error)
      }
    }
    return new
  }

  private static func outcome(
    _ result: OpaquePointer, _ name: String, _ handle: OpaquePointer, _ timeout: Int32
  ) -> TopicOutcome {
    let code = rd_kafka_topic_result_error(result)
    if code == RD_KAFKA_RESP_ERR_NO_ERROR { return .created }
    // Somebody else was faster.
    if code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
      let topic = try? Metadata.topic(handle, name, timeout: timeout)
    {
      return .existed(partitions: topic.partitions.count)
    }
    return .failed(KafkaError(code, rd_kafka_topic_result_error_string(result).map { String(cString: $0) }))
  }
}
