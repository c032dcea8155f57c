import Glibc
import Kafka
import Runtime
import SyncWorker

/// `syncline worker`: consume and apply until told to stop.
enum WorkerCommand {
  static let command = Command(
    path: ["worker"], summary: "Consume and apply messages until SIGTERM",
    discussion: """
      Applies what the topics carry, drives queued jobs, publishes the outbox. Any number of workers share the \
      work; one that dies is taken over by the others. SIGTERM or Ctrl-C drains: what is being applied is \
      finished, jobs are handed over; a second signal stops at once, which loses nothing either. While Postgres or \
      Kafka is away, also at the start, it waits and says so; /readyz says what for.

      Serves a status page, /metrics, /livez and /readyz on SYNCLINE_HTTP_HOST:SYNCLINE_HTTP_PORT; where that is not \
      set and 3030 is taken, on a free port, which the log names. With \
      SYNCLINE_STATUS_TOKEN set, who knows it can approve, cancel, retry, pause, resume, replay and discard there.

      SYNCLINE_LEASH may hold the number of an inherited descriptor, the reading end of a pipe: the worker stops \
      within seconds when the pipe ends, so that it never outlives who started it.
      """,
    options: [.text("only", "KINDS", "kinds of work to do, commas between: \(allNames)")],
    examples: [
      Example("syncline worker", "everything"),
      Example("syncline worker --only read_sync", "leave other kinds to other workers"),
      Example("syncline worker --only analytics", "nothing but roll-ups and their trend; consumes nothing"),
    ], needs: [.database, .kafka], handlesSignals: true
  ) { invocation in
    let (settings, catalog) = try invocation.configured { try $0.sourceCatalog($1) }
    let log = settings.log
    var configuration = WorkerConfiguration(
      postgres: settings.postgresOptions(applicationName: "syncline-worker"),
      kafka: try KafkaConnection.settings(settings, environment: invocation.environment), topics: settings.topics,
      group: settings.group,
      // With the process in it, so that who sees it in a job or in `lag` knows whom to look for.
      owner: "worker-\(getpid())-" + UUIDText.random().prefix(8),
      catalog: catalog)
    configuration.log = log.with(("worker", configuration.owner))
    configuration.credentials = settings.credentials
    let topics = configuration
    configuration.prepareKafka = { try await createTopics(topics) }
    let leash = Leash(invocation.environment)
    if let only = invocation.option("only") { (configuration.kinds, configuration.keepsTrends) = try kinds(only) }
    let worker = try Worker(configuration)
    let server = StatusServer(
      host: settings.httpHost, port: settings.httpPort, metrics: worker.metrics, health: worker.health,
      log: configuration.log,
      site: site(settings, Definitions(settings, invocation.environment), configuration, worker),
      mayMove: !settings.isHTTPPortChosen)
    // A worker whose parent is gone has nobody to finish anything for.
    let group = ServiceGroup(
      (leash.map { [$0.service] } ?? []) + [server.service] + worker.services,
      drainTime: leash == nil ? .seconds(25) : .seconds(3), log: configuration.log)
    let ending = try await group.run(signals: Signals.stops())
    // After a second signal nothing is waited for any more.
    if ending.abandoned.isEmpty { await worker.close() }
    configuration.log.info("worker ended", ("abandoned", ending.abandoned.joined(separator: " ")))
    return .ok
  }

  private static func site(
    _ settings: Settings, _ definitions: Definitions, _ configuration: WorkerConfiguration, _ worker: Worker
  ) -> StatusSite {
    let (owner, log, token) = (configuration.owner, configuration.log, settings.statusToken)
    return StatusSite(
      reader: StatusReader(settings, kafka: configuration.kafka, definitions: definitions, log: log),
      facts: {
        ProcessFacts(name: owner, metrics: worker.metrics, health: worker.health, mayAct: token != nil)
      }, token: token, log: log)
  }

  /// What no topic carries: roll-ups and their trend.
  private static let analytics = "analytics"
  private static var allNames: String { "\(WorkKind.allNames), \(analytics)" }

  private static func kinds(_ text: String) throws(CommandError) -> (Set<WorkKind>, keepsTrends: Bool) {
    var kinds: Set<WorkKind> = []
    var keepsTrends = false
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      if name == analytics {
        keepsTrends = true
      } else if let kind = WorkKind(rawValue: String(name)) {
        kinds.insert(kind)
      } else {
        throw CommandError(.usage, "UNKNOWN_KIND", "'\(name)' is no kind of work", hint: "choose from \(allNames)")
      }
    }
    return (kinds, keepsTrends)
  }

  /// Before anything consumes them: a consumer of a topic that does not exist would wait for ever. Who may not create
  /// them gets a warning only; throws KafkaError when no broker answers.
  static func createTopics(_ configuration: WorkerConfiguration) async throws {
    let admin = try KafkaAdmin(settings: configuration.kafka, log: configuration.log, timeout: .seconds(5))
    do {
      let outcomes = try await admin.createTopics(TopicPlan().specs(configuration.topics))
      for case (let name, .failed(let error)) in outcomes {
        configuration.log.warning("topic could not be created", ("topic", name), ("cause", error.description))
      }
    } catch let error as KafkaError where error.isUnreachable {
      await admin.close()
      throw error
    } catch {
      configuration.log.warning("topics could not be created", ("cause", "\(error)"))
    }
    await admin.close()
  }
}
