import Postgres
import SQLCatalog
import SyncDomain
import SyncStore
import TestKit
import Testing

/// The statements of a first read run on tables that statistics do not know yet, under plans made when they were empty.
@Suite("Plans", .syncDatabase) struct PlanTests {
  private func apply(_ session: PGSession, _ indexes: Range<Int>, revision: Int) throws -> (ApplyOutcome, touched: Int)
  {
    let generator = RecordGenerator(seed: 7, organization: "RIO")
    let batch = RecordBatch(
      organization: "RIO", page: nil,
      outcomes: indexes.map { .accepted(generator.record(index: $0, revision: revision)) })
    return try session.transaction {
      try session.query(Queries.becomeApplier, [.text("RIO")])
      let outcome = try ApplyStore.apply(session, batch, ApplyStore.Origin(slot: 0, stream: "plans"))
      let touched = try session.count(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'pfa_mirror'")
      return (outcome, touched)
    }
  }

  /// Statistics that have never looked suppose a few pages; those that have seen an empty table, none.
  @Test(
    "An apply touches a few rows for each record, however many the table has got since its plan was made",
    arguments: [false, true])
  func probes(analyzed: Bool) async throws {
    try await onDatabase { session in
      try session.execute("ALTER TABLE pfa_mirror SET (autovacuum_enabled = off)")
      if analyzed { try session.execute("VACUUM ANALYZE") }
      try session.execute("SET plan_cache_mode = force_generic_plan")
      for start in stride(from: 0, to: 2_000, by: 200) { _ = try apply(session, start..<start + 200, revision: 0) }
      for (revision, changed) in [(1, 200), (1, 0)] {
        let (outcome, touched) = try apply(session, 600..<800, revision: revision)
        #expect(outcome.updated + outcome.discontinued == changed)
        #expect(touched < 200 * 5)
      }
    }
  }

  @Test(
    "A commit probes by keys, in the plans too that were made when there was no draft and no job",
    arguments: [false, true])
  func commits(analyzed: Bool) async throws {
    let statements: [(String, String, String, [String])] = [
      ("known", "text[], text[]", Queries.knownCommits, ["sync_job_pkey", "sync_job_kind_idempotency_key_key"]),
      (
        "records", "text, text[]", Queries.lockDraftedRecords,
        ["pfa_modification_draft", "pfa_mirror_pkey", "pfa_mirror_pkey"]
      ),
      ("drafts", "text, text[]", Queries.lockDrafts, ["pfa_modification_draft", "pfa_modification_pkey"]),
      ("commits", "text[], text[], text[], integer[], text[]", Queries.commitEdits, ["pfa_modification_pkey"]),
    ]
    try await onDatabase { session in
      if analyzed { try session.execute("VACUUM ANALYZE") }
      try session.execute("SET plan_cache_mode = force_generic_plan")
      for (name, types, statement, indexes) in statements {
        let nulls = types.split(separator: " ").map { _ in "NULL" }.joined(separator: ", ")
        let plan = try session.transaction {
          try session.query(Queries.becomeApplier, [.text("RIO")])
          try session.execute("PREPARE \(name) (\(types)) AS \(statement)")
          return try session.list("EXPLAIN EXECUTE \(name) (\(nulls))")
        }
        // pfa_fields_in_flight is no part of the search.
        let used = plan.filter { !$0.contains("pfa_modification_open") && !$0.contains("pfa_modification_history") }
          .compactMap { $0.split(separator: "using ").dropFirst().first?.prefix { $0 != " " } }.map(String.init)
        #expect(used.sorted() == indexes.sorted(), "\(name): \(plan.joined(separator: "\n"))")
        #expect(!plan.contains { $0.contains("Seq Scan") || $0.contains("Bitmap") })
        for (index, line) in plan.enumerated() where line.contains("Index Scan") {
          #expect(plan[index + 1].contains("Index Cond"), "\(name): \(plan.joined(separator: "\n"))")
        }
      }
    }
  }

  @Test("What a read did not see is found without comparing every row with every id")
  func orphans() async throws {
    try await onDatabase { session in
      try session.transaction {
        try session.query(Queries.becomeWorker, [.text("RIO")])
        try session.query(Queries.preferHashing)
        try session.execute("PREPARE orphans (text, uuid) AS \(Queries.countOrphans)")
        let plan = try session.list("EXPLAIN EXECUTE orphans ('RIO', '00000000-0000-0000-0000-000000000000')")
        #expect(!plan.contains { $0.contains("Nested Loop") })
      }
    }
  }
}
