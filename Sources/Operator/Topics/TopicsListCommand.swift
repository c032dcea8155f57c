import Kafka
import Runtime
import SyncWorker

/// `syncline topics list`: the topics of the product as the cluster has them.
enum TopicsListCommand {
  static let command = Command(
    path: ["topics", "list"], summary: "List the topics of this program and what the cluster has of them",
    examples: [Example("syncline topics list", "which are missing?")], needs: [.kafka]
  ) { invocation in
    let prefix = try invocation.settings().topicPrefix
    let cluster = try await KafkaConnection.admin(invocation) { try await $0.metadata() }
    let table = report(prefix: prefix, cluster)
    try invocation.output.write(table)
    if table.rows.contains(where: { $0[1] == .boolean(false) }) {
      invocation.output.message("some topics do not exist; make them with 'syncline topics create'")
    }
    return .ok
  }

  /// Topics of contract section 3 first, then others under the same prefix when there is one. Null: the topic does not
  /// exist.
  static func report(prefix: String, _ cluster: KafkaMetadata) -> Table {
    let columns = [
      Column("topic"), Column("exists", .boolean), Column("partitions", .integer), Column("replication", .integer),
      Column("without_leader", .integer), Column("under_replicated", .integer),
    ]
    let known = Topics(prefix: prefix).everything
    let topics = Dictionary(cluster.topics.map { ($0.name, $0) }) { first, _ in first }
    let others = prefix.isEmpty ? [] : topics.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted()
    return Table(
      columns,
      rows: (known + others).map { name in
        guard let topic = topics[name] else { return [.text(name), .boolean(false), .null, .null, .null, .null] }
        return [
          .text(name), .boolean(true), .integer(topic.partitions.count),
          .integer(topic.partitions.map(\.replicas).min() ?? 0),
          .integer(topic.partitions.count { $0.leader == nil }),
          .integer(topic.partitions.count { $0.inSync < $0.replicas }),
        ]
      })
  }
}
