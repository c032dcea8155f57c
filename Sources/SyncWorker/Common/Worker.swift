import Kafka
import PEMS
import Postgres
import Runtime
import SyncStore

/// A worker's parts as services: lanes, job runner, outbox relay, verifier, trends, gauges.
///
/// Any number of workers share the work; what one holds when it dies is taken over by the others.
package final class Worker: Sendable {
  package let metrics: Metrics
  package let health = HealthState()
  private let configuration: WorkerConfiguration
  private let pool: PGPool
  private let interactivePool: PGPool
  /// Of one connection: analysis never waits for a lane, and no lane for analysis.
  private let analyticsPool: PGPool
  private let producer: KafkaProducer
  private let hosts: [LaneHost]
  private let report: OffsetReport
  private let runner: JobRunner
  private let pusher: Pusher
  private let relay: OutboxRelay

  /// Connects nothing yet. Throws KafkaError for a property librdkafka does not accept.
  package init(_ configuration: WorkerConfiguration, metrics: Metrics = .ofProcess()) throws {
    var postgres = configuration.postgres
    // A batch is one statement whose plan is the same for every batch; a custom plan each time costs a millisecond and
    // gains nothing.
    postgres.sessionSettings["plan_cache_mode"] = "force_generic_plan"
    postgres.sessionSettings["jit"] = "off"
    self.configuration = configuration
    self.metrics = metrics
    // Until the first proof: found nothing, and never looked.
    var idle = [MetricCatalog.pushesInFlight]
    if configuration.verifyInterval != nil {
      idle += [MetricCatalog.kpiVerifyDifferences, MetricCatalog.kpiVerifyLastSuccess]
    }
    for gauge in idle { metrics.set(gauge, 0) }
    for kind in configuration.kinds { metrics.set(MetricCatalog.consumes, 1, [("kind", kind.rawValue)]) }
    var poolOptions = postgres
    // A worker that is frozen inside a transaction holds its job's row; whoever takes the job over must not wait longer
    // than for the lease.
    poolOptions.idleInTransactionTimeout = .seconds(JobStore.leaseSeconds - 2)
    pool = PGPool(poolOptions, size: configuration.applyConnections + 2, name: "worker", log: configuration.log)
    interactivePool = PGPool(poolOptions, size: 2, name: "commits", log: configuration.log)
    analyticsPool = PGPool(poolOptions, size: 1, name: "analytics", log: configuration.log)
    producer = try KafkaProducer(settings: configuration.kafka, log: configuration.log)
    let sources = Worker.sources(configuration, pool, metrics)
    runner = JobRunner(configuration: configuration, pool: pool, producer: producer, sources: sources, metrics: metrics)
    pusher = Pusher(configuration: configuration, pool: pool, sources: sources, metrics: metrics)
    report = try OffsetReport(settings: configuration.kafka, group: configuration.group, log: configuration.log)
    let (runner, pusher, pool, interactivePool, report) = (runner, pusher, pool, interactivePool, report)
    hosts = configuration.kinds.sorted { $0.rawValue < $1.rawValue }.map { kind in
      LaneHost(
        kind, configuration: configuration, pool: kind.isInteractive ? interactivePool : pool, metrics: metrics,
        report: report,
        wake: {
          runner.wake()
          pusher.wake()
        })
    }
    var relayOptions = postgres
    relayOptions.applicationName += "-outbox"
    relay = OutboxRelay(options: relayOptions, producer: producer, topics: configuration.topics, log: configuration.log)
  }

  /// In the order they start; a group drains them in reverse.
  package var services: [Service] {
    var services = [
      Service("outbox", drain: { await self.relay.drain() }, run: { try await self.relay.run() }),
      // Before the lanes, so that it is drained after them.
      Service("offsets", drain: { self.report.drain() }, run: { await self.report.run() }),
      Service("lanes", start: { try await self.waitForSchema() }, run: { try await self.consume() }),
      // After the lanes, so that it is drained before them: nothing is published that this worker will not apply any
      // more.
      Service("jobs", drain: { await self.runner.drain() }, run: { try await self.runner.run() }),
      Service("pushes", drain: { await self.pusher.drain() }, run: { try await self.pusher.run() }),
      Service(
        "gauges",
        run: {
          try await StateSampler(
            hosts: self.hosts, pool: self.pool, metrics: self.metrics, configuration: self.configuration,
            health: self.health
          ).run()
        }),
    ]
    if let interval = configuration.probeInterval {
      services.append(
        Service("query probe") {
          try await QueryProbe(
            pool: self.pool, interval: interval, metrics: self.metrics, log: self.configuration.log
          ).run()
        })
    }
    if let interval = configuration.verifyInterval {
      services.append(
        Service("kpi verifier") {
          try await KPIVerifier(
            pool: self.pool, interval: interval, metrics: self.metrics, log: self.configuration.log
          ).run()
        })
    }
    if configuration.keepsTrends {
      services.append(
        Service("trends") {
          try await TrendKeeper(
            pool: self.analyticsPool, interval: self.configuration.trendInterval, metrics: self.metrics,
            log: self.configuration.log
          ).run()
        })
    }
    return services
  }

  /// Frees what the services shared; call it when they have ended.
  package func close() async {
    await producer.close()
    await report.close()
    await pool.close()
    await interactivePool.close()
    await analyticsPool.close()
  }

  /// Sources and targets whose rate limits all workers share.
  private static func sources(_ configuration: WorkerConfiguration, _ pool: PGPool, _ metrics: Metrics)
    -> SourceFactory
  {
    let (clock, policy, log) = (configuration.sourceClock, configuration.breaker, configuration.log)
    return SourceFactory(
      clock: clock,
      budget: { SharedBudget(pool: pool, tenant: $0, rate: $1, policy: policy, clock: clock, log: log) },
      onRetry: { metrics.add(MetricCatalog.retries, 1, [("code", $0.code)]) })
  }

  /// A worker started before the migration needs no restart.
  private func waitForSchema() async throws {
    var backoff = Backoff(base: .milliseconds(100), cap: .seconds(3))
    let complaint = Complaint("waiting for the database", log: configuration.log)
    while true {
      var cause = "the schema is not current: run 'syncline migrate up'"
      do {
        let isCurrent = try await pool.run { try Migrator.isCurrent($0) }
        metrics.set(MetricCatalog.databaseUp, 1)
        if isCurrent { break }
        health.database(reachable: true, current: false)
      } catch let error as PGError {
        metrics.set(MetricCatalog.databaseUp, 0)
        cause = error.description
      }
      complaint.tell(cause)
      try await Task.sleep(for: backoff.next())
    }
    complaint.settle()
    health.database(reachable: true, current: true)
  }

  /// Joins the groups as soon as a broker answers, and consumes until cancelled. What needs no Kafka goes on meanwhile.
  private func consume() async throws {
    do {
      try await join()
      await untilCancelled()
    } catch is CancellationError {
      // It is to end before it has begun.
    }
    health.stopping()
    // In a task of its own: this one is cancelled, and what is being applied is finished.
    let hosts = hosts
    await Task {
      await withTaskGroup(of: Void.self) { group in
        for host in hosts { group.addTask { await host.close() } }
      }
    }.value
  }

  private func join() async throws {
    guard !configuration.kinds.isEmpty else {
      // It consumes nothing, and is ready without a group.
      return health.consumer(lastPoll: { nil }, isMember: { true })
    }
    let servers = configuration.kafka.bootstrapServers
    try await KafkaWait(servers: servers, health: health, log: configuration.log).run(configuration.prepareKafka)
    for host in hosts { try host.start() }
    let hosts = hosts
    health.consumer(
      lastPoll: { hosts.compactMap { $0.consumer?.lastPoll }.min() },
      isMember: { hosts.allSatisfy { $0.consumer?.isMember ?? false } })
  }
}
