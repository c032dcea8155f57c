import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Mistakes that others made with edits and their overlays (domain.md section 9).
@Suite("Mistakes with edits", .syncDatabase) struct MistakeTests {
  @Test("M9-8 One state column with one vocabulary: what commits queues the push, and the push takes that very state")
  func oneState() async throws {
    try await onDatabase { session in
      let columns = try session.list(
        """
        SELECT column_name FROM information_schema.columns
        WHERE table_name = 'pfa_modification' AND (column_name LIKE '%state%' OR column_name LIKE '%status%')
        """)
      #expect(columns == ["sync_state"])
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      let id = try #require(try session.draft("a", #"{"dor": "OURS"}"#))
      _ = try session.commitNow("s1", "ann")
      let state = "SELECT sync_state FROM pfa_modification"
      #expect(try session.value(state) == "committed")
      let asked = try session.list(
        """
        SELECT convert_from(message_value, 'UTF8')::json ->> 'modificationId' FROM outbox
        WHERE topic = 'pfa.write-back.v1'
        """)
      #expect(asked == [id])
      let claimed = try session.asSystem { try PushStore.claim(session, limit: 10) }
      #expect(claimed.map(\.id) == [id])
      #expect(try session.value(state) == "syncing")
    }
  }

  @Test("M9-10 The base version is the first edit's, for the whole draft, and a second edit merges into its delta")
  func baseVersion() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      for order in 2...4 { try apply(session, [Sample("a", Int64(order)) { $0.rate = "\(order)000" }]) }
      try session.draft("a", #"{"dor": "FIRST"}"#)
      try apply(session, [Sample("a", 9) { $0.rate = "9000" }])
      try session.draft("a", #"{"model": "SECOND"}"#)
      #expect(
        try session.table("SELECT base_version, delta, modified_fields FROM pfa_modification")
          == [["4", #"{"dor": "FIRST", "model": "SECOND"}"#, "{dor,model}"]])
    }
  }

  @Test("M9-11 However often a commit and a read meet the same overlap, one unresolved conflict row says so")
  func oneConflict() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "OURS"}"#)
      try apply(session, [Sample("a", 2) { $0.dor = "THEIRS" }])
      _ = try session.commitNow("s1", "ann", partial: true)
      let rows = "SELECT count(*)::int FROM pfa_sync_conflict"
      #expect(try session.count(rows) == 1)
      for order in 3...6 { try apply(session, [Sample("a", Int64(order)) { $0.dor = "THEIRS \(order)" }]) }
      for _ in 0..<3 { _ = try session.commitNow("s1", "ann", partial: true) }
      #expect(try session.count(rows) == 1)
      let duplicate = try pgError {
        try session.execute(
          """
          INSERT INTO pfa_sync_conflict (modification_id, mirror_id, organization_id, kind, conflict_fields)
          SELECT modification_id, mirror_id, organization_id, kind, conflict_fields FROM pfa_sync_conflict
          """)
      }
      #expect(duplicate.sqlstate == "23505")
    }
  }

  @Test("A suspended organization's users neither draft nor commit nor decide; resumed, they go on with their drafts")
  func suspended() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.draft("a", #"{"dor": "OURS"}"#)
      try session.execute("UPDATE organization SET status = 'suspended' WHERE id = 'RIO'")
      #expect(try session.code { try session.draft("a", #"{"dor": "X"}"#) } == "FORBIDDEN")
      let commit = {
        _ = try DraftStore.commit(
          session, organization: "RIO", user: "ann", session: "s1", reason: nil, partial: false)
      }
      #expect(try session.code(commit) == "FORBIDDEN")
      // An event that was under way already.
      #expect(try session.commitNow("s1", "ann")?.isForbidden == true)
      #expect(try session.value("SELECT dor FROM pfa_mirror") == "BEO")
      try session.execute("UPDATE organization SET status = 'active' WHERE id = 'RIO'")
      #expect(try session.commitNow("s1", "ann")?.applied.count == 1)
    }
  }
}
