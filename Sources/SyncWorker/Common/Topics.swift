/// The topics of contract section 3 under a deployment's prefix.
package struct Topics: Hashable, Sendable {
  /// Put before every name; empty for none.
  package let prefix: String

  package init(prefix: String) { self.prefix = prefix }

  package var readSync: String { prefix + "pems.read-sync.v1" }
  package var draftCommit: String { prefix + "pfa.draft-commit.v1" }
  package var writeBack: String { prefix + "pfa.write-back.v1" }
  package var schemaChange: String { prefix + "pfa.schema-change.v1" }
  package var kpiRefresh: String { prefix + "pfa.kpi-refresh.v1" }
  package var jobEvents: String { prefix + "pfa.job-events.v1" }

  /// Every topic that carries work or news, without their dead letter topics.
  package var all: [String] { [readSync, draftCommit, writeBack, schemaChange, kpiRefresh, jobEvents] }

  /// The name under which a topic of the outbox is published: rows written from SQL do not know the prefix, while those
  /// of letters that are replayed and of messages that were held have it. Known by its whole name, because a prefix may
  /// look like the beginning of one.
  package func published(_ topic: String) -> String { Topics.unprefixed.contains(topic) ? prefix + topic : topic }

  private static let unprefixed = Set(Topics(prefix: "").all.flatMap { [$0, $0 + ".dlq"] })
}
