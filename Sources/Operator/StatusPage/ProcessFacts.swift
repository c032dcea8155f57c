import Runtime
import SyncWorker

/// What a worker knows of itself without asking anybody: shown also while Postgres and Kafka are away.
struct ProcessFacts: Sendable, Equatable {
  var name: String
  var version = BuildInfo.version
  var revision = BuildInfo.revision
  var isAlive = true
  /// What is missing for readiness.
  var missing: [String] = []
  /// A token is configured, so that who knows it may act.
  var mayAct = false
  /// Since it started.
  var records: Int64 = 0
  var batchesRetried: Int64 = 0
  /// Of the partitions it holds, as far as it knows.
  var lag: Int64 = 0
  var partitions = 0

  init(name: String) { self.name = name }

  init(name: String, metrics: Metrics, health: HealthState, mayAct: Bool) {
    self.name = name
    self.mayAct = mayAct
    isAlive = health.isAlive
    missing = health.missing
    records = Int64(metrics.sum(MetricCatalog.records).total)
    batchesRetried = Int64(metrics.sum(MetricCatalog.batches, where: "result", "retried").total)
    let lags = metrics.sum(MetricCatalog.consumerLag)
    lag = Int64(lags.total)
    partitions = lags.series
  }
}
