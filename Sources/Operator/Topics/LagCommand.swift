import Kafka
import Runtime
import SyncStore
import SyncWorker

/// `syncline lag`: per topic and partition, how much is not applied yet.
enum LagCommand {
  static let command = Command(
    path: ["lag"], summary: "Show how far the applied offsets are behind",
    discussion: """
      The applied offset is the one in Postgres, which moves in the transaction of a message's effects. Shown are the \
      partitions of topics that the group has a position in, and of all topics that workers consume. Beside it, what \
      the roll-ups of 'syncline kpi trend ORG' do not have yet: more workers, or 'syncline worker --only analytics', share it.
      """,
    examples: [Example("syncline lag -o json", "for a script")], needs: [.database, .kafka]
  ) { invocation in
    let settings = try invocation.settings()
    let (positions, crew, trend) = try await Database.read(invocation) { session in
      (
        try OffsetStore.positions(session, group: settings.group), try CrewStore.crew(session),
        try TrendStore.lag(session)
      )
    }
    let topics = Topics(prefix: settings.topicPrefix).work
    let (partitions, missing) = try await KafkaConnection.admin(invocation) { admin in
      try await PartitionLag.measure(admin, positions: positions, topics: topics)
    }
    try invocation.output.write(Table(PartitionLag.columns, rows: partitions.map(\.cells)))
    if trend.organizations > 0 {
      let seconds = Int(trend.seconds.rounded(.up))
      invocation.output.message(
        "the roll-ups of \(counted(trend.organizations, "organization")) are behind, by \(counted(seconds, "second")) at most"
      )
    }
    for topic in missing {
      invocation.output.message("Kafka has no topic \(topic); make it with 'syncline topics create'")
    }
    for line in remarks(partitions, crew, group: settings.group) { invocation.output.message(line) }
    return .ok
  }

  /// Who is missing: for people, below the table.
  static func remarks(_ partitions: [PartitionLag], _ crew: Crew, group: String) -> [String] {
    let mine = crew.alive.filter { $0.group == group }
    guard !mine.isEmpty else {
      let last = crew.lastSeen.map { "; \($0.name) fell silent \(durationText(Double($0.silentFor))) ago" } ?? ""
      return ["no worker of group \(group) lives, so nothing is applied: start 'syncline worker'\(last)"]
    }
    let alive = Set(mine.map(\.name))
    let left = partitions.filter { lag in
      (lag.lag ?? 0) > 0 && lag.owner.map { !alive.contains($0) } ?? true
    }
    guard !left.isEmpty else { return [] }
    let list = left.map { "\($0.topic)[\($0.partition)]" }.joined(separator: ", ")
    return ["no live worker has \(list) yet; a dead worker's partitions move on when its session ends"]
  }
}
