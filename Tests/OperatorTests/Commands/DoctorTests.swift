import Kafka
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

@Suite struct DoctorTests {
  private func statuses(_ ran: Ran) throws -> [String: String] {
    Dictionary(
      try ran.objects.map { ($0["name"]?.string ?? "", $0["status"]?.string ?? "") },
      uniquingKeysWith: { first, _ in first })
  }

  @Test("All is well, then each finding has its row and exit code 4", .syncDatabase)
  func findings() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let environment = [
      "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1",
    ]
    #expect(await program(["topics", "create"], environment: environment).code == .ok)
    let well = try await syncline(["doctor"], environment: environment)
    #expect(well.code == .ok, "\(well.data)")
    #expect(
      Set(try statuses(well).keys).isSuperset(of: [
        "configuration", "versions", "bloat", "work", "postgres", "schema", "row security", "kpi", "leases", "outbox",
        "transactions", "locks", "gaps",
        "kafka",
        "topics", "offsets",
      ]))

    try await sql(
      "ALTER TABLE pfa_mirror NO FORCE ROW LEVEL SECURITY",
      "INSERT INTO pfa_mirror (id, organization_id, pfa_id, data) VALUES (gen_random_uuid(), 'RIO', '1', '{}')",
      """
      INSERT INTO sync_job (organization_id, kind, state, lease_expires_at)
      VALUES ('RIO', 'read_sync', 'running', now() - interval '1 minute')
      """,
      "UPDATE outbox SET created_at = now() - interval '2 minutes'",
      """
      INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset, gap_from, gap_to)
      VALUES ('syncline', 'pems.read-sync.v1', 0, 9, 3, 5)
      """)
    let ill = try await syncline(["doctor"], environment: environment)
    #expect(ill.code == .findings)
    let found = try statuses(ill)
    #expect(found["row security"] == "error" && found["kpi"] == "error" && found["offsets"] == "error")
    #expect(found["leases"] == "warning" && found["outbox"] == "warning" && found["gaps"] == "warning")
    #expect(found["schema"] == "ok" && found["kafka"] == "ok")
    #expect(
      try ill.objects.allSatisfy { row in
        row["remedy"]?.string != nil || row["status"]?.string == "ok" || row["status"]?.string == "note"
      })
  }

  @Test("Postgres and Kafka that do not answer are exit code 3, each in its row")
  func unreachable() async throws {
    let ran = await program(
      ["doctor"],
      environment: ["DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"])
    #expect(ran.code == .unreachable)
    #expect(try statuses(ran)["postgres"] == "unreachable")
    #expect(try statuses(ran)["kafka"] == "unreachable")
    #expect(!(ran.data + ran.messages).contains("hush"))
  }

  @Test("A wrong configuration is reported whole, as findings")
  func configuration() async throws {
    let ran = await program(["doctor"], environment: ["SYNCLINE_HTTP_PORT": "x", "SYNCLINE_LOG_LEVEL": "loud"])
    #expect(ran.code == .findings)
    #expect(try ran.objects.count == 2)
    let bare = await program(["doctor"])
    #expect(bare.code == .findings)
    #expect(try bare.objects.filter { $0["name"]?.string == "configuration" }.count == 2)
  }

  @Test("A database without the schema is a finding with the command that makes it")
  func noSchema() async throws {
    let url = try await TestDatabase.fresh()
    let ran = await program(["doctor"], environment: ["DATABASE_URL": url])
    #expect(ran.code == .findings)
    let schema = try #require(try ran.objects.first { $0["name"]?.string == "schema" })
    #expect(schema["status"]?.string == "error" && schema["remedy"]?.string?.contains("syncline migrate up") == true)
  }

  @Test("Judgements at their edges")
  func edges() {
    #expect(DatabaseChecks.server(140_011, target: "x").status == .error)
    #expect(DatabaseChecks.server(150_000, target: "x").status == .ok)
    var outbox = HealthReports.Outbox()
    #expect(DatabaseChecks.outbox(outbox).status == .ok)
    (outbox.messages, outbox.seconds) = (1, 60)
    #expect(DatabaseChecks.outbox(outbox).status == .ok)
    outbox.seconds = 61
    #expect(DatabaseChecks.outbox(outbox).status == .warning)
    outbox = HealthReports.Outbox()
    (outbox.parked, outbox.error) = (1, "t: MSG_SIZE_TOO_LARGE: too large")
    let parked = DatabaseChecks.outbox(outbox)
    #expect(parked.status == .warning && parked.detail.contains("MSG_SIZE_TOO_LARGE"))
    func open(_ seconds: Int64) -> Check {
      DatabaseChecks.transactions(
        .init(pid: 7, login: "u", application: "a", state: "idle in transaction", seconds: seconds))
    }
    #expect(open(300).status == .ok && open(301).status == .warning)
    #expect(DatabaseChecks.bloat([]).status == .ok)
    let bloated = DatabaseChecks.bloat([.init(table: "sync_page", live: 1, dead: 20_000)])
    #expect(bloated.status == .warning && bloated.remedy?.hasSuffix("VACUUM (ANALYZE) sync_page") == true)
    var activity = Activity()
    #expect(DatabaseChecks.work(activity).status == .ok)
    (activity.conflicts, activity.pauses) = (2, 1)
    let work = DatabaseChecks.work(activity)
    #expect(work.status == .note && work.detail == "2 conflicts, 1 pause")
    #expect(Check.exitCode([Check("a", .note, "")]) == .ok)
    #expect(Check.summary([Check("a", .ok, "")]) == "everything is in order")
    #expect(Check.summary([Check("a", .ok, ""), Check("b", .note, "")]) == "nothing is broken; 1 note")
    #expect(Check.summary([Check("a", .warning, ""), Check("b", .note, "")]) == "see the remedies")
    let sampled = DatabaseChecks.kpis(differences: 0, wrong: [], sample: 3, of: 57)
    #expect(
      sampled.status == .ok
        && sampled.detail
          == "a sample of 3 of 57 organizations: totals are what the records say; all: 'syncline kpi verify'"
    )
    #expect(
      DatabaseChecks.kpis(differences: 0, wrong: [], sample: 2, of: 2).detail == "totals are what the records say")
    let wrong = DatabaseChecks.kpis(differences: 2, wrong: ["RIO"], sample: 3, of: 57)
    #expect(
      wrong.status == .error
        && wrong.detail == "a sample of 3 of 57 organizations: 2 groups of RIO not as the records say")
    #expect(Check.exitCode([Check("a", .warning, ""), Check("b", .unreachable, "")]) == .unreachable)
  }
}
