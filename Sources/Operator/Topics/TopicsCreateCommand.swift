import Kafka
import Runtime
import SyncWorker

/// `syncline topics create`: makes the topics that do not exist; existing ones are left alone.
enum TopicsCreateCommand {
  static let command = Command(
    path: ["topics", "create"], summary: "Create the topics that do not exist",
    options: [
      Option.integer("partitions", "N", "of each topic", in: 1...10_000, default: 4),
      Option.integer("replication", "N", "copies of each partition (default: the broker's)", in: 1...100),
      Option.integer("retention", "DAYS", "how long work is kept", in: 1...36_500, default: 7),
      Option.integer("dlq-retention", "DAYS", "how long dead letters are kept", in: 1...36_500, default: 365),
    ],
    examples: [Example("syncline topics create --partitions 12 --replication 3", "for a cluster of three")],
    needs: [.kafka], change: .adds, keepsReason: false
  ) { invocation in
    let plan = TopicPlan(
      partitions: Int(invocation.integer("partitions") ?? 4),
      replication: invocation.integer("replication").map { Int($0) },
      retentionDays: invocation.integer("retention") ?? 7, deadLetterDays: invocation.integer("dlq-retention") ?? 365)
    let specs = plan.specs(Topics(prefix: try invocation.settings().topicPrefix))
    let (outcomes, cluster) = try await KafkaConnection.admin(invocation) { admin in
      (try await admin.createTopics(specs), try await admin.metadata())
    }
    let table = report(specs.map(\.name), outcomes, cluster)
    try invocation.output.write(table)
    let failed = outcomes.values.filter { if case .failed = $0 { true } else { false } }.count
    if failed > 0 { invocation.output.message("could not create \(counted(failed, "topic"))") }
    return failed > 0 ? .failure : .ok
  }

  /// What became of each topic, with the partitions it has now (null: the cluster does not say yet).
  static func report(_ names: [String], _ outcomes: [String: TopicOutcome], _ cluster: KafkaMetadata) -> Table {
    let partitions = Dictionary(cluster.topics.map { ($0.name, $0.partitions.count) }) { first, _ in first }
    let columns = [Column("topic"), Column("outcome"), Column("partitions", .integer), Column("detail")]
    return Table(
      columns,
      rows: names.map { name in
        let count = partitions[name].map { Cell.integer($0) } ?? .null
        switch outcomes[name] {
        case .created: return [.text(name), .text("created"), count, .null]
        case .existed: return [.text(name), .text("existed"), count, .null]
        case .failed(let error): return [.text(name), .text("failed"), count, .text(error.description)]
        case nil: return [.text(name), .text("failed"), count, .text("the cluster did not answer for it")]
        }
      })
  }
}
