import Postgres
import SyncStore
import TestKit
import Testing

/// Triggers as the migrations made them, and as they are.
@Suite("Triggers", .syncDatabase) struct TriggerTests {
  @Test("S2-28 The list of triggers has table, function and size, and is what the migrations' texts say")
  func list() async throws {
    try await onDatabase { session in
      let rows = try Triggers.list(session).rows
      let found = try rows.map { "\(try $0.string("trigger_name")) of \(try $0.string("table_name"))" }
      #expect(found.sorted() == Trigger.expected().map(\.description).sorted())
      #expect(found.count > 10)
      let guardRow = try #require(try rows.first { try $0.string("trigger_name") == "sync_job_guard" })
      #expect(try guardRow.string("function_name") == "sync_job_guard" && guardRow.integer("bytes") > 0)
      #expect(try Triggers.idle(session) == [])
    }
  }

  @Test("S2-30 A disabled or dropped trigger is named, comes back as it was, and works")
  func restore() async throws {
    try await onDatabase { session in
      let definitions = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
      let before = try session.list(definitions)
      try session.execute(
        """
        DROP TRIGGER sync_job_guard ON sync_job;
        DROP TRIGGER pfa_modification_journal_update ON pfa_modification;
        ALTER TABLE organization DISABLE TRIGGER organization_touch
        """)
      let idle = try Triggers.idle(session).map(\.description)
      #expect(
        idle == [
          "organization_touch of organization is disabled",
          "pfa_modification_journal_update of pfa_modification is dropped", "sync_job_guard of sync_job is dropped",
        ])
      #expect(try DatabaseGauges.sample(session).idleTriggers == 3)
      #expect(try Triggers.restore(session).count == 3)
      #expect(try session.list(definitions) == before)
      #expect(try Triggers.idle(session) == [] && Triggers.restore(session) == [])
      try session.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'read_sync')")
      #expect(try pgError { try session.execute("UPDATE sync_job SET state = 'succeeded'") }.sqlstate == "SY002")
    }
  }

  @Test("A trigger that a later migration drops is not expected, a comment is no statement")
  func reading() {
    let first = """
      CREATE TABLE a (x int);
      -- Two of them; CREATE TRIGGER none AFTER INSERT ON a EXECUTE FUNCTION f();
      CREATE TRIGGER one AFTER INSERT ON a
        FOR EACH ROW EXECUTE FUNCTION f();
      CREATE TRIGGER two AFTER UPDATE ON a EXECUTE FUNCTION f();
      """
    let found = Trigger.expected(in: [first, "DROP TRIGGER two ON a;"])
    #expect(
      found == [
        Trigger(
          name: "one", table: "a",
          definition: "CREATE TRIGGER one AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()")
      ])
  }

  @Test("S2-29 Every table has its size, and its dead and live rows")
  func sizes() async throws {
    try await onDatabase { session in
      let rows = try DatabaseGauges.tables(session).rows
      let names = try rows.map { try $0.string("table_name") }
      #expect(names.contains("pfa_mirror") && names.contains("live_worker"))
      #expect(try rows.allSatisfy { try $0.integer("total_bytes") >= $0.integer("bytes") })
    }
  }
}
