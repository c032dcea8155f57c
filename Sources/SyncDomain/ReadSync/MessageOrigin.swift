/// The message that brought a record: where it stands in its partition, when it was announced, and which event it is.
package struct MessageOrigin: Hashable, Sendable {
  package let offset: Int64
  /// When Kafka took the message, ms since 1970; nil when it does not say.
  package let producedAt: Int64?
  /// A UUID: the same event has the same wherever it is delivered again, another event another one.
  package let event: String

  package init(offset: Int64, producedAt: Int64?, event: String) {
    self.offset = offset
    self.producedAt = producedAt
    self.event = event
  }
}
