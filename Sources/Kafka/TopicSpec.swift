/// A topic to be created.
package struct TopicSpec: Sendable, Hashable {
  package var name: String
  package var partitions: Int
  /// nil: the broker's default.
  package var replication: Int?
  /// Topic settings by Kafka's names, for example `retention.ms`.
  package var config: [String: String]

  package init(name: String, partitions: Int, replication: Int? = nil, config: [String: String] = [:]) {
    self.name = name
    self.partitions = partitions
    self.replication = replication
    self.config = config
  }
}

/// What became of a topic that was to be created.
package enum TopicOutcome: Sendable, Hashable {
  case created
  /// It was there before, with this many partitions, and was left alone.
  case existed(partitions: Int)
  case failed(KafkaError)
}
