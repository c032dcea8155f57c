import Kafka
import SyncStore

/// What became of messages that were sent together, and what follows for each: pure.
package struct OutboxDelivery: Sendable {
  /// To be forgotten: Kafka has them.
  package private(set) var published: [Int64] = []
  /// To be put aside: Kafka refuses them for good.
  package private(set) var parked: [(id: Int64, error: String)] = []
  /// Why others must be sent again; nil: none must.
  package private(set) var failure: KafkaError?

  private struct Lane: Hashable {
    let topic: String
    let key: [UInt8]
  }

  /// One result for each message, in the same order.
  package init(_ messages: [OutboxStore.Message], _ results: [Result<Int64, KafkaError>]) {
    var waiting: Set<Lane> = []
    for (message, result) in zip(messages, results) {
      let lane = message.key.map { Lane(topic: message.topic, key: $0) }
      switch result {
      case .success:
        // After one of its key that is sent again, it is sent again too: the last one to arrive must be the newest.
        if let lane, waiting.contains(lane) { continue }
        published.append(message.id)
      case .failure(let error) where error.blamesMessage:
        parked.append((message.id, error.description))
      case .failure(let error):
        if let lane { waiting.insert(lane) }
        failure = failure ?? error
      }
    }
  }
}
