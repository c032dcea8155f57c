import Glibc
import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// A small world of its own for one test of workers: migrated database, topics under a prefix, a simulated PEMS that
/// the source `sim` reads.
///
/// The Postgres server and the broker are shared by the process unless a test brings its own, to break them.
package final class WorkerWorld: Sendable {
  /// For tests, as the superuser.
  package let databaseURL: String
  /// For workers and commands, as the login that installed.
  private let workerURL: String
  package let kafka: EmbeddedKafka
  package let pems: SimulatedPEMS
  package let topics: Topics
  /// Its own: one group for all worlds would be one endless rebalance.
  package let group: String
  package let producer: KafkaProducer
  package let connection: WorldConnection
  package let definition: SourceDefinition
  private let workers = Locked<[RunningWorker]>([])
  private let processes = Locked<[WorkerProcess]>([])
  private let directory = Locked<String?>(nil)
  private let yaml: String

  private static let turnstile = Turnstile(10)
  private static let shared = Locked<EmbeddedKafka?>(nil)

  /// What makes a world unlike the others.
  package struct Options: Sendable {
    /// Records of RIO in the simulated PEMS.
    package var records = 0
    package var organizations = ["RIO"]
    /// Rows of an upstream page.
    package var pageSize = 1_000
    /// Brokers of its own, to be broken.
    package var kafka: EmbeddedKafka?
    /// A server of its own; nil: the process's.
    package var server: EmbeddedPostgres?
    package var source: @Sendable (inout SourceDefinition) -> Void = { _ in }
    /// Further lines of the source's definition, as processes of the program read it.
    package var yaml = ""

    package init() {}

    /// The defaults with some changes.
    package static func of(_ change: (inout Options) -> Void) -> Options {
      var options = Options()
      change(&options)
      return options
    }
  }

  /// Runs the body in a new world and ends everything in it afterwards. A few worlds exist at a time.
  package static func with(_ options: Options = Options(), _ body: (WorkerWorld) async throws -> Void) async throws {
    try await turnstile.pass {
      let world = try await WorkerWorld(options)
      do {
        try await body(world)
      } catch {
        await world.end()
        throw error
      }
      await world.end()
    }
  }

  private init(_ options: Options) async throws {
    databaseURL = try await WorkerWorld.database(options.server)
    workerURL = options.server == nil ? SyncDatabase.ownerURL(databaseURL) : databaseURL
    yaml = options.yaml
    kafka = try options.kafka ?? WorkerWorld.shared.with { try WorkerWorld.broker(&$0) }
    topics = Topics(prefix: "t\(UUIDText.random().prefix(8)).")
    group = topics.prefix + "syncline"
    for topic in [
      topics.readSync, topics.readSync + ".dlq", topics.kpiRefresh, topics.kpiRefresh + ".dlq", topics.jobEvents,
      topics.draftCommit, topics.draftCommit + ".dlq", topics.writeBack, topics.writeBack + ".dlq",
      topics.schemaChange, topics.schemaChange + ".dlq",
    ] { try kafka.createTopic(topic, partitions: 4) }
    pems = try SimulatedPEMS()
    pems.seed(organization: "RIO", records: options.records)
    var definition = SourceDefinition(name: "sim", kind: .pemsGrid)
    definition.url = pems.url
    definition.grid = "PFA"
    definition.tenant = topics.prefix
    definition.rateLimit = 10_000
    definition.pageSize = options.pageSize
    options.source(&definition)
    self.definition = definition
    producer = try KafkaProducer(settings: kafka.settings, log: Log(level: .error))
    connection = WorldConnection(databaseURL)
    let organizations = options.organizations
    try await connection.run { session in
      for id in organizations {
        try session.query("INSERT INTO organization (id) VALUES ($1) ON CONFLICT DO NOTHING", [.text(id)])
      }
    }
  }

  private static func broker(_ shared: inout EmbeddedKafka?) throws -> EmbeddedKafka {
    if let shared { return shared }
    let new = try EmbeddedKafka()
    shared = new
    return new
  }

  private static func database(_ server: EmbeddedPostgres?) async throws -> String {
    guard let server else { return try await SyncDatabase.fresh().url }
    let name = "world_\(UUIDText.random().prefix(8))"
    try await server.createDatabase(name)
    let url = server.url(database: name)
    let connection = try await PGConnection.open(PGOptions(url: url), name: "migrate")
    _ = try await connection.run { try Migrator.up($0) }
    await connection.close()
    return url
  }

  private func end() async {
    // A stopped process hears nothing else.
    for process in processes.with({ $0 }) {
      await process.kill()
      if getenv("SYNCLINE_TEST_LOG") != nil { print(process.log) }
    }
    for worker in workers.with({ $0 }) { await worker.stop() }
    if let path = directory.with({ $0 }) {
      for name in ["/sim.yaml", "/jobs.yaml"] { unlink(path + name) }
      rmdir(path)
    }
    await producer.close()
    await connection.close()
    await pems.stop()
  }

  // MARK: Workers

  /// What a worker of this world needs; quiet below errors.
  package func configuration() -> WorkerConfiguration {
    var configuration = WorkerConfiguration(
      postgres: PGOptions(url: workerURL, applicationName: "worker"), kafka: kafka.settings, topics: topics,
      group: group,
      catalog: SourceCatalog(sources: [definition.name: definition]))
    configuration.log = Log(level: getenv("SYNCLINE_TEST_LOG") == nil ? .error : .debug)
    configuration.verifyInterval = nil
    configuration.log.descriptor = getenv("SYNCLINE_TEST_LOG") == nil ? -1 : 2
    return configuration
  }

  /// Starts a worker inside this process.
  @discardableResult
  package func startWorker(_ change: (inout WorkerConfiguration) -> Void = { _ in }) throws -> RunningWorker {
    var configuration = configuration()
    change(&configuration)
    let worker = try RunningWorker(configuration)
    workers.with { $0.append(worker) }
    return worker
  }

  /// Starts the program as an operator would, in a process of its own, with further variables.
  package func spawnWorker(_ variables: [String] = [], _ arguments: [String] = []) throws -> WorkerProcess {
    try spawn("worker", variables, arguments)
  }

  /// The same for a scheduler of these jobs, `jobs:` of a file as it is.
  package func spawnScheduler(jobs: String, _ variables: [String] = []) throws -> WorkerProcess {
    try write(jobs, to: try jobsDirectory() + "/jobs.yaml")
    return try spawn("scheduler", variables)
  }

  private func spawn(
    _ command: String, _ variables: [String] = [], _ arguments: [String] = []
  ) throws -> WorkerProcess {
    // Of a variable given twice the first counts.
    let process = try WorkerProcess(command, arguments, environment: variables + environment())
    processes.with { $0.append(process) }
    return process
  }

  /// What leads the program here.
  func environment() throws -> [String] {
    [
      "DATABASE_URL=\(workerURL)", "KAFKA_BOOTSTRAP_SERVERS=\(kafka.bootstrapServers)", "SYNCLINE_EMBEDDED_KAFKA=1",
      "SYNCLINE_TOPIC_PREFIX=\(topics.prefix)", "SYNCLINE_GROUP=\(group)", "SYNCLINE_HTTP_PORT=0",
      "SYNCLINE_JOBS_DIR=\(try jobsDirectory())", "SYNCLINE_LOG_FORMAT=text", "SWIFT_BACKTRACE=enable=no",
      "PATH=/usr/bin:/bin", "USER=operator",
    ]
  }

  private func jobsDirectory() throws -> String {
    try directory.with { directory in
      if let directory { return directory }
      var template = Array("/tmp/syncline-jobs-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw SystemFailure("no temporary directory") }
      let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let text = """
        sources:
          - name: sim
            kind: pems-grid
            url: \(definition.url)
            grid: \(definition.grid)
            tenant: \(definition.tenant)
            pageSize: \(definition.pageSize)
            rateLimit: \(min(1_000, definition.rateLimit))

        """
      try write(text + yaml, to: path + "/sim.yaml")
      directory = path
      return path
    }
  }

  private func write(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw SystemFailure("cannot write \(path)") }
    writeAll(file, Array(text.utf8))
    Glibc.close(file)
  }
}
