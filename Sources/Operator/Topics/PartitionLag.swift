import Kafka
import SyncStore

/// How far the applied position of a partition is behind its end.
struct PartitionLag: Sendable, Equatable {
  let topic: String
  let partition: Int32
  /// The first offset Kafka still has; nil when it has no such partition.
  let start: Int64?
  /// The offset of the next message; nil when Kafka has no such partition.
  let end: Int64?
  /// Where the group goes on; nil when it never had the partition.
  let applied: Int64?
  /// The worker that had it last.
  var owner: String?
  /// Offsets that were gone when a worker came to read them, the last time that happened.
  var gap: Range<Int64>?

  /// Offsets still to apply; nil when Kafka has no such partition. Offsets, not messages: a log has holes.
  var lag: Int64? {
    guard let start, let end else { return nil }
    return max(0, end - max(applied ?? start, start))
  }

  /// What is odd about it; nil when nothing is.
  var note: String? {
    guard let start, let end else { return "Kafka has no such partition" }
    guard let applied else { return end > start ? "never consumed" : nil }
    if applied > end { return "applied beyond the end: the topic was made anew" }
    if applied < start { return "offsets \(applied) to \(start - 1) are gone before they were applied" }
    return nil
  }

  static let columns = [
    Column("topic"), Column("partition", .integer), Column("end_offset", .integer), Column("applied_offset", .integer),
    Column("lag", .integer), Column("owner"), Column("note"),
  ]

  var cells: [Cell] {
    [
      .text(topic), .integer(Int64(partition)), .integer(end), .integer(applied), .integer(lag), .text(owner),
      .text(note),
    ]
  }

  /// Every partition that the group has a position in or that a known topic has, in order; and known topics that Kafka
  /// does not have.
  ///
  /// Asks the cluster once for its topics and once per partition. Throws `KafkaError`.
  static func measure(
    _ admin: KafkaAdmin, positions: [OffsetStore.Position], topics: [String]
  ) async throws -> (partitions: [PartitionLag], missing: [String]) {
    let cluster = try await admin.metadata()
    let sizes = Dictionary(cluster.topics.map { ($0.name, $0.partitions.map(\.id)) }) { first, _ in first }
    var applied: [TopicPartition: OffsetStore.Position] = [:]
    for position in positions {
      applied[TopicPartition(topic: position.topic, partition: position.partition)] = position
    }
    var all = Set(applied.keys)
    for topic in Set(topics).union(positions.map(\.topic)) {
      for partition in sizes[topic] ?? [] { all.insert(TopicPartition(topic: topic, partition: partition)) }
    }
    var partitions: [PartitionLag] = []
    for place in all.sorted() {
      try Task.checkCancellation()
      let exists = sizes[place.topic]?.contains(place.partition) ?? false
      let marks = exists ? try await admin.watermarks(place) : nil
      let position = applied[place]
      partitions.append(
        PartitionLag(
          topic: place.topic, partition: place.partition, start: marks?.low, end: marks?.high,
          applied: position?.nextOffset, owner: position?.owner, gap: position?.gap))
    }
    return (partitions, topics.filter { sizes[$0] == nil })
  }
}
