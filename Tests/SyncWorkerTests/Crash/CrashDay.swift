import Kafka
import PEMS
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// One day of two organizations, the same in every world, in which everything with a crash point happens: a full read;
/// a scheduled read, single changes, bad messages, held ones, schema changes and a rebuild at once; commits, pushes,
/// replays; another read.
struct CrashDay {
  static let records = 300
  private static let opens: Int64 = 1_800_000_000_000

  /// Each is due once, for the first time in the year that a day goes back to.
  static let jobs = """
    jobs:
      - {name: read, kind: read_sync, source: sim, mode: incremental, cron: "0 0 1 1 *", organizations: [RIO], missed: all}
      - {name: verify, kind: kpi_verify, cron: "0 0 1 1 *", organizations: [RIO], missed: all}
    """

  let world: WorkerWorld
  private let seed: UInt64 = 7

  /// Before any worker runs.
  func prepare() async throws {
    clock(0)
    try await world.permit("ann")
    try await world.deploy()
  }

  func live() async throws {
    try await morning()
    try await noon()
    try await evening()
    try await night()
  }

  private func clock(_ hour: Int64) { world.pems.behave { $0.serverTime = CrashDay.opens + hour * 3_600_000 } }

  private func ended(_ jobs: [String], as state: String = "succeeded") async throws {
    for job in jobs {
      let row = try await world.waitForJob(job)
      #expect(row.state == state, "\(row)")
    }
  }

  // MARK: Morning

  private func morning() async throws { try await ended([try await world.requestSync(.full)]) }

  // MARK: Noon

