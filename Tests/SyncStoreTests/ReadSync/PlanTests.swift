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

  @Test("An apply touches a few rows for each record, however many the table has got since its plan was made")
  func probes() async throws {
    try await onDatabase { session in
      try session.execute("ALTER TABLE pfa_mirror SET (autovacuum_enabled = off)")
      try session.execute("SET plan_cache_mode = force_generic_plan")
      for start in stride(from: 0, to: 2_000, by: 200) { _ = try apply(session, start..<start + 200, revision: 0) }
      for (revision, changed) in [(1, 200), (1, 0)] {
        let (outcome, touched) = try apply(session, 600..<800, revision: revision)
        #expect(outcome.updated + outcome.discontinued == changed)
        #expect(touched < 200 * 5)
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
