/// A message header; names may repeat, a nil value is legal.
package struct KafkaHeader: Sendable, Hashable {
  package let name: String
  package let value: [UInt8]?

  package init(name: String, value: [UInt8]?) {
    self.name = name
    self.value = value
  }

  package init(_ name: String, _ text: String) { self.init(name: name, value: Array(text.utf8)) }
}

/// A message as it was consumed: a copy of its own, nothing of librdkafka's memory.
package struct KafkaMessage: Sendable, Hashable {
  package let topic: String
  package let partition: Int32
  /// Its position in the partition. Offsets have holes: the next one is not always this plus one.
  package let offset: Int64
  package let key: [UInt8]?
  /// nil is a tombstone, which is not the same as an empty value.
  package let value: [UInt8]?
  package let headers: [KafkaHeader]
  /// Milliseconds since 1970, set by the producer or the broker; -1 when there is none.
  package let timestamp: Int64

  package init(
    topic: String, partition: Int32, offset: Int64, key: [UInt8]? = nil, value: [UInt8]?, headers: [KafkaHeader] = [],
    timestamp: Int64 = -1
  ) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.value = value
    self.headers = headers
    self.timestamp = timestamp
  }

  package var topicPartition: TopicPartition { TopicPartition(topic: topic, partition: partition) }

  /// The last header of that name, case-insensitively, as text (invalid UTF-8 is repaired); nil when absent or null.
  package func header(_ name: String) -> String? {
    let wanted = name.utf8
    for header in headers.reversed() where header.name.utf8.elementsEqual(wanted, by: KafkaMessage.sameLetter) {
      return header.value.map { String(decoding: $0, as: UTF8.self) }
    }
    return nil
  }

  private static func sameLetter(_ left: UInt8, _ right: UInt8) -> Bool {
    func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
    return lower(left) == lower(right)
  }
}
