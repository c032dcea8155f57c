import Runtime

/// `syncline dev`: everything a developer needs, in one process.
enum DevCommand {
  static let command = Command(
    path: ["dev"], summary: "Run embedded Postgres, Kafka and a simulated PEMS for this directory",
    discussion: """
      Prints the environment that leads other commands here, then runs until Ctrl-C. Postgres keeps its data in \
      .syncline of this directory; Kafka and the simulated PEMS begin anew each time. DATABASE_URL and \
      KAFKA_BOOTSTRAP_SERVERS, when set, are used instead of embedded ones, unless they are what an earlier run of \
      this directory printed. One runs in a directory at a time; another one ends with exit code 23.
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
    let home = try DevHome.enter()
    let (environment, group) = home.foreign(invocation.environment, group: settings.group)
    var organizations = invocation.options("organization")
    if organizations.isEmpty { organizations = ["RIO"] }
    // Before anything starts: a signal while it does must end in a clean stop too.
    let signals = Signals.stops()
    let services = try await EmbeddedServices.start(
      environment: environment, directory: DevHome.directory + "/postgres", topics: settings.topics, group: group,
      organizations: organizations, records: Int(invocation.integer("records") ?? 0))
    home.remember(services.ownVariables)
    try invocation.output.text(exports(services.variables))
    invocation.output.message("running; Ctrl-C stops it. Next: set this environment, then `syncline worker`")
    for await _ in signals { break }
    await services.stop()
    return .ok
  }

  /// For a shell to read.
  static func exports(_ variables: [(name: String, value: String)]) -> String {
    variables.map { "export \($0.name)=\(shellQuoted($0.value))\n" }.joined()
  }

  static func shellQuoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
