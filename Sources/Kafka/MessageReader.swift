import CLibRDKafka

/// Copies consumed messages out of librdkafka's memory, each byte once.
struct MessageReader {
  private var topics: [OpaquePointer: String] = [:]
  private var lastTopic: (pointer: OpaquePointer, name: String)?

  /// Forgets topic names; to be called when partitions come and go, because a topic's address may be used again.
  mutating func forget() {
    topics = [:]
    lastTopic = nil
  }

  mutating func topicPartition(_ message: UnsafePointer<rd_kafka_message_t>) -> TopicPartition {
    TopicPartition(topic: topic(message.pointee.rkt), partition: message.pointee.partition)
  }

  mutating func copy(_ message: UnsafePointer<rd_kafka_message_t>) -> KafkaMessage {
    let raw = message.pointee
    var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let timestamp = rd_kafka_message_timestamp(message, &kind)
    return KafkaMessage(
      topic: topic(raw.rkt), partition: raw.partition, offset: raw.offset,
      key: MessageReader.bytes(raw.key, raw.key_len), value: MessageReader.bytes(raw.payload, raw.len),
      headers: MessageReader.headers(message),
      timestamp: kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp)
  }

  private mutating func topic(_ pointer: OpaquePointer?) -> String {
    guard let pointer else { return "" }
    if let lastTopic, lastTopic.pointer == pointer { return lastTopic.name }
    let name: String
    if let known = topics[pointer] {
      name = known
    } else {
      name = String(cString: rd_kafka_topic_name(pointer))
      topics[pointer] = name
    }
    lastTopic = (pointer, name)
    return name
  }

  private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
  }

  private static func headers(_ message: UnsafePointer<rd_kafka_message_t>) -> [KafkaHeader] {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
    let count = rd_kafka_header_cnt(list)
    var headers: [KafkaHeader] = []
    headers.reserveCapacity(count)
    for index in 0..<count {
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      guard rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name else {
        break
      }
      headers.append(KafkaHeader(name: String(cString: name), value: bytes(value, size)))
    }
    return headers
  }
}
