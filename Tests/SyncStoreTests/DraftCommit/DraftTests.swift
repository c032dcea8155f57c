import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Drafts by the contract's functions: what they keep, who sees them, how they end.
@Suite("Drafts", .syncDatabase) struct DraftTests {
  private static let row = "SELECT delta, modified_fields, base_version, base_values FROM pfa_modification"

  @Test("S1-35, S1-40 A draft keeps changed fields only, with what the user saw at the first edit of each")
  func create() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      let id = try session.draft("a", #"{"dor": "NEW", "monthlyRate": 15000.00, "category": "Cranes"}"#)
      #expect(try session.table(Self.row) == [[#"{"dor": "NEW"}"#, "{dor}", "1", #"{"dor": "BEO"}"#]])
      // PEMS moves on; the next edit extends the draft, and what was seen first stays.
      try apply(
        session,
        [
          Sample("a", 2) {
            $0.dor = "PEMS"; $0.rate = "16000"
          }
        ])
      #expect(try session.draft("a", #"{"dor": "NEWER", "monthlyRate": 17000}"#) == id)
      #expect(
        try session.table(Self.row) == [
          [
            #"{"dor": "NEWER", "monthlyRate": 17000}"#, "{dor,monthlyRate}", "1",
            #"{"dor": "BEO", "monthlyRate": 16000}"#,
          ]
        ])
      #expect(try session.list("SELECT remote_fields FROM pfa_modification") == ["{dor}"], "PEMS changed it below")
      // Edited back, field by field: no draft remains, and what it was is kept.
      #expect(try session.draft("a", #"{"monthlyRate": 16000}"#) == id)
      #expect(try session.draft("a", #"{"dor": "BEO"}"#) == nil)
      #expect(try session.count("SELECT count(*)::int FROM pfa_modification") == 0)
      #expect(try session.list("SELECT kind FROM pfa_edit_event") == ["discarded"])
    }
  }

  @Test("S1-35 What is refused: permission, fields, values, versions, sessions of others")
  func refusals() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "write")
      try session.permit("eve", "read")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "X"}"#)
      func code(_ delta: String, by user: String = "ann", in id: String = "s1", at version: Int64? = nil) throws
        -> String?
      { try session.code { try session.draft("a", delta, by: user, in: id, at: version) } }
      #expect(try code(#"{"dor": "Y"}"#, by: "eve") == "FORBIDDEN")
      #expect(try code(#"{"dor": "Y"}"#, by: "nobody") == "FORBIDDEN")
      #expect(try code(#"{"dor": "Y"}"#, by: "bob") == "FORBIDDEN", "another user's session")
      #expect(try code(#"{"pfaId": "Y"}"#) == "FIELD_NOT_EDITABLE")
      #expect(try code(#"{"isDiscontinued": false}"#) == "FIELD_NOT_EDITABLE")
      #expect(try code(#"{"monthlyRate": "12"}"#) == "INVALID_VALUE")
      #expect(try code(#"{"dor": "Y"}"#, at: 2) == "INVALID_VALUE", "from the future")
      #expect(try code(#"{"dor": "Y"}"#, in: "") == "MISSING_REQUIRED_FIELD")
      #expect(try session.list("SELECT delta FROM pfa_modification") == [#"{"dor": "X"}"#], "nothing was written")
      let other = try session.code {
        try session.asSession("s", "bob") {
          _ = try session.query("SELECT create_draft((SELECT id FROM pfa_mirror), 'ann', 's', '{}', 1)")
        }
      }
      #expect(other == "FORBIDDEN", "nobody drafts for another user")
    }
  }

  @Test("S1-46, S1-11 Two users with two sessions each: every view is its own, one row for each record")
  func isolation() async throws {
    try await onDatabase { session in
      try apply(session, (0..<3).map { Sample("p\($0)") })
      let sessions = ["ann", "bob"].flatMap { user in (1...2).map { (user: user, id: "\(user)\($0)") } }
      for (user, id) in sessions {
        try session.permit(user, "write")
        try session.draft("p0", #"{"dor": "\#(id)", "monthlyRate": 5}"#, by: user, in: id)
      }
      let totals = try session.table("SELECT * FROM pfa_kpi_summary")
      for (user, id) in sessions {
        let seen = try session.asSession(id, user) {
          try session.table(
            "SELECT pfa_id, dor, data ->> 'dor', monthly_rate, has_draft FROM pfa_merged_live ORDER BY pfa_id")
        }
        #expect(
          seen == [
            ["p0", id, id, "5.00", "t"], ["p1", "BEO", "BEO", "15000.00", "f"], ["p2", "BEO", "BEO", "15000.00", "f"],
          ])
        let rows = try session.asSession(id, user) { try session.count("SELECT count(*)::int FROM pfa_modification") }
        #expect(rows == 1, "no draft of another session can be read")
      }
      #expect(
        try session.asSession("ann1", "bob") { try session.list("SELECT dor FROM pfa_merged_live WHERE has_draft") }
          == [],
        "a session's name is no key to it")
      #expect(try session.asApp("ann") { try session.count("SELECT count(*)::int FROM pfa_merged_live") } == 3)
      #expect(try session.table("SELECT * FROM pfa_kpi_summary") == totals, "drafts never count")
      // S1-37: a discard is of one session.
      #expect(try DraftStore.discard(session, organization: "RIO", user: "ann", session: "ann1") == 1)
      #expect(try DraftStore.discard(session, organization: "RIO", user: "ann", session: "bob1") == 0)
      #expect(
        try session.list("SELECT session_id FROM pfa_modification ORDER BY 1") == ["ann2", "bob1", "bob2"])
      #expect(try session.list("SELECT content ->> 'delta' FROM pfa_edit_event").count == 1, "it is recorded")
    }
  }

  @Test("Tenants: drafts, conflicts and commits of one organization are nothing to another")
  func tenants() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "X"}"#)
      #expect(try session.draft("a", #"{"dor": "X"}"#, of: "RIO2") == nil)
      let code = try session.code {
        try session.asSession("s1", "ann", of: "RIO2") {
          _ = try session.query("SELECT commit_session('RIO', 'ann', 's1', '')")
        }
      }
      #expect(code == "FORBIDDEN")
      let seen = try session.asSession("s1", "ann", of: "RIO2") {
        try session.count("SELECT count(*)::int FROM pfa_modification")
      }
      #expect(seen == 0)
    }
  }

  @Test(
    "S0-08, S1-35 An owner's login that names neither tenant nor user calls the functions as the contract spells them")
  func owner() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      let draft = "SELECT create_draft((SELECT id FROM pfa_mirror), 'eve', 's1', '{\"dor\": \"X\"}', 1)"
      #expect(try session.value(draft) != nil)
      #expect(try session.value("SELECT commit_session('RIO', 'eve', 's1', 'why')") != nil)
      // Who applies it asks for the permission.
      #expect(try session.commitNow("s1", "eve")?.errorCode == "FORBIDDEN")
      #expect(try session.value("SELECT discard_session('RIO', 'eve', 's1')") == "1")
      let edit = """
        SELECT success, new_version, conflict_detected, current_content ->> 'dor', current_version
        FROM update_mirror_with_lock((SELECT id FROM pfa_mirror), '{"dor": "A"}', 1)
        """
      #expect(try session.table(edit) == [["t", "2", "f", "A", "2"]])
      #expect(try session.table(edit) == [["f", "∅", "t", "A", "2"]])
      #expect(try session.list("SELECT user_id = session_user FROM pfa_modification") == ["t"])
      // The application's role has no such freedom.
      let code = try session.code {
        try session.transaction {
          try session.execute("SET LOCAL ROLE syncline_app")
          _ = try session.query("SELECT commit_session('RIO', 'eve', 's1', 'why')")
        }
      }
      #expect(code == "FORBIDDEN")
    }
  }

  @Test("S1-60 commit_session queues the event in the caller's transaction, under the session's key")
  func commitEvent() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "X"}"#)
      let id = try DraftStore.commit(
        session, organization: "RIO", user: "ann", session: "s1", reason: "why", partial: false)
      let message = try session.table(
        """
        SELECT topic, convert_from(message_key, 'UTF8'), convert_from(message_value, 'UTF8')::jsonb ->> 'commitId',
          headers @> '[["ce_type", "pfa.draft.commit"]]' FROM outbox WHERE topic = 'pfa.draft-commit.v1'
        """)
      #expect(message == [["pfa.draft-commit.v1", "RIO/s1", id, "t"]])
      #expect(
        try session.code {
          _ = try DraftStore.commit(
            session, organization: "RIO", user: "ann", session: "empty", reason: nil, partial: false)
        } == "NOT_FOUND")
    }
  }

  @Test("An edit at an older version: put together from the edits since; after a read of PEMS nobody remembers")
  func olderVersion() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "write")
      try apply(session, [Sample("a")])
      try session.edit("a", #"{"monthlyRate": 16000}"#, at: 1)
      try session.draft("a", #"{"dor": "B", "monthlyRate": 17000}"#, by: "bob", in: "b", at: 1)
      #expect(
        try session.list("SELECT base_values FROM pfa_modification WHERE sync_state = 'draft'")
          == [#"{"dor": "BEO", "monthlyRate": 15000}"#])
      let outcome = try session.commitNow("b", "bob")
      #expect(outcome?.conflicted.map(\.conflict) == [EditConflict(.fieldOverlap, ["monthlyRate"])])
      try apply(session, [Sample("a", 2) { $0.category = "Pumps" }])
      try session.draft("a", #"{"dor": "C"}"#, by: "bob", in: "c", at: 1)
      #expect(try session.list("SELECT base_values FROM pfa_modification WHERE sync_state = 'draft'") == ["{}"])
      #expect(try session.commitNow("c", "bob")?.conflicted.map(\.conflict.fields) == [["dor"]], "never overwritten")
    }
  }

  @Test("S1-18, S1-46 The merge finds a session's drafts by their index, and an edit of a record by its own")
  func indexes() async throws {
    try await onDatabase { session in
      try session.execute("SET enable_seqscan = off; SET syncline.session_id = 's1'")
      let plan = try session.list(
        "EXPLAIN SELECT delta FROM pfa_modification WHERE session_id = 's1' AND sync_state = 'draft'")
      #expect(plan.joined().contains("pfa_modification_draft"))
      let index = try session.value("SELECT indexdef FROM pg_indexes WHERE indexname = 'pfa_modification_history'")
      #expect(index?.contains("(mirror_id, session_id, sync_state)") == true)
    }
  }
}
