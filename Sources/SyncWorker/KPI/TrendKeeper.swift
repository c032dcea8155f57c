import Postgres
import Runtime
import SyncStore

/// Keeps roll-ups and their trend behind the totals, in small steps that nothing else waits for.
///
/// Any number of workers share the organizations: what one works on, the others pass over.
struct TrendKeeper: Sendable {
  /// Connections that ingestion does not use.
  let pool: PGPool
  let interval: Duration
  let metrics: Metrics
  let log: Log

  /// Organizations of one step.
  static let batch = 50

  /// Works until cancelled, from when the schema is current.
  func run() async throws {
    let complaint = Complaint("the trend could not be brought up to date", log: log)
    var isCurrent = false
    while !Task.isCancelled {
      do {
        if !isCurrent { isCurrent = try await pool.run { try Migrator.isCurrent($0) } }
        // A full step means that there is more; a short one, that the others have what is left.
        while isCurrent, try await step() == TrendKeeper.batch {}
        complaint.settle()
      } catch let error as PGError {
        complaint.tell(error.description)
      }
      try await Task.sleep(for: interval)
    }
  }

  private func step() async throws -> Int {
    let (step, lag) = try await pool.run { session in
      try session.asSystem {
        (try TrendStore.advance(session, limit: TrendKeeper.batch), try TrendStore.lag(session))
      }
    }
    if step.organizations > 0 {
      metrics.add(MetricCatalog.analyticsProcessed, Double(step.organizations))
      metrics.set(MetricCatalog.analyticsBatchSize, Double(step.organizations))
    }
    metrics.set(MetricCatalog.analyticsLag, lag.seconds)
    return step.organizations
  }
}
