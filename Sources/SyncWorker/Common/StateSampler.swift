import Kafka
import Postgres
import Runtime
import SyncStore

/// Fills the gauges that nobody sets by working: lag, jobs, dead letters, pool, the database itself. With each look it
/// says that this worker lives.
struct StateSampler: Sendable {
  let hosts: [LaneHost]
  let pool: PGPool
  let metrics: Metrics
  let configuration: WorkerConfiguration
  let health: HealthState

  private static let pause = Duration.seconds(5)
  /// How often the database's own statistics are read.
  private static let gaugePause = Duration.seconds(60)

  /// Works until cancelled. Brokers that do not answer keep nobody from seeing that this worker lives.
  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await watchDatabase() }
      group.addTask { await beat() }
      group.addTask {
        while !Task.isCancelled {
          await sampleLag()
          try? await Task.sleep(for: Self.pause)
        }
      }
    }
  }

  /// Apart from the numbers, which may take longer than a worker may be silent.
  private func beat() async {
    let (name, group) = (configuration.owner, configuration.group)
    let kinds = configuration.kinds.map(\.rawValue).sorted()
    while !Task.isCancelled {
      // What keeps it from saying so is told by the numbers; on a schema that is not current there is nowhere to.
      _ = try? await withTimeout(.seconds(2)) { [pool] in
        try await pool.run { session in
          try session.asSystem { try CrewStore.beat(session, name: name, group: group, kinds: kinds) }
        }
      }
      try? await Task.sleep(for: .seconds(JobStore.leaseSeconds) / 4)
    }
    await sayGoodbye()
  }

  private func watchDatabase() async {
    var nextGauges = ContinuousClock.now
    while !Task.isCancelled {
      metrics.set(MetricCatalog.poolInUse, Double(pool.inUse))
      metrics.set(MetricCatalog.poolWaiters, Double(pool.waiters))
      await sampleDatabase()
      if ContinuousClock.now >= nextGauges, await sampleGauges() { nextGauges = .now + Self.gaugePause }
      try? await Task.sleep(for: Self.pause)
    }
  }

  private func sampleDatabase() async {
    do {
      let sample = try await withTimeout(.seconds(4)) { [pool] in
        try await pool.run { session in
          let isCurrent = try Migrator.isCurrent(session)
          guard isCurrent else {
            return (false, StateStore.Sample?.none, PushReports.Sample?.none, [BreakerStore.Open]())
          }
          return try session.asSystem {
            (
              true, try StateStore.sample(session), try PushReports.sample(session), try BreakerStore.open(session)
            )
          }
        }
      }
      health.database(reachable: true, current: sample.0)
      metrics.set(MetricCatalog.databaseUp, 1)
      guard let state = sample.1 else { return }
      metrics.replace(
        MetricCatalog.jobs, state.jobs.map { ([("kind", $0.kind), ("state", $0.state)], Double($0.count)) })
      metrics.replace(MetricCatalog.oldestJobAge, state.oldest.map { ([("state", $0.state)], $0.seconds) })
      metrics.replace(MetricCatalog.conflicts, state.conflicts.map { ([("status", $0.status)], Double($0.count)) })
      metrics.replace(MetricCatalog.deadLetters, state.deadLetters.map { ([("code", $0.code)], Double($0.count)) })
      metrics.set(MetricCatalog.oldestPushAge, sample.2?.oldestAge ?? 0)
      metrics.replace(
        MetricCatalog.pushesFailed, (sample.2?.failed ?? []).map { ([("code", $0.code)], Double($0.count)) })
      metrics.replace(MetricCatalog.upstreamOpen, sample.3.map { ([("upstream", $0.tenant)], 1) })
      metrics.replace(
        MetricCatalog.lastSyncSuccess, state.lastSuccess.map { ([("organization", $0.organization)], $0.seconds) })
    } catch is CancellationError {
      return
    } catch {
      health.database(reachable: false, current: false)
      metrics.set(MetricCatalog.databaseUp, 0)
    }
  }

  /// False: it could not be read. On a schema that is not current it is no fault of the database.
  private func sampleGauges() async -> Bool {
    let gauges = try? await withTimeout(.seconds(4)) { [pool] in try await pool.run { try DatabaseGauges.sample($0) } }
    guard let gauges else { return false }
    metrics.replace(MetricCatalog.tableBytes, gauges.bytes.map { ([("table", $0.table)], $0.value) })
    metrics.replace(MetricCatalog.tableDeadShare, gauges.deadShare.map { ([("table", $0.table)], $0.value) })
    metrics.replace(
      MetricCatalog.indexScans, gauges.indexScans.map { ([("table", $0.table), ("index", $0.index)], $0.value) })
    metrics.set(MetricCatalog.idleTriggers, Double(gauges.idleTriggers))
    return true
  }

  /// One that does not answer ends the round: the others would keep a stop waiting as well.
  private func sampleLag() async {
    var lags: [([(String, String)], Double)] = []
    var positions: [([(String, String)], Double)] = []
    for host in hosts {
      for (partition, next) in host.positions {
        guard !Task.isCancelled, let consumer = host.consumer,
          let (_, high) = try? await consumer.watermarks(partition)
        else { return }
        let labels = [("topic", partition.topic), ("partition", String(partition.partition))]
        lags.append((labels, Double(max(0, high - next))))
        positions.append((labels, Double(next)))
      }
    }
    metrics.replace(MetricCatalog.consumerLag, lags)
    metrics.replace(MetricCatalog.appliedOffset, positions)
  }

  /// In a task of its own: this one is cancelled, and would be refused a connection.
  private func sayGoodbye() async {
    guard health.isDatabaseReachable else { return }
    let (name, pool) = (configuration.owner, pool)
    let goodbye = Task {
      try await withTimeout(.seconds(1)) {
        try await pool.run { session in try session.asSystem { try CrewStore.end(session, name: name) } }
      }
    }
    // Whoever can not say it is silent from now on, which says the same a little later.
    _ = await goodbye.result
  }
}
