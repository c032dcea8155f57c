import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// What the demo plays on: services, workers, and the operator's commands, which run in this process exactly as they
/// are shown.
final class DemoStage: Sendable {
  let services: EmbeddedServices
  let workers: DemoWorkers
  /// What leads commands and workers to the services.
  let variables: [(name: String, value: String)]
  let records: Int
  /// It stays when the story is told.
  let isKept: Bool
  private let environment: [String: String]
  private let output: Output

  /// Starts everything; throws when that fails, and leaves nothing then.
  static func set(_ invocation: Invocation, records: Int) async throws -> DemoStage {
    let given = invocation.environment
    // On services of our own nothing of the caller's configuration applies; on theirs all of it does.
    let isForeign = ["DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"].contains { given[$0]?.isEmpty == false }
    let inherited = isForeign ? given : given.filter { ["PATH", "USER", "TZ"].contains($0.key) }
    let settings = try Settings.load(environment: inherited)
    // The demo is for people: tables, unless something else was asked for.
    let format = invocation.values.options["output"]?.last.flatMap(OutputFormat.init)
    let output = invocation.output.with(format: format ?? .table)
    output.message("starting Postgres, Kafka and a simulated PEMS with \(grouped(Int64(records))) records")
    let services = try await EmbeddedServices.start(
      environment: inherited, directory: nil, topics: settings.topics, group: settings.group,
      organizations: [DemoStory.organization, DemoStory.neighbour], records: records)
    services.pems.seed(organization: DemoStory.neighbour, records: DemoStory.neighbourRecords, seed: 2)
    do {
      let directory = try DemoDirectory(inside: services.directory)
      let variables = services.variables + [("SYNCLINE_JOBS_DIR", directory.jobs)]
      let environment = inherited.merging(variables.map { ($0.name, $0.value) }) { _, ours in ours }
      let stage = DemoStage(
        services: services, workers: DemoWorkers(environment: environment, directory: directory), variables: variables,
        records: records, isKept: invocation.flag("keep"), environment: environment, output: output)
      do {
        try await stage.refuseKnownOrganizations()
        try await stage.workers.start(2, stage)
      } catch {
        await stage.clear()
        throw error
      }
      return stage
    } catch {
      await services.stop()
      throw error
    }
  }

  private init(
    services: EmbeddedServices, workers: DemoWorkers, variables: [(name: String, value: String)], records: Int,
    isKept: Bool, environment: [String: String], output: Output
  ) {
    self.services = services
    self.workers = workers
    self.variables = variables
    self.records = records
    self.isKept = isKept
    self.environment = environment
    self.output = output
  }

  /// Stops and removes everything, also when the command was interrupted.
  func clear() async {
    await Task { [self] in
      await workers.stop()
      await services.stop()
    }.value
  }

  // MARK: What is shown

  func say(_ text: String) { output.interject(text) }

  /// Shows a command and runs it. Throws when its exit code is another than 0. `head`: only so many lines of a table.
  func run(_ line: String, head: Int? = nil) async throws {
    guard let head, output.format == .table else {
      say("$ syncline \(line)")
      try await expectSuccess(line, to: output)
      return
    }
    say("$ syncline \(line) -o table | head -n \(head)")
    let text = Locked("")
    try await expectSuccess(
      line,
      to: Output(format: .table, data: TextSink { more in text.with { $0 += more } }, messages: TextSink { _ in }))
    let lines = text.with { $0 }.split(separator: "\n", omittingEmptySubsequences: false)
    try output.text(lines.prefix(head).map { $0 + "\n" }.joined())
  }

  /// Shows a command that is to end with another exit code, and its error.
  func run(_ line: String, ends expected: ExitCode) async throws {
    say("$ syncline \(line)")
    do {
      try await expectSuccess(line, to: output)
    } catch let error as CommandError where error.exit == expected {
      return say("error: \(error.code): \(error.message)")
    }
    throw CommandError(
      .failure, "DEMO_FAILED", "'syncline \(line)' should have ended with exit code \(expected.rawValue)")
  }

  /// What a command tells programs, without showing it.
  func facts(_ line: String) async throws -> JSONValue {
    let text = Locked("")
    let quiet = Output(
      format: .json, data: TextSink { more in text.with { $0 += more } }, messages: TextSink { _ in })
    try await expectSuccess(line, to: quiet)
    return try JSONValue(parsing: Array(text.with { $0 }.utf8))
  }

  /// A check of the story: a line when it holds, the end of the demo when not.
  func check(_ holds: Bool, _ claim: String) throws {
    guard holds else {
      throw CommandError(
        .failure, "DEMO_FAILED", "this should hold and does not: \(claim)",
        hint:
          "'syncline demo --keep' leaves everything running when it succeeds; the workers' last words: \(workers.lastWords)"
      )
    }
    say("ok: \(claim)")
  }

  // MARK: What is asked of the database directly

  /// The newest job of the organization; nil: none yet.
  func newestJob() async throws -> (id: String, owner: String?, progress: JobStatus)? {
    try await reading { session in
      let jobs = try JobReports.list(session, organization: DemoStory.organization, state: nil, kind: nil, limit: 1)
      guard let row = jobs.first else { return nil }
      let id = try row.string("id")
      guard let progress = try JobStore.status(session, id) else { return nil }
      return (id, try row.text("lease_owner"), progress)
    }
  }

  /// Who consumes what.
  func positions() async throws -> [OffsetStore.Position] {
    let group = try settings.group
    return try await reading { try OffsetStore.positions($0, group: group) }
  }

  /// Puts bytes on the topic of read syncs.
  func send(_ bytes: [UInt8]) async throws {
    let settings = try settings
    let producer = try KafkaProducer(
      settings: try KafkaConnection.settings(settings, environment: environment), log: Log(level: .error))
    do {
      _ = try await producer.send(topic: settings.topics.readSync, key: nil, value: bytes)
    } catch {
      await producer.close()
      throw error
    }
    await producer.close()
  }

  var settings: Settings { get throws { try Settings.load(environment: environment) } }

  // MARK: Private

  private func reading<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    try await Database.connected(try settings) { connection in
      try await connection.run { session in try session.reading { try body(session) } }
    }
  }

  private func expectSuccess(_ line: String, to output: Output) async throws {
    let words = DemoStage.words(line)
    guard case .run(let command, let values) = try ArgumentParser.parse(words, Commands.table) else { return }
    let invocation = Invocation(
      command: command, values: values, output: output, environment: environment, table: Commands.table)
    let exit = try await command.run(invocation)
    guard exit == .ok else {
      throw CommandError(
        .failure, "DEMO_FAILED", "'syncline \(line)' ended with exit code \(exit.rawValue), \(exit.meaning)")
    }
  }

  /// The words of a line; what stands between single quotes is one.
  private static func words(_ line: String) -> [String] {
    line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }

  /// The counts of the story are those of organizations that begin empty.
  private func refuseKnownOrganizations() async throws {
    for organization in [DemoStory.organization, DemoStory.neighbour] {
      guard case .array(let runs) = try await facts("log list --organization \(organization) --limit 1"), !runs.isEmpty
      else { continue }
      throw CommandError(
        .conflict, "NOT_EMPTY", "organization \(organization) of this database was synced before",
        hint: "unset DATABASE_URL, so that the demo makes a database of its own")
    }
  }
}
