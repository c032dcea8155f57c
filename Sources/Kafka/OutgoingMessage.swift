/// A message to be produced.
package struct OutgoingMessage: Sendable, Hashable {
  package var topic: String
  /// nil: chosen by the key's hash as Java clients do, or at random without a key.
  package var partition: Int32?
  package var key: [UInt8]?
  /// nil is a tombstone.
  package var value: [UInt8]?
  package var headers: [KafkaHeader]

  package init(
    topic: String, partition: Int32? = nil, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = []
  ) {
    self.topic = topic
    self.partition = partition
    self.key = key
    self.value = value
    self.headers = headers
  }
}
