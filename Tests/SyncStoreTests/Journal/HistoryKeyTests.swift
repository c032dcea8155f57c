import Postgres
import SyncStore
import TestKit
import Testing

/// What a history costs does not depend on how many others there are. Under row security an expression over another row
/// is compared only after every event of the organization was read.
@Suite("Keys of histories", .syncDatabase) struct HistoryKeyTests {
  private static let rows = """
    pg_stat_get_xact_tuples_returned('sync_event'::regclass) + pg_stat_get_xact_tuples_fetched('sync_event'::regclass)
    + pg_stat_get_xact_tuples_returned('sync_event_key'::regclass)
    """

  /// Events of one organization that a body looks at by any way, at the end of its transaction too.
  private func read(_ session: PGSession, _ body: () throws -> Void) throws -> Int64 {
    try session.transaction {
      let before = try session.query("SELECT \(Self.rows) AS n").one().integer("n")
      try body()
      try session.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE")
      return try session.query("SELECT \(Self.rows) AS n").one().integer("n") - before
    }
  }

  private func fill(_ session: PGSession) throws {
    try apply(session, [Sample("a")])
    try session.execute(
      """
      INSERT INTO sync_job (organization_id, kind) SELECT 'RIO', 'write_back' FROM generate_series(1, 2000);
      INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, base_values)
      SELECT id, 'RIO', 'ann', 's1', '{"dor": "X"}', '{dor}', 1, '{"dor": "BEO"}' FROM pfa_mirror;
      ANALYZE sync_event, sync_job, pfa_modification
      """)
  }

  @Test("A change of a job, its history, a record's history: each reads the events of its own stream (C-28)")
  func keys() async throws {
    try await onDatabase { session in
      try fill(session)
      #expect(try session.count("SELECT count(*)::int FROM sync_event") > 2_000)
      let job = try #require(try session.value("SELECT id FROM sync_job LIMIT 1"))
      let record = try #require(try session.value("SELECT id FROM pfa_mirror"))
      // With and without the values at hand when the plan is made.
      for mode in ["force_generic_plan", "force_custom_plan"] {
        try session.execute("SET plan_cache_mode = \(mode)")
        let changed = try read(session) {
          try session.execute("SET LOCAL ROLE syncline_worker; SET LOCAL syncline.organization = 'RIO'")
          try session.execute(
            "INSERT INTO sync_job (organization_id, kind, idempotency_key) VALUES ('RIO', 'draft_commit', '\(mode)')")
        }
        let told = try read(session) {
          try session.execute("SET LOCAL ROLE syncline_app; SET LOCAL syncline.organization = 'RIO'")
          #expect(try JobReports.history(session, organization: "RIO", job).rowCount == 1)
        }
        let edits = try read(session) {
          try session.execute("SET LOCAL ROLE syncline_system; SET LOCAL syncline.session_id = 's1'")
          let history = try RecordReports.history(session, organization: "RIO", id: record, pfaId: "a", limit: 10)
          #expect(history.rowCount == 1)
        }
        #expect(changed < 20 && told < 20 && edits < 20, "\(mode): \(changed), \(told), \(edits) of 2,001")
      }
    }
  }
}
