import Glibc
import Kafka
import PEMS
import Runtime
import SyncScheduler
import SyncWorker

/// `syncline scheduler`: fire due jobs until told to stop.
enum SchedulerCommand {
  static let command = Command(
    path: ["scheduler"], summary: "Fire due jobs of the jobs directory until SIGTERM",
    discussion: """
      Fires what 'jobs:' of SYNCLINE_JOBS_DIR defines. Any number may run: one leads, and when it dies another one \
      leads within 11 seconds. No firing is lost or made twice. Workers do what reads and rebuilds ask for; the \
      leader itself verifies totals, asks again for forgotten pushes, and deletes old history. While Postgres is \
      away it waits; while Kafka is, firings wait in the outbox. It says so, and so does /readyz at the start.

      Serves /metrics, /livez and /readyz on SYNCLINE_HTTP_HOST:SYNCLINE_HTTP_PORT; where that is not set and 3030 is \
      taken, on a free port, which the log names.
      """,
    examples: [
      Example("syncline scheduler", "beside the workers"),
      Example("SYNCLINE_HTTP_PORT=3031 syncline scheduler", "where something looks for it at a port of its own"),
    ], needs: [.database, .kafka], handlesSignals: true
  ) { invocation in
    let (settings, catalog) = try invocation.configured { try $0.jobCatalog($1) }
    let jobs = catalog.jobs
    var configuration = SchedulerConfiguration(
      postgres: settings.postgresOptions(applicationName: "syncline-scheduler"), jobs: jobs,
      owner: "scheduler-\(getpid())-" + UUIDText.random().prefix(8))
    let log = settings.log.with(("scheduler", configuration.owner))
    configuration.log = log
    if !jobs.contains(where: \.isEnabled) { log.warning("no job is enabled", ("directory", settings.jobsDirectory)) }
    let health = HealthState()
    configuration.onTurn = { health.database(reachable: $0, current: $1) }
    let scheduler = Scheduler(configuration)
    // Standing by is being ready: it has looked.
    health.consumer(lastPoll: { scheduler.lastTurn }, isMember: { scheduler.lastTurn != nil })

    // Firings reach their topics also while no worker runs: the relay of any process will do.
    var publishing = WorkerConfiguration(
      postgres: settings.postgresOptions(applicationName: "syncline-scheduler-outbox"),
      kafka: try KafkaConnection.settings(settings, environment: invocation.environment), topics: settings.topics)
    publishing.log = log
    let producer = try KafkaProducer(settings: publishing.kafka, log: log)
    let relay = OutboxRelay(options: publishing.postgres, producer: producer, topics: publishing.topics, log: log)
    let leash = Leash(invocation.environment)
    let topics = publishing
    let group = ServiceGroup(
      (leash.map { [$0.service] } ?? []) + [
        StatusServer(
          host: settings.httpHost, port: settings.httpPort, metrics: scheduler.metrics, health: health, log: log,
          mayMove: !settings.isHTTPPortChosen
        ).service,
        Service("topics") {
          let wait = KafkaWait(servers: topics.kafka.bootstrapServers, health: health, log: log)
          try await wait.run { try await WorkerCommand.createTopics(topics) }
          await untilCancelled()
        },
        Service("outbox", drain: { await relay.drain() }, run: { try await relay.run() }),
        scheduler.service,
      ], drainTime: leash == nil ? .seconds(25) : .seconds(3), log: log)
    let ending = try await group.run(signals: Signals.stops())
    if ending.abandoned.isEmpty {
      await producer.close()
      await scheduler.close()
    }
    log.info("scheduler ended", ("abandoned", ending.abandoned.joined(separator: " ")))
    return .ok
  }
}

extension Settings {
  /// Throws CatalogErrors with every fault of every file.
  package func jobCatalog(_ environment: [String: String]) throws -> JobCatalog {
    let sources = try sourceCatalog(environment)
    return try JobCatalog.load(
      directory: jobsDirectory, environment: environment,
      sources: Set(sources.sources.keys).union(sources.unconfigured.keys))
  }
}
