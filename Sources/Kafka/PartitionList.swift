import CLibRDKafka

/// Lists of partitions in librdkafka's memory.
///
/// Lent to a closure rather than owned by a value: Swift may free an owner after its last use, which is before the call
/// that got its pointer.
enum PartitionList {
  typealias Pointer = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  /// Calls `body` with a list of these partitions, without offsets.
  static func with<Value>(
    _ partitions: some Collection<TopicPartition>, _ body: (Pointer) throws -> Value
  ) rethrows -> Value {
    try lend(partitions.map { ($0, nil) }, body)
  }

  /// Calls `body` with a list of these partitions and offsets.
  static func with<Value>(
    _ offsets: [TopicPartition: Int64], _ body: (Pointer) throws -> Value
  ) rethrows -> Value {
    try lend(offsets.map { ($0, $1) }, body)
  }

  private static func lend<Value>(
    _ entries: [(TopicPartition, Int64?)], _ body: (Pointer) throws -> Value
  ) rethrows -> Value {
    // librdkafka ends the process when it has no memory; there is no null to look at.
    let list: Pointer = rd_kafka_topic_partition_list_new(Int32(entries.count))
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for (entry, offset) in entries {
      let row = rd_kafka_topic_partition_list_add(list, entry.topic, entry.partition)
      if let offset { row?.pointee.offset = offset }
    }
    return try body(list)
  }

  /// One row of a list: an offset below 0 is one of librdkafka's symbols ("none" is -1001).
  struct Row: Sendable {
    let topicPartition: TopicPartition
    let offset: Int64
    let error: KafkaError?
  }

  /// The rows of a list that belongs to somebody else.
  static func rows(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [Row] {
    guard let list else { return [] }
    return (0..<Int(list.pointee.cnt)).map { row(&list.pointee.elems[$0]) }
  }

  static func row(_ entry: UnsafePointer<rd_kafka_topic_partition_t>) -> Row {
    let raw = entry.pointee
    return Row(
      topicPartition: TopicPartition(topic: String(cString: raw.topic), partition: raw.partition), offset: raw.offset,
      error: raw.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(raw.err))
  }
}
