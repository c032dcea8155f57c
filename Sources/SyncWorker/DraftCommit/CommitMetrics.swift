import FoundationEssentials
import Kafka
import Runtime
import SyncDomain

extension Metrics {
  /// Counts what became of commits, and how long they took from Kafka to their effect.
  func tell(_ outcomes: [CommitOutcome], of messages: [DecodedMessage], kind: String) {
    let counts: [(String, Int)] = [
      ("updated", outcomes.reduce(0) { $0 + $1.updated }), ("unchanged", outcomes.reduce(0) { $0 + $1.unchanged }),
      ("discontinued", outcomes.reduce(0) { $0 + $1.discontinued }),
      ("conflicted", outcomes.reduce(0) { $0 + $1.conflicted.count }),
      ("rejected", outcomes.reduce(0) { $0 + $1.refused.count }),
    ]
    for (name, count) in counts where count > 0 {
      add(MetricCatalog.records, Double(count), [("kind", kind), ("outcome", name)])
    }
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    for message in messages {
      guard case .draftCommit(let commit) = message.content, let asked = commit.askedAt else { continue }
      observe(MetricCatalog.commitToVisible, Double(max(0, now - asked)) / 1000)
    }
  }
}
