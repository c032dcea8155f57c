import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Which of the jobs that ended otherwise than they should have still need somebody.
@Suite("Unsettled jobs", .syncDatabase) struct UnsettledTests {
  private static func id(_ number: Int) -> String {
    "aaaaaaaa-0000-4000-8000-\(String(repeating: "0", count: 11))\(number)"
  }

  /// A job that ended so many minutes ago.
  private static func insert(
    _ session: PGSession, _ number: Int, kind: String = "read_sync", state: String = "failed", code: String? = "AUTH",
    minutes: Int, parameters: String = #"{"mode": "incremental"}"#, of organization: String = "RIO", retryOf: Int? = nil
  ) throws {
    try session.query(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, error_code, parameters, created_at, finished_at, retry_of)
      VALUES ($1::uuid, $2, $3, $4, $5, $6::jsonb, now() - make_interval(mins => $7::int),
        now() - make_interval(mins => $7::int), $8::uuid)
      """,
      [
        .uuid(id(number)), .text(organization), .text(kind), .text(state), PGValue(code), .text(parameters),
        .int(Int64(minutes)), retryOf.map { .uuid(id($0)) } ?? .null,
      ])
  }

  private static func numbers(_ session: PGSession) throws -> [Int] {
    try session.reading { try UnsettledJobs.list(session, limit: 20) }.compactMap { Int($0.id.suffix(1)) }.sorted()
  }

  @Test("What was done again, or what a later success covers, needs nobody; what is left does")
  func reads() async throws {
    try await onDatabase { session in
      // Done again, with or without success: the newer job speaks for both.
      try Self.insert(session, 1, minutes: 90, of: "RIO2")
      try Self.insert(session, 2, minutes: 80, of: "RIO2", retryOf: 1)
      #expect(try Self.numbers(session) == [2])
      try Self.insert(session, 3, state: "succeeded", code: nil, minutes: 70, of: "RIO2")
      #expect(try Self.numbers(session) == [])
      // A success before it covers nothing, nor does one that reads less, or a dry run, or another tenant's.
      try Self.insert(session, 4, minutes: 60, parameters: #"{"mode": "full"}"#)
      try Self.insert(session, 5, state: "succeeded", code: nil, minutes: 50)
      try Self.insert(
        session, 6, state: "succeeded", code: nil, minutes: 40, parameters: #"{"mode": "full", "dryRun": true}"#)
      try Self.insert(session, 7, code: "JOB_ALREADY_RUNNING", minutes: 30)
      #expect(try Self.numbers(session) == [4], "refused because another one was open: nobody")
      // An empty read covers nothing, and is one itself.
      try Self.insert(
        session, 8, state: "succeeded", code: "EMPTY_READ", minutes: 20, parameters: #"{"mode": "full", "source": "s"}"#
      )
      #expect(try Self.numbers(session) == [4, 8])
      // What was read from one source says nothing about another.
      try Self.insert(session, 9, state: "succeeded", code: nil, minutes: 10, parameters: #"{"mode": "full"}"#)
      #expect(try Self.numbers(session) == [8])
      try Self.insert(
        session, 0, state: "succeeded", code: nil, minutes: 5, parameters: #"{"mode": "full", "source": "s"}"#)
      #expect(try Self.numbers(session) == [])
    }
  }

  @Test("A source that was none is settled by a success of any; of a suspended organization it is said")
  func sources() async throws {
    try await onDatabase { session in
      let source = #"{"mode": "full", "source": "pens"}"#
      try Self.insert(session, 1, code: "SOURCE_NOT_FOUND", minutes: 9, parameters: source)
      try Self.insert(session, 2, code: "AUTH", minutes: 8, parameters: source)
      try Self.insert(
        session, 3, state: "succeeded", code: nil, minutes: 7, parameters: #"{"mode": "full", "source": "pems"}"#)
      #expect(try Self.numbers(session) == [2])
      func isActive() throws -> [Bool] {
        try session.reading { try UnsettledJobs.list(session, limit: 9) }.map(\.isActive)
      }
      #expect(try isActive() == [true])
      try session.execute("UPDATE organization SET status = 'suspended' WHERE id = 'RIO'")
      #expect(try isActive() == [false])
    }
  }

  @Test("A schema change is settled by a later one of its project, a rebuild by a later rebuild")
  func others() async throws {
    try await onDatabase { session in
      try Self.insert(
        session, 1, kind: "schema_change", code: "TARGET_ERROR", minutes: 9, parameters: #"{"project_id": "a"}"#)
      try Self.insert(
        session, 2, kind: "schema_change", state: "succeeded", code: nil, minutes: 8,
        parameters: #"{"project_id": "b"}"#)
      try Self.insert(session, 3, kind: "kpi_rebuild", code: "INTERNAL", minutes: 7, parameters: "{}")
      #expect(try Self.numbers(session) == [1, 3])
      #expect(try session.reading { try UnsettledJobs.list(session, limit: 1) }.map(\.code) == ["INTERNAL"])
      try Self.insert(
        session, 4, kind: "schema_change", state: "succeeded", code: nil, minutes: 6,
        parameters: #"{"project_id": "a"}"#)
      try Self.insert(session, 5, kind: "kpi_rebuild", state: "succeeded", code: nil, minutes: 5, parameters: "{}")
      #expect(try Self.numbers(session) == [])
    }
  }

  @Test("A commit is settled when its conflicts are decided, or nothing of its drafts is left")
  func commits() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "write")
      try apply(session, [Sample("a"), Sample("b")])
      // Bob is faster: ann's commit is a conflict.
      try session.draft("a", #"{"dor": "PROJECT"}"#)
      try session.edit("a", #"{"dor": "SITE"}"#, at: 1, by: "bob")
      let conflicted = Self.id(1)
      #expect(try session.commitNow("s1", "ann", commitId: conflicted)?.errorCode == EditCode.conflict)
      // A refused value.
      try session.draft("b", #"{"monthlyRate": -3}"#, in: "s2")
      let refused = try session.commitNow("s2", "ann", commitId: Self.id(2))
      #expect(refused?.errorCode != nil && refused?.conflicted.isEmpty == true)
      #expect(try Self.numbers(session) == [1, 2])
      let conflict = try session.value("SELECT id FROM pfa_sync_conflict") ?? ""
      _ = try ConflictStore.resolve(
        session, conflict, organization: "RIO", choice: .theirs, user: "ann", reason: nil)
      #expect(try Self.numbers(session) == [2])
      _ = try DraftStore.discard(session, organization: "RIO", user: "ann", session: "s2")
      #expect(try Self.numbers(session) == [])
    }
  }
}