  private func noon() async throws {
    clock(1)
    changeUpstream()
    try await pause("SFO")
    try await world.producer.sendAll(messages()).forEach { _ = try $0.get() }
    let rebuild = CloudEvent(
      id: "rebuild", source: "test", type: DecodedMessage.rebuildType, organization: "RIO",
      data: Array(#"{"organization":"RIO"}"#.utf8))
    try await world.produce(rebuild, key: "RIO", topic: world.topics.kpiRefresh)
    let project = #"[{"type":"create_project","name":"plan"},\#(SchemaWorld.orders)]"#
    let column = #"{"type":"add_column","table_id":"orders","column":{"id":"note","type":"text"}}"#
    let changes = [
      try await world.change(project, version: 0, id: "project"),
      try await world.change(column, version: 1, id: "column"),
    ]
    try await fire()
    try await ended(changes)
    try await until("what was due is done") {
      try await world.count("job_firing WHERE state = 'succeeded'") == 2
    }
    try await until("the totals are made anew") {
      try await world.count("sync_job WHERE kind = 'kpi_rebuild' AND state = 'succeeded'") == 1
    }
    try await settle()
  }

  /// Nothing of it concerns a record that users edit.
  private func changeUpstream() {
    let generator = RecordGenerator(seed: 1, organization: "RIO")
    for index in 100..<160 {
      let id = generator.pfaId(index: index)
      switch index % 12 {
      case 0: world.pems.discontinue(organization: "RIO", pfaId: id)
      case 1: world.pems.poison(organization: "RIO", pfaId: id, .nul)
      default: break
      }
      world.pems.update(
        organization: "RIO", pfaId: id,
        data: [.init("source", .string("Purchase")), .init("purchasePrice", .number("\(index).25"))])
    }
  }

  /// Changes of records PEMS does not have, some unreadable, one that only the database refuses, and an organization
  /// that is paused.
  private func messages() -> [OutgoingMessage] {
    var random = SplitMix64(seed: seed)
    let long = (0..<10_000).map { _ in String(random.below(36), radix: 36) }.joined()
    return (0..<200).map { index in
      let partition = Int32(index % 4)
      switch index {
      case 40, 80, 121: return world.message(Array("{".utf8), headers: Events.headers(), partition: partition)
      case 60:
        let record = Events.record(1_000 + index, organization: "NEW")
        return world.message(
          Events.changed(record, organization: "NEW", id: "n"), key: record.pfaId, partition: partition)
      case 100:
        let text = #"{"organization":"RIO","record":{"pfaId":"long","data":{"category":"\#(long)"}}}"#
        return world.message(Array(text.utf8), headers: Events.headers(), partition: partition)
      case 150..<155:
        let record = Events.record(1_000 + index, organization: "SFO")
        return world.message(
          Events.changed(record, organization: "SFO", id: "\(index)"), key: record.pfaId, partition: partition)
      default:
        let record = Events.record(1_000 + index)
        return world.message(Events.changed(record, id: "\(index)"), key: record.pfaId, partition: partition)
      }
    }
  }

  private func pause(_ organization: String) async throws {
    try await world.connection.run {
      _ = try QueueStore.pause($0, kind: nil, organization: organization, by: "ann", reason: nil)
    }
  }

  private func fire() async throws {
    try await until("the schedule is known") { try await world.count("job_schedule") == 2 }
    try await world.execute(
      "UPDATE job_schedule SET handled_until = now() - interval '1 year', next_at = now() - interval '364 days'")
  }

  // MARK: Evening

  private static let sessions = 8

  private func evening() async throws {
    clock(2)
    let contested = WorkerWorld.id(30)
    for session in 0..<CrashDay.sessions {
      for place in 0..<3 {
        // One session holds a value that no record can have.
        let delta = session == 5 && place == 2 ? #"{"monthlyRate":-1}"# : #"{"dor":"D\#(session)"}"#
        try await world.draft(WorkerWorld.id(session * 3 + place), delta, user: "ann", session: "s\(session)")
      }
    }
    try await world.draft(contested, #"{"dor":"OURS"}"#, user: "ann", session: "contested")
    world.pems.update(organization: "RIO", pfaId: contested, data: [.init("dor", .string("THEIRS"))])
    try await world.execute("INSERT INTO organization (id) VALUES ('NEW')")
    let letters = try await world.lines("SELECT id FROM dead_letter").compactMap { Int64($0) }
    try await world.connection.run {
      _ = try DeadLetterDecisions.replay($0, letters, by: "ann", reason: nil)
      _ = try QueueStore.resume($0, kind: nil, organization: "SFO", by: "ann", reason: nil)
    }
    for session in (0..<CrashDay.sessions).map({ "s\($0)" }) + ["contested"] {
      try await world.requestCommit(session, user: "ann", commitId: "commit \(session)")
    }
    try await until("the commits are decided and pushed") {
      try await world.lines("SELECT sync_state, count(*) FROM pfa_modification GROUP BY 1 ORDER BY 1")
        == ["conflict|1", "draft|3", "synced|21"]
    }
    try await until("what was held is applied") {
      try await world.count("pfa_mirror WHERE organization_id <> 'RIO'") == 6
    }
    try await settle()
  }

  // MARK: Night

  private func night() async throws {
    clock(3)
    try await ended([try await world.requestSync(.incremental)])
    try await settle()
  }

  // MARK: Peace

  /// Waits until nothing is under way: no message, no row of a queue.
  private func settle() async throws {
    try await until("the outbox is empty") { try await world.count("outbox") == 0 }
    let names = [
      world.topics.readSync, world.topics.draftCommit, world.topics.writeBack, world.topics.schemaChange,
      world.topics.kpiRefresh,
    ]
    // Tombstones: whatever came before them is applied when they are.
    let marks = names.flatMap { name in
      (Int32(0)..<4).map { OutgoingMessage(topic: name, partition: $0, key: nil, value: nil, headers: []) }
    }
    var ends: [TopicPartition: Int64] = [:]
    for (mark, result) in zip(marks, try await world.producer.sendAll(marks)) {
      ends[TopicPartition(topic: mark.topic, partition: mark.partition ?? 0)] = try result.get() + 1
    }
    let (group, wanted) = (world.group, ends)
    try await until("every topic is applied to its end") {
      let positions = try await world.connection.run { try OffsetStore.positions($0, group: group) }
      let reached = Dictionary(
        positions.map { (TopicPartition(topic: $0.topic, partition: $0.partition), $0.nextOffset) },
        uniquingKeysWith: max)
      return wanted.allSatisfy { reached[$0.key] == $0.value }
    }
    try await until("the outbox is empty again") { try await world.count("outbox") == 0 }
  }
}
