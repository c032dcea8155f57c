import Kafka
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Thousands of generated bad messages through a real worker: nothing crashes it, nothing is lost, the good ones in
/// between are applied. `SYNCLINE_HOSTILE_MESSAGES` says how many; `SYNCLINE_TEST_SEED` replays them.
@Suite("Hostile messages")
struct HostileTests {
  @Test(
    "R16, R17, contract 4.6: generated bad messages between good ones; each is applied, rejected, kept or counted, exactly as it should be"
  )
  func records() async throws {
    let seed = printedSeed()
    let total = Environment.value("SYNCLINE_HOSTILE_MESSAGES").flatMap { Int($0) } ?? 1_500
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "RIO2"] }) { world in
      let worker = try world.startWorker()
      let catalog = try await Self.catalog(world)
      var generator = HostileRecords(world, seed: seed)
      var sent: [Sent] = []
      while sent.count < total {
        // The broker keeps only so many bytes ahead of who reads them.
        sent += try await send((0..<min(100, total - sent.count)).map { _ in generator.next() }, world)
      }
      try await check(sent, world, worker)
      #expect(try await world.count("pfa_mirror WHERE organization_id = 'RIO2'") == 0)
      #expect(try await world.kpiDifferences() == [])
      #expect(try await Self.catalog(world) == catalog)
      #expect(worker.worker.health.isAlive && worker.metric(MetricCatalog.fenced) == 0)
      try await until("all dead letters are published") { try await world.count("outbox") == 0 }
    }
  }

  private struct Sent {
    let record: HostileRecord
    let place: String
  }

  private func send(_ records: [HostileRecord], _ world: WorkerWorld) async throws -> [Sent] {
    let results = try await world.producer.sendAll(records.map(\.message))
    var ends: [Int32: Int64] = [:]
    var sent: [Sent] = []
    for (record, result) in zip(records, results) {
      let (partition, offset) = (record.message.partition ?? 0, try result.get())
      ends[partition] = max(ends[partition] ?? 0, offset + 1)
      sent.append(Sent(record: record, place: "\(partition)/\(offset)"))
    }
    try await world.waitUntilApplied(ends)
    return sent
  }

  private func check(_ sent: [Sent], _ world: WorkerWorld, _ worker: RunningWorker) async throws {
    let letters = try await pairs("SELECT partition || '/' || kafka_offset, code FROM dead_letter", world)
    let mirror = try await pairs("SELECT pfa_id, data ->> 'dor' FROM pfa_mirror", world)
    let issues = Set(try await world.lines("SELECT pfa_id, code FROM sync_record_issue WHERE rejected"))
    var wrong: [String] = []
    var records = 0
    var skipped = 0
    for message in sent {
      let letter = letters[message.place]
      switch message.record.fate {
      case .applied(let id, let dor):
        records += 1
        if letter != nil || mirror[id] != dor { wrong.append("\(id): \(letter ?? mirror[id] ?? "lost"), not \(dor)") }
      case .rejected(let id, let code):
        records += 1
        if letter != nil || !issues.contains("\(id)|\(code)") { wrong.append("\(id): \(letter ?? "no \(code)")") }
      case .letter(let code):
        if letter == nil || (code != nil && letter != code) {
          wrong.append("\(message.place): \(letter ?? "lost"), not \(code ?? "a letter")")
        }
      case .skipped:
        skipped += 1
        if letter != nil { wrong.append("\(message.place): a tombstone became \(letter ?? "")") }
      case .accounted(let count): if letter == nil { records += count }
      }
    }
    #expect(wrong == [], "\(wrong.count) of \(sent.count)")
    let log = try #require(try await world.streamRow())
    #expect(log.isClosed && log.received == Int64(records), "\(log), sent \(records)")
    let counted = worker.metric(MetricCatalog.records, [("kind", "read_sync"), ("outcome", "skipped")])
    #expect(Int(counted) == skipped)
    print(
      "hostile: \(sent.count) messages, \(mirror.count) applied, \(issues.count) rejected, \(letters.count) letters")
  }

  private func pairs(_ sql: String, _ world: WorkerWorld) async throws -> [String: String] {
    try await world.connection.run { session in
      Dictionary(
        try session.query(sql).rows.map { ($0[0].text ?? "", $0[1].text ?? "") }, uniquingKeysWith: { $1 })
    }
  }

  /// Everything an injected statement could have made, changed or dropped.
  static func catalog(_ world: WorkerWorld) async throws -> [String] {
    try await world.lines(
      """
      SELECT 'relation ' || oid::regclass || ' ' || relkind::text || ' ' || relowner || ' ' || COALESCE(relacl::text, '')
      FROM pg_class WHERE relnamespace = 'public'::regnamespace
      UNION ALL SELECT 'function ' || oid::regprocedure || ' ' || md5(prosrc) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
      UNION ALL SELECT 'role ' || rolname || ' ' || rolsuper || ' ' || rolbypassrls FROM pg_roles
        WHERE rolname LIKE 'syncline%' OR rolsuper OR rolbypassrls
      UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^(pg_|org_)'
      UNION ALL SELECT 'policy ' || polname || ' ' || polrelid::regclass FROM pg_policy ORDER BY 1
      """)
  }

  @Test(
    "Hostile requests on every other topic: each ends as a job that says why, or as a dead letter; no name in them becomes SQL"
  )
  func requests() async throws {
    let seed = printedSeed()
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "RIO2"] }) { world in
      try await world.deploy()
      try await world.permit("ann")
      let worker = try world.startWorker()
      let catalog = try await Self.catalog(world)
      var generator = HostileRequests(world, seed: seed)
      let messages = (0..<400).map { _ in generator.next() }
      for result in try await world.producer.sendAll(messages) { _ = try result.get() }
      try await until("every request is a job that has ended, or a letter") {
        let jobs = try await world.count(
          "sync_job WHERE state IN ('succeeded', 'failed', 'cancelled')")
        return try await jobs + world.count("dead_letter") == messages.count
      }
      #expect(
        try await world.lines("SELECT kind FROM sync_job WHERE state = 'failed' AND error_code IS NULL") == [])
      #expect(try await Self.catalog(world) == catalog)
      #expect(try await world.disagreements() == [])
      #expect(try await world.lines("SELECT 1 FROM pfa_mirror UNION ALL SELECT 1 FROM pfa_modification") == [])
      #expect(worker.worker.health.isAlive && worker.metric(MetricCatalog.fenced) == 0)
    }
  }

  @Test(
    "contract 4.8: messages of one organization that name another's session, edit, project or job reach nothing of it")
  func crossTenant() async throws {
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "RIO2"] }) { world in
      try await world.deploy()
      try world.startWorker()
      try await world.apply([
        world.message(
          Events.changed(Events.record(1, organization: "RIO2"), organization: "RIO2"), key: "RIO2/1")
      ])
      let id = Events.record(1, organization: "RIO2").pfaId
      try await world.permit("bob", in: "RIO2")
      try await world.permit("bob", in: "RIO")
      let edit = try #require(
        try await world.draft(id, #"{"monthlyRate":1}"#, user: "bob", session: "theirs", in: "RIO2"))
      try await world.alter(
        #"[{"type":"create_project","name":"P"},\#(SchemaWorld.orders)]"#, project: "theirs", version: 0,
        organization: "RIO2")
      let before = try await state(world)

      let commit = try await world.requestCommit("theirs", user: "bob", commitId: "steal")
      let push = CloudEvent(
        id: "steal", source: "test", type: WriteBackMessage.requestedType, organization: "RIO",
        data: WriteBackMessage(organization: "RIO", modificationId: edit).encoded())
      try await world.produce(push, key: "RIO/x", topic: world.topics.writeBack)
      let drop = try await world.alter(#"{"type":"drop_table","table_id":"orders"}"#, project: "theirs", version: 1)
      #expect(drop.code == "PROJECT_NOT_FOUND", "\(drop)")
      try await until("the push is refused") {
        try await world.lines("SELECT organization_id, code FROM dead_letter") == ["RIO|UNKNOWN_MODIFICATION"]
      }
      try await until("the commit has ended") {
        try await world.lines(
          "SELECT organization_id, state FROM sync_job WHERE kind = 'draft_commit' AND state IN ('succeeded', 'failed')"
        ).count == 1
      }
      _ = commit
      #expect(try await state(world) == before)
    }
  }

  /// Everything of RIO2 that its neighbour would like to change.
  private func state(_ world: WorkerWorld) async throws -> [String] {
    try await world.rows() + world.kpis() + world.edits() + world.columns("RIO2")
      + world.lines("SELECT id, organization_id, version, status, schema_data FROM projects")
  }
}
