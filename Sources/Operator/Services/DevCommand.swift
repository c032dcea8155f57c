import Postgres
import Runtime

/// `syncline dev`: everything a developer needs, in one process.
enum DevCommand {
  static let command = Command(
    path: ["dev"], summary: "Run embedded Postgres, Kafka and a simulated PEMS for this directory",
    discussion: """
      Prints the environment that leads other commands here, then runs until Ctrl-C. Postgres keeps its data in \
      .syncline of this directory; Kafka and the simulated PEMS begin anew each time. DATABASE_URL and \
      KAFKA_BOOTSTRAP_SERVERS, when set, are used instead of embedded ones, unless they are what an earlier run of \
      this directory printed. One runs in a directory at a time; another one prints the environment of the one that \
      runs, and ends with exit code 23.

      Postgres does not run as root: started by root it runs as user postgres, and where that user can not enter \
      this directory its data is in /var/tmp/syncline-pg-HASH, the same one each time. When it ends by itself, so \
      does this, with exit code 3; the next start goes on with what was committed. Its Kafka and PEMS are new ones at new \
      addresses: read the printed environment again, and restart worker and scheduler with it.
      """,
    options: [
      .text(
        "organization", "ORG", "organization to create and to serve from the simulated PEMS", repeated: true,
        default: "RIO"),
      .integer(
        "records", "N", "records the simulated PEMS serves for each organization, at most 10000000", in: 0...10_000_000,
        default: 20_280),
    ],
    examples: [
      Example("syncline dev > .syncline.env &", "keep it running; other shells use: . ./.syncline.env")
    ], handlesSignals: true
  ) { invocation in
    let settings = try invocation.settings()
    var organizations = invocation.options("organization")
    if organizations.isEmpty { organizations = ["RIO"] }
    for id in organizations {
      if let objection = OrganizationsAddCommand.objection(id: id, name: "") { throw objection }
    }
    // Whoever writes the output to a file that is there already keeps what stands in it.
    let home = try DevHome.enter { try invocation.output.text($0) }
    let (environment, group) = home.foreign(invocation.environment, group: settings.group)
    // Before anything starts: a signal while it does must end in a clean stop too.
    let signals = Signals.stops()
    let services = try await EmbeddedServices.start(
      environment: environment, directory: DevHome.directory + "/postgres", topics: settings.topics, group: group,
      organizations: organizations, records: Int(invocation.integer("records") ?? 0))
    let printed = exports(services.variables)
    home.remember(services.ownVariables, printed: printed)
    try invocation.output.text(printed)
    if let directory = services.directory { invocation.output.message("Postgres keeps its data in \(directory)") }
    invocation.output.message("running; Ctrl-C stops it. Next: set this environment, then `syncline worker`")
    let isStopped = await waitForEnd(signals, services.postgres)
    await services.stop()
    if let postgres = services.postgres, !isStopped {
      throw CommandError(
        .unreachable, "POSTGRES_ENDED",
        "the embedded Postgres has ended by itself; its last words are in \(postgres.logPath)",
        hint: "'syncline dev' goes on with what was committed; then read the environment that it prints again, and "
          + "restart workers and schedulers with it: Kafka and PEMS are new ones"
      )
    }
    return .ok
  }

  /// True when a signal came, false when Postgres ended by itself before.
  private static func waitForEnd(_ signals: AsyncStream<StopSignal>, _ postgres: EmbeddedPostgres?) async -> Bool {
    let (ends, end) = AsyncStream.makeStream(of: Bool.self)
    let listener = Task {
      for await _ in signals { end.yield(true) }
    }
    defer { listener.cancel() }
    if let postgres {
      Task {
        await postgres.ended()
        end.yield(false)
      }
    }
    for await isStopped in ends { return isStopped }
    return true
  }

  /// For a shell to read.
  static func exports(_ variables: [(name: String, value: String)]) -> String {
    variables.map { "export \($0.name)=\(shellQuoted($0.value))\n" }.joined()
  }

  static func shellQuoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
