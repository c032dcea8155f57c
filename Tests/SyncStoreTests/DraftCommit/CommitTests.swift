import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Commits of sessions, decided and written; no Kafka.
@Suite("Session commits", .syncDatabase) struct CommitTests {
  @Test("S1-36 One bad row commits none; the clean rest stays drafts, and goes with the next commit")
  func allOrNothing() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "write")
      try apply(session, (0..<4).map { Sample("p\($0)") })
      for index in 0..<4 { try session.draft("p\(index)", #"{"dor": "A\#(index)"}"#) }
      try session.edit("p2", #"{"dor": "B"}"#, at: 1, by: "bob")
      let first = try session.commitNow("s1", "ann")
      #expect(first?.errorCode == "CONFLICT" && first?.applied == [] && first?.held == 3)
      #expect(try session.list("SELECT dor FROM pfa_mirror ORDER BY pfa_id") == ["BEO", "BEO", "B", "BEO"])
      #expect(
        try session.table(
          "SELECT kind, conflict_fields, base_values, local_values, remote_values, status FROM pfa_sync_conflict")
          == [["field_overlap", "{dor}", #"{"dor": "BEO"}"#, #"{"dor": "A2"}"#, #"{"dor": "B"}"#, "open"]])
      #expect(
        try session.table(
          "SELECT state, error_code, progress ->> 'conflicted' FROM sync_job WHERE kind = 'draft_commit'")
          == [["failed", "CONFLICT", "1"]])
      #expect(try session.commitNow("s1", "ann")?.applied.count == 3)
      #expect(try session.list("SELECT dor FROM pfa_mirror ORDER BY pfa_id") == ["A0", "A1", "B", "A3"])
      #expect(
        try session.table(
          """
          SELECT status, sync_type, sync_direction, received, updated, unchanged, conflicted FROM pfa_sync_log
          WHERE sync_direction = 'write' ORDER BY id
          """
        ) == [
          ["failed", "draft_commit", "write", "4", "0", "3", "1"],
          ["completed", "draft_commit", "write", "3", "3", "0", "0"],
        ])
      #expect(
        try session.count("SELECT count(*)::int FROM outbox WHERE topic = 'pfa.write-back.v1'") == 4, "each is pushed")
      try expectExact(session)
    }
  }

  @Test("A commit that an operator had done again names the one before, who and why, and stays its user's")
  func again() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "N"}"#)
      let (old, new) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
      try session.execute(
        """
        INSERT INTO sync_job (id, organization_id, kind, state, parameters, finished_at)
        VALUES ('\(old)', 'RIO', 'draft_commit', 'failed', '{"userId": "ann", "sessionId": "s1", "changeReason": "plan"}', now())
        """)
      let again = try JobDecisions.retry(
        session, old, organization: "RIO", kind: "draft_commit", by: "root", reason: "lock is gone")
      guard case .requested(let id) = again else { throw Unexpected(what: "\(again)") }
      #expect(try session.commitNow("s1", "ann", commitId: id)?.applied.count == 1)
      #expect(
        try session.table(
          """
          SELECT retry_of, requested_by, parameters -> 'retry' ->> 'actor', parameters -> 'retry' ->> 'reason'
          FROM sync_job WHERE id = '\(id)'
          """
        ) == [[old, "ann", "root", "lock is gone"]])
      #expect(try session.value("SELECT reason FROM sync_job_history('RIO', '\(id)') LIMIT 1") != "lock is gone")
      try session.draft("a", #"{"dor": "M"}"#)
      #expect(try session.commitNow("s1", "ann", commitId: new)?.applied.count == 1)
      #expect(
        try session.value("SELECT retry_of IS NULL AND NOT parameters ? 'retry' FROM sync_job WHERE id = '\(new)'")
          == "t"
      )
    }
  }

  @Test("Refused values stay drafts with an issue each; --partial applies the rest")
  func partial() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a"), Sample("b")])
      try session.draft("a", #"{"forecastEnd": "2000-01-01"}"#)
      try session.draft("b", #"{"dor": "N"}"#)
      let whole = try session.commitNow("s1", "ann")
      #expect(whole?.errorCode == "INVALID_DATE_ORDER" && whole?.held == 1)
      let part = try session.commitNow("s1", "ann", partial: true)
      #expect(part?.result == "with_rejects" && part?.applied.count == 1)
      #expect(
        try session.table("SELECT pfa_id, field, code, raw FROM sync_record_issue WHERE code = 'INVALID_DATE_ORDER'")
          == [
            ["a", "forecastEnd", "INVALID_DATE_ORDER", "2000-01-01"],
            ["a", "forecastEnd", "INVALID_DATE_ORDER", "2000-01-01"],
          ])
      #expect(
        try session.table("SELECT sync_state FROM pfa_modification ORDER BY sync_state") == [["committed"], ["draft"]])
      try expectExact(session)
    }
  }

  @Test("An edit at a version leaves a committed edit with what it replaced, and asks for its push in one transaction")
  func versionedEdit() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.edit("a", #"{"dor": "X", "category": "Cranes"}"#, at: 1)
      #expect(
        try session.table(
          "SELECT user_id, sync_state, delta, base_values, base_version, applied_version FROM pfa_modification")
          == [["ann", "committed", #"{"dor": "X"}"#, #"{"dor": "BEO"}"#, "1", "2"]])
      let pushed = try session.table(
        """
        SELECT convert_from(message_key, 'UTF8'), (convert_from(message_value, 'UTF8')::jsonb ->> 'modificationId')::uuid = o.id
        FROM outbox, pfa_modification o WHERE topic = 'pfa.write-back.v1'
        """)
      #expect(pushed == [["RIO/a", "t"]])
      // No change, no edit.
      try session.edit("a", #"{"dor": "X"}"#, at: 2)
      #expect(try session.count("SELECT count(*)::int FROM pfa_modification") == 1)
    }
  }

  @Test("S0-04 A user whose permission is gone commits nothing, at once")
  func revoked() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "N"}"#)
      try session.permit("ann", "read")
      let outcome = try session.commitNow("s1", "ann")
      #expect(outcome?.errorCode == "FORBIDDEN")
      #expect(try session.version("a") == 1)
      #expect(try session.list("SELECT sync_state FROM pfa_modification") == ["draft"])
      #expect(try session.list("SELECT code FROM sync_record_issue WHERE job_id IS NOT NULL") == ["FORBIDDEN"])
    }
  }

  @Test("S1-41 The totals of a commit are traced to it, to the cent")
  func lineage() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a"), Sample("b"), Sample("c")])
      let job = "11111111-0000-4000-8000-000000000001"
      try session.draft("a", #"{"dor": "PROJECT", "monthlyRate": 16000.50}"#)
      try session.draft("b", #"{"isDiscontinued": true}"#)
      let before = try session.table("SELECT category, source, dor, total_forecast_cost FROM pfa_kpi_summary")
      #expect(try session.commitNow("s1", "ann", commitId: job)?.applied.count == 2)
      #expect(try session.commitNow("s1", "ann", commitId: job) == nil, "known")
      let moved = try session.table(
        "SELECT dor, sum(record_count) FROM kpi_change WHERE cause_id = $1 GROUP BY dor ORDER BY dor", [.text(job)])
      #expect(moved == [["BEO", "-2"], ["PROJECT", "1"]])
      #expect(try session.table("SELECT category, source, dor, total_forecast_cost FROM pfa_kpi_summary") != before)
      #expect(try session.list("SELECT commit_id FROM pfa_modification") == [job, job])
      try expectExact(session)
    }
  }

  @Test("M9-9 A decision overwrites no edit that whoever decides has not seen: look again, then decide")
  func unseen() async throws {
    try await onDatabase { session in
      for user in ["ann", "bob"] { try session.permit(user, "write") }
      try apply(session, [Sample("a"), Sample("b")])
      for id in ["a", "b"] { try session.edit(id, #"{"monthlyRate": 777}"#, at: 1) }
      try apply(session, [Sample("a", 2) { $0.rate = "555" }, Sample("b", 2) { $0.rate = "555" }])
      try session.edit("a", #"{"monthlyRate": 600}"#, at: 3, by: "bob")
      try session.edit("b", #"{"dor": "BOB"}"#, at: 3, by: "bob")
      func resolve(_ record: String, _ choice: ConflictResolution.Choice) throws -> [String]? {
        let found = try session.value(
          "SELECT c.id FROM pfa_sync_conflict c JOIN pfa_mirror m ON m.id = c.mirror_id WHERE m.pfa_id = $1",
          [.text(record)])
        do {
          _ = try ConflictStore.resolve(
            session, found ?? "", organization: "RIO", choice: choice, user: "ann", reason: nil)
          return nil
        } catch ConflictStore.Failure.changed(let fields) {
          return fields
        }
      }
      let set = ConflictResolution.Choice.set(FieldValues(["dor": FieldValue(.string("ANN"))]), rest: .mine)
      #expect(try resolve("a", .mine) == ["monthlyRate"])
      #expect(try resolve("b", set) == ["dor"], "a field that the edit does not have")
      let records = "SELECT monthly_rate, dor, version FROM pfa_mirror ORDER BY pfa_id"
      #expect(try session.table(records) == [["600.00", "BEO", "4"], ["777.00", "BOB", "4"]])
      #expect(
        try session.table(
          """
          SELECT c.conflict_fields, c.remote_values, c.current_version, c.status FROM pfa_sync_conflict c
          JOIN pfa_mirror m ON m.id = c.mirror_id ORDER BY m.pfa_id
          """) == [
            ["{monthlyRate}", #"{"monthlyRate": 600}"#, "4", "open"],
            ["{dor,monthlyRate}", #"{"dor": "BOB", "monthlyRate": 555}"#, "4", "open"],
          ])
      #expect(try resolve("a", .mine) == nil)
      #expect(try resolve("b", set) == nil)
      #expect(try session.table(records) == [["777.00", "BEO", "5"], ["777.00", "ANN", "5"]])
      try expectExact(session)
    }
  }

  @Test("A field that nothing decides leaves the conflict open; theirs for the rest takes what PEMS says")
  func undecided() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.edit("a", #"{"monthlyRate": 777}"#, at: 1)
      try apply(session, [Sample("a", 2) { $0.rate = "555" }])
      let id = try #require(try session.value("SELECT id FROM pfa_sync_conflict"))
      func resolve(_ rest: ConflictResolution.Choice.Side?) throws {
        let values = FieldValues(["dor": FieldValue(.string("ANN"))])
        _ = try ConflictStore.resolve(
          session, id, organization: "RIO", choice: .set(values, rest: rest), user: "ann", reason: nil)
      }
      do {
        try resolve(nil)
        Issue.record("nobody has decided monthlyRate")
      } catch ConflictStore.Failure.undecided(let fields) {
        #expect(fields == ["monthlyRate"])
      }
      #expect(try session.value("SELECT status FROM pfa_sync_conflict") == "open")
      try resolve(.theirs)
      #expect(try session.table("SELECT monthly_rate, dor FROM pfa_mirror") == [["555.00", "ANN"]])
      #expect(try session.value("SELECT sync_state FROM pfa_modification") == "committed")
      try expectExact(session)
    }
  }

  @Test(
    "M9-11 A read of PEMS over a committed edit: PEMS' third value is one conflict, however often, its agreement is none"
  )
  func readOverEdit() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a"), Sample("b"), Sample("c")])
      for id in ["a", "b", "c"] { try session.edit(id, #"{"dor": "OURS"}"#, at: 1) }
      try apply(
        session,
        [
          Sample("a", 2) { $0.dor = "THEIRS" }, Sample("b", 2) { $0.dor = "OURS" },
          Sample("c", 2) { $0.isDiscontinued = true },
        ])
      #expect(
        try session.table(
          "SELECT m.pfa_id, o.sync_state FROM pfa_modification o JOIN pfa_mirror m ON m.id = o.mirror_id ORDER BY 1")
          == [["a", "conflict"], ["b", "committed"], ["c", "conflict"]])
      #expect(
        try session.table(
          "SELECT kind, remote_values ->> 'dor', local_values ->> 'dor' FROM pfa_sync_conflict ORDER BY kind")
          == [["field_overlap", "THEIRS", "OURS"], ["remote_discontinued", "BEO", "OURS"]])
      #expect(try session.pending("b") == nil)
      // Another value later: the same row.
      try apply(session, [Sample("a", 3) { $0.dor = "LATER" }])
      #expect(
        try session.list("SELECT remote_values ->> 'dor' FROM pfa_sync_conflict WHERE kind = 'field_overlap'") == [
          "LATER"
        ])
      let id = try #require(try session.value("SELECT id FROM pfa_sync_conflict WHERE kind = 'field_overlap'"))
      _ = try ConflictStore.resolve(session, id, organization: "RIO", choice: .theirs, user: "ann", reason: "why")
      #expect(try session.value("SELECT dor FROM pfa_mirror WHERE pfa_id = 'a'") == "LATER")
      #expect(try session.pending("a") == nil)
      #expect(
        try session.table(
          "SELECT resolution, resolved_by, resolution_reason FROM pfa_sync_conflict WHERE status = 'resolved'")
          == [["theirs", "ann", "why"]])
      try expectExact(session)
    }
  }
}
