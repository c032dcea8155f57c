import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Histories of jobs and edits: one event for each change, in the transaction of the change.
@Suite("Histories", .syncDatabase) struct HistoryTests {
  private let history = """
    SELECT type, metadata ->> 'actor', data -> 'before' ->> 'state', data -> 'after' ->> 'state', metadata ->> 'reason'
    FROM sync_event WHERE stream LIKE 'job/%' ORDER BY stream, version
    """

  @Test("The life of a job is a stream: who asked, who claimed, who took it over, who approved and why, how it ended")
  func job() async throws {
    try await onDatabase { (session) throws in
      try session.execute(
        "INSERT INTO sync_job (organization_id, kind, requested_by) VALUES ('RIO', 'write_back', 'ann')")
      func claim(_ owner: String) throws -> JobClaim {
        try #require(try session.asSystem { try JobStore.claim(session, kinds: ["write_back"], owner: owner) })
      }
      let first = try claim("w1")
      try JobStore.report(session, first, progress: Array(#"{"page": 1}"#.utf8))
      try JobStore.retry(session, first, afterMilliseconds: 0, code: "TIMEOUT", message: "no answer")
      _ = try claim("w1")
      try session.execute("UPDATE sync_job SET lease_expires_at = now() - interval '1 s'")
      _ = try claim("w2")
      try session.execute("UPDATE sync_job SET state = 'awaiting_approval', error_code = 'MASS_DISCONTINUE'")
      let id = try #require(try session.value("SELECT id FROM sync_job"))
      _ = try session.asSystem {
        try session.query(
          "UPDATE sync_job SET state = 'cancelled', finished_at = now(), lease_token = NULL, error_message = 'wrong' WHERE id = $1",
          [.uuid(id)])
      }
      #expect(
        try session.table(history).map { Array($0.prefix(4)) } == [
          ["job.queued", "ann", "∅", "queued"], ["job.running", "w1", "queued", "running"],
          ["job.retrying", "w1", "running", "retrying"], ["job.running", "w1", "retrying", "running"],
          ["job.taken_over", "w2", "∅", "∅"], ["job.awaiting_approval", "syncline", "running", "awaiting_approval"],
          ["job.cancelled", "syncline", "awaiting_approval", "cancelled"],
        ])
      #expect(try session.table(history).last?.last == "wrong")
      let shown = try session.reading { try JobReports.history(session, organization: "RIO", id) }
      #expect(try shown.rows.map { try $0.int("version") } == (0..<7).map { Int64($0) })
      #expect(try shown.rows[2].text("reason") == "TIMEOUT: no answer")
      #expect(
        try session.value("SELECT data FROM sync_event WHERE type = 'job.taken_over'")
          == #"{"after": {"lease_owner": "w2"}, "before": {"lease_owner": "w1"}}"#)
      #expect(try session.count("SELECT count(*)::int FROM sync_event WHERE data::text LIKE '%lease_token%'") == 0)
    }
  }

  @Test("A change of a job that is rolled back leaves no event")
  func rolledBack() async throws {
    struct Stop: Error {}
    try await onDatabase { (session) throws in
      #expect(throws: Stop.self) {
        try session.transaction {
          try session.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'write_back')")
          throw Stop()
        }
      }
      #expect(try session.count("SELECT count(*)::int FROM sync_event") == 0)
    }
  }

  private func draft(_ session: PGSession, _ records: [String], user: String = "ann") throws {
    try session.query(
      """
      INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
        base_values)
      SELECT id, 'RIO', $2, 'session-' || $2, '{"dor": null, "monthlyRate": 16000}', '{dor,monthlyRate}', 1,
        '{"dor": "BEO", "monthlyRate": 15000}'
      FROM pfa_mirror WHERE pfa_id = ANY ($1)
      """, [.array(.text(records)), .text(user)])
  }

  @Test("The life of an edit is a stream with exactly what changed; the discard of a draft keeps its delta (C-28)")
  func edit() async throws {
    try await onDatabase { (session) throws in
      try apply(session, [Sample("a"), Sample("b")])
      try draft(session, ["a", "b"])
      try session.execute(
        "UPDATE pfa_modification SET delta = '{\"dor\": \"X\"}' WHERE mirror_id = md5('RIO' || chr(31) || 'a')::uuid")
      try session.execute("DELETE FROM pfa_modification WHERE mirror_id = md5('RIO' || chr(31) || 'b')::uuid")
      try session.execute(
        "UPDATE pfa_modification SET sync_state = 'committed', change_reason = 'late', applied_version = 2")
      try session.execute("UPDATE pfa_modification SET sync_state = 'syncing', attempt = 1")
      try session.execute("UPDATE pfa_modification SET attempt = 2, lease_expires_at = now(), remote_fields = '{dor}'")
      try session.execute(
        "UPDATE pfa_modification SET sync_state = 'failed', error_code = 'AUTH', error_message = 'no'")
      let events = try session.table(
        """
        SELECT e.version, e.type, e.metadata ->> 'actor', e.metadata ->> 'reason', e.data -> 'before', e.data -> 'after'
        FROM sync_event e JOIN pfa_modification m ON e.stream = 'modification/' || m.id ORDER BY version
        """)
      #expect(
        events.map { $0[1] } == ["draft", "draft", "committed", "syncing", "failed"].map { "modification.\($0)" })
      #expect(events.map { $0[0] } == ["0", "1", "2", "3", "4"])
      #expect(events.map { $0[2] } == ["ann", "ann", "ann", "syncline", "syncline"])
      #expect(events.map { $0[3] } == ["∅", "∅", "late", "late", "late"])
      let base = #""base_values": {"dor": "BEO", "monthlyRate": 15000}, "base_version": 1"#
      #expect(events[1][4] == #"{"delta": {"dor": null, "monthlyRate": 16000}, "sync_state": "draft", \#(base)}"#)
      #expect(events[1][5] == #"{"delta": {"dor": "X"}, "sync_state": "draft", \#(base)}"#)
      #expect(events[2][4] == #"{"commit_id": null, "sync_state": "draft", "applied_version": null}"#)
      #expect(try JSONValue(parsing: Array(events[2][5].utf8))["delta"]?["dor"]?.string == "X")
      #expect(events[3][4] == #"{"sync_state": "committed"}"# && events[3][5] == #"{"sync_state": "syncing"}"#)
      #expect(events[4][5] == #"{"error_code": "AUTH", "sync_state": "failed", "error_message": "no"}"#)
      let gone = try session.table(
        """
        SELECT version, metadata ->> 'user', data #> '{before,delta}' FROM sync_event WHERE type = 'modification.discarded'
        """)
      #expect(gone == [["1", "ann", #"{"dor": null, "monthlyRate": 16000}"#]])
    }
  }

  @Test("A decision on a conflict names who decided and why; an older one is not taken for it")
  func decision() async throws {
    try await onDatabase { (session) throws in
      try apply(session, [Sample("a")])
      try draft(session, ["a"])
      for state in ["committed", "conflict"] {
        try session.execute("UPDATE pfa_modification SET sync_state = '\(state)'")
      }
      try session.execute(
        """
        WITH edit AS (UPDATE pfa_modification SET sync_state = 'committed' RETURNING *)
        INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content, reason)
        SELECT organization_id, 'resolved', id, mirror_id, 'boss', session_id, '{}', 'agreed by phone' FROM edit
        """)
      try session.execute("UPDATE pfa_modification SET sync_state = 'syncing'")
      let told = try session.table(
        "SELECT type, metadata ->> 'actor', metadata ->> 'reason' FROM sync_event WHERE version > 1 ORDER BY version")
      #expect(
        told == [
          ["modification.conflict", "syncline", "∅"], ["modification.committed", "boss", "agreed by phone"],
          ["modification.syncing", "syncline", "∅"],
        ])
    }
  }

  @Test("A draft is in the journal for its own session only; committed, for everybody of the organization")
  func sandbox() async throws {
    try await onDatabase { (session) throws in
      try apply(session, [Sample("a"), Sample("b")])
      try draft(session, ["a"])
      try draft(session, ["b"], user: "bob")
      try session.execute("UPDATE pfa_modification SET sync_state = 'committed' WHERE user_id = 'bob'")
      func seen(_ user: String, _ name: String) throws -> [String] {
        try session.asApp(user) {
          try session.query("SELECT set_config('syncline.session_id', $1, true)", [.text(name)])
          return try session.list("SELECT type || ' ' || (metadata ->> 'user') FROM sync_event ORDER BY 1")
        }
      }
      #expect(try seen("ann", "session-ann") == ["modification.committed bob", "modification.draft ann"])
      #expect(try seen("eve", "session-ann") == ["modification.committed bob"])
      #expect(try seen("ann", "") == ["modification.committed bob"])
      #expect(try seen("bob", "session-bob") == ["modification.committed bob", "modification.draft bob"])
    }
  }

  @Test("A commit of a thousand edits appends a thousand events, one for each, with one statement")
  func bulk() async throws {
    try await onDatabase { (session) throws in
      try apply(session, (0..<1000).map { Sample("r\($0)") })
      try draft(session, (0..<1000).map { "r\($0)" })
      try session.asWorker("RIO") { try session.execute("UPDATE pfa_modification SET sync_state = 'committed'") }
      #expect(
        try session.table("SELECT type, version, count(*) FROM sync_event GROUP BY 1, 2 ORDER BY 2") == [
          ["modification.draft", "0", "1000"], ["modification.committed", "1", "1000"],
        ])
    }
  }

  @Test("A history finds the end of its stream by the index, however many events there are, also for a bound role")
  func plan() async throws {
    try await onDatabase { (session) throws in
      try session.execute(
        """
        INSERT INTO sync_event (organization_id, stream, version, type)
        SELECT 'RIO', 'x/' || n % 5000, n / 5000, 'x' FROM generate_series(0, 49999) n;
        ANALYZE sync_event
        """)
      try apply(session, [Sample("a")])
      try draft(session, ["a"])
      try session.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'write_back')")
      let before = try session.count("SELECT seq_scan::int FROM pg_stat_xact_user_tables WHERE relname = 'sync_event'")
      let scans = try session.asWorker("RIO") {
        try session.execute("UPDATE pfa_modification SET sync_state = 'committed'")
        try session.execute("UPDATE sync_job SET state = 'running'")
        return try session.count("SELECT seq_scan::int FROM pg_stat_xact_user_tables WHERE relname = 'sync_event'")
      }
      #expect(before == 0 && scans == 0)
    }
  }
}
