import Postgres
import Runtime
import SyncStore

/// Makes the queries that applications make most, once in a while, and tells the metrics how long they took.
struct QueryProbe: Sendable {
  let pool: PGPool
  let interval: Duration
  let metrics: Metrics
  let log: Log

  /// Works until cancelled. Workers do it at different moments by chance.
  func run() async throws {
    while !Task.isCancelled {
      try await Task.sleep(for: interval * Double.random(in: 0.5...1))
      do {
        let times = try await pool.run { try QueryTimes.sample($0) }
        metrics.replace(MetricCatalog.queryTime, times.map { ([("query", $0.query)], $0.seconds) })
      } catch let error as PGError {
        log.warning("queries could not be timed", ("cause", error.description))
      }
    }
  }
}
