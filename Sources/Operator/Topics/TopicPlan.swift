import Kafka
import SyncWorker

/// How the topics of contract section 3 are made.
struct TopicPlan: Sendable, Equatable {
  var partitions = 4
  /// Nil: the broker's default.
  var replication: Int?
  /// How long work is kept.
  var retentionDays: Int64 = 7
  /// Long, because a person looks at them first.
  var deadLetterDays: Int64 = 365

  /// Every topic with its settings. Job events keep the last state of each job for ever (compaction).
  func specs(_ topics: Topics) -> [TopicSpec] {
    func spec(_ topic: String, _ config: [String: String]) -> TopicSpec {
      TopicSpec(name: topic, partitions: partitions, replication: replication, config: config)
    }
    func retention(_ days: Int64) -> [String: String] {
      ["cleanup.policy": "delete", "retention.ms": String(days * 86_400_000)]
    }
    return topics.work.flatMap { topic in
      [spec(topic, retention(retentionDays)), spec(Topics.deadLetters(of: topic), retention(deadLetterDays))]
    } + [spec(topics.jobEvents, ["cleanup.policy": "compact"])]
  }
}

extension Topics {
  /// What workers consume.
  var work: [String] { all.filter { $0 != jobEvents } }

  static func deadLetters(of topic: String) -> String { topic + ".dlq" }

  /// Every topic, those of work each followed by the one for its dead letters.
  var everything: [String] { work.flatMap { [$0, Topics.deadLetters(of: $0)] } + [jobEvents] }
}
