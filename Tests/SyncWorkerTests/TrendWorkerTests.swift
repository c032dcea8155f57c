import Runtime
import SyncWorker
import TestKit
import Testing

/// Analysis in processes of its own, beside workers that ingest.
@Suite("Trend workers")
struct TrendWorkerTests {
  private static let behind = """
    SELECT category, record_count FROM kpi_rollup WHERE level = 'category'
    EXCEPT SELECT category, sum(record_count)::bigint FROM pfa_kpi_summary GROUP BY category
    """

  private static func value(of metric: String, in text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix(metric + " ") }.flatMap { Double($0.dropFirst(metric.count + 1)) }
  }

  @Test(
    "S1-44 S2-18 S2-25 S2-27 One and three processes of analysis keep roll-ups behind a worker that only ingests, and tell how far",
    arguments: [1, 3])
  func apart(count: Int) async throws {
    try await WorkerWorld.with(.of { $0.records = 2_000 }) { world in
      let ingesting = try world.spawnWorker([], ["--only", "read_sync"])
      let analysing = try (0..<count).map { _ in try world.spawnWorker([], ["--only", "analytics"]) }
      let id = try await world.requestSync()
      try await until("the sync succeeds") {
        try await world.count("sync_job WHERE id = '\(id)' AND state = 'succeeded'") == 1
      }
      try await until("the roll-ups have caught up") {
        let organizations = try await world.count("kpi_rollup WHERE level = 'organization'")
        return try await world.lines(Self.behind).isEmpty && organizations == 1
      }
      var processed = 0.0
      for process in analysing {
        try await until("it tells its lag") {
          Self.value(of: "syncline_analytics_lag_seconds", in: try await process.metrics()) == 0
        }
        let metrics = try await process.metrics()
        processed += Self.value(of: "syncline_analytics_processed_total", in: metrics) ?? 0
        let batches = metrics.split(separator: "\n").filter { $0.hasPrefix("syncline_batches_total") }
        #expect(batches.allSatisfy { $0.hasSuffix(" 0") }, "it applies nothing")
      }
      #expect(processed >= 1)
      let own = Self.value(of: "syncline_analytics_processed_total", in: try await ingesting.metrics())
      #expect((own ?? 0) == 0, "who ingests leaves analysis to the others")
    }
  }
}
