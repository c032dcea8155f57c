import Postgres
import Runtime
import SyncStore

/// Compares the kept totals with the records, all of them at an interval, and tells the metrics; it repairs nothing by
/// itself.
struct KPIVerifier: Sendable {
  let pool: PGPool
  let interval: Duration
  let metrics: Metrics
  let log: Log

  private static let firstPause = Duration.seconds(60)

  /// Works until cancelled. Many workers share the work: each takes a part of the interval by chance, and looks for the
  /// first time soon, so that a program with a mistake does not wait for it.
  func run() async throws {
    var pause = min(interval, KPIVerifier.firstPause) * Double.random(in: 0...1)
    while !Task.isCancelled {
      try await Task.sleep(for: pause)
      pause = interval * Double.random(in: 0.5...1)
      do {
        let rows = try await pool.run { session in
          try session.asSystem { try KPIStore.differences(session, organization: nil).rowCount }
        }
        metrics.set(MetricCatalog.kpiVerifyDifferences, Double(rows))
        if rows == 0 {
          metrics.set(MetricCatalog.kpiVerifyLastSuccess, Double(epochSeconds()))
        } else {
          log.error("KPI totals differ from the records; see `syncline kpi verify`", ("groups", String(rows)))
        }
      } catch let error as PGError {
        log.warning("KPI totals could not be verified", ("cause", error.description))
      }
    }
  }
}
