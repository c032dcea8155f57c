import Kafka

extension Sequence where Element == KafkaMessage {
  /// What is still to be applied from an offset on, rising: what Kafka delivers again after a seek or a rebalance is
  /// left out, also when it stands behind the first delivery in one batch.
  package func fresh(from offset: Int64) -> [KafkaMessage] {
    var next = offset
    return filter { message in
      guard message.offset >= next else { return false }
      next = message.offset + 1
      return true
    }
  }
}
