import Runtime

/// `syncline demo`: the story of `DemoStory` on embedded services, and nothing left of it afterwards.
enum DemoCommand {
  static let command = Command(
    path: ["demo"], summary: "Show a sync from end to end on embedded services",
    discussion: """
      Starts Postgres, Kafka, a simulated PEMS and two workers, kills one worker half-way through a full sync, and \
      shows and checks what comes of it, with the commands an operator would type. Exit code 0 when everything was \
      as it should be, 1 when not. Nothing is left running or on disk, also after kill -9.

      DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS, when set, are used instead of embedded services; the demo's \
      organizations must be new there.
      """,
    options: [
      .integer(
        "records", "N", "records of RIO in the simulated PEMS, 8000 to 1000000", in: 8_000...1_000_000, default: 20_280),
      .flag("keep", "at the end keep everything running until Ctrl-C, and print the environment that leads there"),
    ],
    examples: [
      Example("syncline demo", "less than a minute"),
      Example("syncline demo --keep", "then copy the environment it prints into another shell"),
    ]
  ) { invocation in
    let stage = try await DemoStage.set(invocation, records: Int(invocation.integer("records") ?? 0))
    do {
      for (number, step) in zip(1..., DemoStory.steps) {
        stage.say("")
        stage.say("== \(number) of \(DemoStory.steps.count): \(step.title)")
        try await step.play(stage)
      }
      stage.say("")
      stage.say("== everything was as it should be")
      if invocation.flag("keep") { try await keep(stage, invocation.output) }
    } catch {
      await stage.clear()
      throw error
    }
    await stage.clear()
    return .ok
  }

  /// Returns when the command is interrupted, which is how this one ends.
  private static func keep(_ stage: DemoStage, _ output: Output) async throws {
    // So that `syncline` is this program there too.
    let directory = try executablePath().split(separator: "/").dropLast().map { "/" + $0 }.joined()
    let path = "export PATH=\(DevCommand.shellQuoted(directory)):\"$PATH\"\n"
    try output.text(DevCommand.exports(stage.variables) + path)
    output.message("running; Ctrl-C stops it and removes everything")
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }
}
