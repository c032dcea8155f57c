import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Drafts by the contract's functions: what they keep, who sees them, how they end.
@Suite("Drafts", .syncDatabase) struct DraftTests {
  private static let row = "SELECT delta, modified_fields, base_version, base_values FROM pfa_modification"

  @Test(
    "S1-04, S1-35, S1-40, M9-10 A draft keeps changed fields only, with what the user saw at the first edit of each")
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

  @Test("S1-11, S1-42, S1-46, M9-13 Two users with two sessions each: every view is its own, one row for each record")
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

  @Test("What a user saw is what the edits since really replaced: not what they were based on, not what PEMS says")
  func reallyReplaced() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "write")
      try apply(session, [Sample("a"), Sample("b")])
      // PEMS overrules an edit in effect; a decision brings PEMS' value in, which the record never had before.
      try session.edit("a", #"{"monthlyRate": 777}"#, at: 1)
      try apply(session, [Sample("a", 2) { $0.rate = "555" }])
      let conflict = try #require(try session.value("SELECT id FROM pfa_sync_conflict"))
      _ = try ConflictStore.resolve(
        session, conflict, organization: "RIO", choice: .set(FieldValues(["monthlyRate": FieldValue(.number("555"))])),
        user: "ann", reason: nil)
      try session.draft("a", #"{"monthlyRate": 888}"#, by: "bob", in: "a", at: 3)
      // An edit that found one of its values there already.
      try session.draft("b", #"{"monthlyRate": 777, "dor": "Z"}"#)
      try apply(session, [Sample("b", 2) { $0.rate = "777" }])
      #expect(try session.commitNow("s1", "ann")?.applied.map(\.replaced.fields) == [["dor"]])
      try session.edit("b", #"{"monthlyRate": 15000}"#, at: 3)
      try session.draft("b", #"{"monthlyRate": 888}"#, by: "bob", in: "b", at: 2)
      let saw = "SELECT base_values FROM pfa_modification WHERE sync_state = 'draft'"
      #expect(try session.list(saw) == Array(repeating: #"{"monthlyRate": 777}"#, count: 2))
      for name in ["a", "b"] { #expect(try session.commitNow(name, "bob")?.errorCode == "CONFLICT", "\(name)") }
      // Version 2 is no edit's any more, since the decision brought the edit in again.
      try session.draft("a", #"{"monthlyRate": 888}"#, by: "bob", in: "c", at: 1)
      #expect(try session.list(saw) == ["{}"])
    }
  }

  @Test("Long texts, numbers and names are refused by name; the longest draft there may be fits into its index")
  func lengths() async throws {
    var random = seeded("lengths")
    // Nothing that Postgres could compress.
    func noise(_ count: Int, _ letters: String) -> String {
      let letters = Array(letters)
      return String((0..<count).map { _ in letters[random.below(letters.count)] })
    }
    func text(_ count: Int) -> String {
      noise(count, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    }
    let texts = ["dor", "category", "class", "manufacturer", "model"]
    let long = texts.map { #"{"\#($0)": "\#(text(401))"}"# }
    let most = texts.map { #""\#($0)": "\#(text(400))""# }.joined(separator: ", ")
    let (name, huge, number, reason) = (text(255), text(9_000), "1." + noise(60, "123456789"), text(4_001))
    let full = """
      {\(most), "forecastStart": "2025-03-01", "forecastEnd": "2025-09-30", "source": "Purchase", "isDiscontinued": true,
      "monthlyRate": 123456789012345678.91, "isFundsTransferable": true,
      "purchasePrice": 987654321098765432.91}
      """
    try await onDatabase { session in
      for user in ["ann", name] { try session.permit(user, "write") }
      try apply(session, [Sample("a")])
      func code(_ delta: String, by user: String = "ann", in id: String = "s1") throws -> String? {
        try session.code { try session.draft("a", delta, by: user, in: id) }
      }
      for delta in long { #expect(try code(delta) == "INVALID_VALUE", "\(delta.prefix(20))") }
      #expect(try session.refusal("a", #"{"category": "\#(huge)"}"#, at: 1)?.message == "INVALID_VALUE: category")
      #expect(try code(#"{"monthlyRate": \#(number)}"#) == "INVALID_VALUE")
      #expect(try code(#"{"dor": "X"}"#, in: name + "x") == "INVALID_VALUE")
      #expect(try code(full, by: name, in: name) == nil)
      func commit(_ reason: String) throws -> String? {
        try session.code {
          _ = try DraftStore.commit(
            session, organization: "RIO", user: name, session: name, reason: reason, partial: false)
        }
      }
      #expect(try commit(reason) == "INVALID_VALUE")
      #expect(try commit(String(reason.dropLast())) == nil)
      #expect(try session.commitNow(name, name)?.applied.count == 1)
      try expectExact(session)
    }
  }

  @Test("S1-46 Nobody reads what another session discarded, nor the value that was refused in it")
  func discardedElsewhere() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a"), Sample("b")])
      try session.draft("a", #"{"monthlyRate": -7}"#)
      #expect(try session.commitNow("s1", "ann")?.errorCode == "INVALID_RANGE")
      _ = try DraftStore.discard(session, organization: "RIO", user: "ann", session: "s1")
      func seen(_ id: String, _ user: String) throws -> [String] {
        try session.asSession(id, user) {
          try session.list("SELECT kind FROM pfa_edit_event UNION ALL SELECT raw FROM sync_record_issue ORDER BY 1")
        }
      }
      #expect(try seen("s1", "ann") == ["-7", "discarded"])
      for (id, user) in [("s2", "ann"), ("s1", "bob"), ("", "bob")] {
        #expect(try seen(id, user) == [], "\(id) \(user)")
      }
      let reader = try session.transaction {
        try session.execute("SELECT set_config('syncline.organization', 'RIO', true); SET LOCAL ROLE syncline_reader")
        return try session.count("SELECT count(*)::int FROM sync_record_issue")
      }
      #expect(reader == 0)
      #expect(try session.list("SELECT raw FROM sync_record_issue") == ["-7"], "operators see it")
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
