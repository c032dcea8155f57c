import Kafka
import Postgres
import Runtime
import SyncStore

/// Fills the gauges that nobody sets by working: lag, jobs, dead letters, pool.
struct StateSampler: Sendable {
  let host: LaneHost
  let pool: PGPool
  let metrics: Metrics
  let log: Log
  let health: HealthState

  /// Works until cancelled, every five seconds.
  func run() async throws {
    while true {
      metrics.set(MetricCatalog.poolInUse, Double(pool.inUse))
      metrics.set(MetricCatalog.poolWaiters, Double(pool.waiters))
      await sampleDatabase()
      await sampleLag()
      try await Task.sleep(for: .seconds(5))
    }
  }

  private func sampleDatabase() async {
    do {
      let sample = try await withTimeout(.seconds(4)) { [pool] in
        try await pool.run { session in
          let isCurrent = try Migrator.isCurrent(session)
          guard isCurrent else { return (false, StateStore.Sample?.none, PushReports.Sample?.none) }
          return try session.asSystem { (true, try StateStore.sample(session), try PushReports.sample(session)) }
        }
      }
      health.database(reachable: true, current: sample.0)
      guard let state = sample.1 else { return }
      metrics.replace(
        MetricCatalog.jobs, state.jobs.map { ([("kind", $0.kind), ("state", $0.state)], Double($0.count)) })
      metrics.replace(MetricCatalog.oldestJobAge, state.oldest.map { ([("state", $0.state)], $0.seconds) })
      metrics.replace(MetricCatalog.conflicts, state.conflicts.map { ([("status", $0.status)], Double($0.count)) })
      metrics.replace(MetricCatalog.deadLetters, state.deadLetters.map { ([("code", $0.code)], Double($0.count)) })
      metrics.set(MetricCatalog.oldestPushAge, sample.2?.oldestAge ?? 0)
      metrics.replace(
        MetricCatalog.pushesFailed, (sample.2?.failed ?? []).map { ([("code", $0.code)], Double($0.count)) })
      metrics.replace(
        MetricCatalog.lastSyncSuccess, state.lastSuccess.map { ([("organization", $0.organization)], $0.seconds) })
    } catch {
      health.database(reachable: false, current: false)
    }
  }

  private func sampleLag() async {
    var series: [([(String, String)], Double)] = []
    for (partition, next) in host.positions {
      guard let consumer = host.consumer, let (_, high) = try? await consumer.watermarks(partition) else { continue }
      series.append(
        ([("topic", partition.topic), ("partition", String(partition.partition))], Double(max(0, high - next))))
    }
    metrics.replace(MetricCatalog.consumerLag, series)
  }
}
