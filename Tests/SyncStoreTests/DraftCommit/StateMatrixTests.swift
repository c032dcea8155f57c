import Postgres
import TestKit
import Testing

/// The states of an edit, domain.md section 2: all 49 pairs, and what may begin and end.
@Suite("Edit states", .syncDatabase) struct StateMatrixTests {
  private static let states = ["draft", "committed", "syncing", "synced", "conflict", "failed", "superseded"]
  private static let allowed: Set<String> = [
    "draft>committed", "committed>syncing", "syncing>synced", "committed>conflict", "syncing>conflict",
    "syncing>committed", "syncing>failed", "conflict>committed", "conflict>superseded", "failed>committed",
    "failed>superseded",
  ]

  @Test("S1-62 The database refuses every move that domain.md does not name, and the removal of all but drafts")
  func matrix() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      let insert = """
        INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
          sync_state) SELECT id, 'RIO', 'ann', 's', '{}', '{}', 1, $1 FROM pfa_mirror RETURNING id
        """
      // The states are put there past the guard, to try every pair.
      for from in Self.states {
        if !["draft", "committed"].contains(from) {
          #expect(try pgError { try session.query(insert, [.text(from)]) }.sqlstate == "SY005")
        }
        try session.execute("ALTER TABLE pfa_modification DISABLE TRIGGER pfa_modification_guard")
        let id = try session.query(insert, [.text(from)]).one().string("id")
        try session.execute("ALTER TABLE pfa_modification ENABLE TRIGGER pfa_modification_guard")
        for to in Self.states {
          let isAllowed = from == to || Self.allowed.contains("\(from)>\(to)")
          let code = try refused(session) {
            try session.query(
              "UPDATE pfa_modification SET sync_state = $2 WHERE id = $1::uuid", [.uuid(id), .text(to)])
          }
          #expect(code == (isAllowed ? nil : "SY005"), "\(from) > \(to)")
        }
        let code = try refused(session) {
          try session.query("DELETE FROM pfa_modification WHERE id = $1::uuid", [.uuid(id)])
        }
        #expect(code == (from == "draft" ? nil : "SY005"), "removal of \(from)")
        try session.execute("ALTER TABLE pfa_modification DISABLE TRIGGER pfa_modification_guard")
        try session.execute("DELETE FROM pfa_modification")
        try session.execute("ALTER TABLE pfa_modification ENABLE TRIGGER pfa_modification_guard")
      }
    }
  }

  /// The SQLSTATE that refuses the body; nil when it is done. Nothing of it remains.
  private func refused(_ session: PGSession, _ body: () throws -> PGResult) throws -> String? {
    struct Undo: Error {}
    do {
      return try session.transaction { () -> String? in
        _ = try body()
        throw Undo()
      }
    } catch is Undo {
      return nil
    } catch let error as PGError {
      return error.sqlstate
    }
  }
}
