import Runtime
import Testing

@testable import Operator

struct ProgramTests {
  private struct Odd: Error {}

  private func run(
    _ line: [String], _ format: OutputFormat? = nil, environment: [String: String] = [:],
    stops: (@Sendable () -> AsyncStream<StopSignal>)? = nil, ask: Prompt.Ask? = nil, change: Change? = nil,
    rules: [ErrorRule] = [], body: @escaping @Sendable (Invocation) async throws -> ExitCode = { _ in .ok }
  ) async -> (code: ExitCode, data: String, messages: String) {
    let command = Command(
      path: ["do"], summary: "Do it", arguments: [Argument("X", "x", .any)],
      options: [.flag("all", "all"), .text("kind", "K", "kind"), .text("size", "S", "size", default: "9")],
      needs: [.database], change: change, run: body)
    let recorder = Recorder()
    let table = CommandTable([command, VersionCommand.command { [("libpq", "15.7")] }])
    let code = await Program(table, errorRules: rules).run(
      line, output: recorder.output(format), environment: environment, ask: ask, stops: stops)
    return (code, recorder.data, recorder.messages)
  }

  @Test("version answers in every form, whatever the configuration is")
  func version() async {
    let broken = ["SYNCLINE_HTTP_PORT": "x"]
    let table = await run(["version"], .table, environment: broken)
    #expect(table.code == .ok)
    #expect(table.data == "version   0.1.0\nrevision  unknown\nswift     6.3\nlibpq     15.7\n")
    let json = await run(["version"], .ndjson)
    #expect(json.data == #"{"version": "0.1.0", "revision": "unknown", "swift": "6.3", "libpq": "15.7"}"# + "\n")
  }

  @Test("The exit code is the command's")
  func codes() async {
    for code in ExitCode.allCases { #expect(await run(["do"], body: { _ in code }).code == code) }
    #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 9, 23, 40, 44, 50, 124, 130])
  }

  @Test("An error is one line, or with JSON an object; hostile text in it stays text")
  func errors() async {
    let failing: @Sendable (Invocation) async throws -> ExitCode = { _ in
      throw CommandError(.locked, "LOCKED", "held by \u{1B}[31m\nx", hint: "wait")
    }
    let line = await run(["do"], body: failing)
    #expect(line.code == .locked)
    #expect(line.data == "")
    #expect(line.messages == "error: LOCKED: held by \\x1b[31m\\nx; do: wait\n")
    let object = await run(["do"], .json, body: failing)
    #expect(object.messages == #"{"code": "LOCKED", "message": "held by \u001b[31m\nx", "hint": "wait"}"# + "\n")
  }

  @Test("Errors of other layers become command errors by rule, or a plain failure")
  func rules() async {
    let rule: ErrorRule = { $0 is Odd ? [CommandError(.unreachable, "ODD", "odd")] : nil }
    let body: @Sendable (Invocation) async throws -> ExitCode = { _ in throw Odd() }
    let ruled = await run(["do"], rules: [rule], body: body)
    #expect(ruled.code == .unreachable && ruled.messages == "error: ODD: odd\n")
    #expect(await run(["do"], body: body).code == .failure)
    #expect(await run(["do"], body: { _ in throw TimedOut(limit: .seconds(60)) }).code == .timedOut)
    let service = await run(
      ["do"], rules: [rule], body: { _ in throw ServiceFailure(service: "http", underlying: Odd()) })
    #expect(service.messages == "error: ODD: http: odd\n")
  }

  @Test("All configuration faults: a line each, or one object with all of them; exit 2")
  func settings() async {
    let body: @Sendable (Invocation) async throws -> ExitCode = { invocation in
      _ = try invocation.settings()
      return .ok
    }
    let broken = ["SYNCLINE_HTTP_PORT": "x"]
    let lines = await run(["do"], environment: broken, body: body)
    #expect(lines.code == .usage)
    #expect(lines.messages.split(separator: "\n").count == 2)
    #expect(lines.messages.contains("error: SETTING_MISSING: DATABASE_URL is not set; do: "))
    let object = await run(["do"], .json, environment: broken, body: body).messages
    #expect(object.hasPrefix(#"{"code": "CONFIGURATION", "message": "2 faults: "#))
    #expect(object.contains(#""faults": [{"code": "SETTING_INVALID""#))
    let flag = await run(["do", "--database-url", "postgres:///x"], body: body)
    #expect(flag.code == .ok)
  }

  @Test("Values reach the command, with defaults")
  func values() async {
    let result = await run(
      ["do", "a", "b", "--kind", "k"],
      body: { invocation in
        #expect(invocation.arguments("X") == ["a", "b"])
        #expect(invocation.option("kind") == "k")
        #expect(invocation.integer("size") == 9)
        #expect(!invocation.flag("all"))
        let size = try invocation.required("size")
        #expect(size == "9")
        #expect(throws: CommandError.self) { try invocation.argument("Y") }
        return .ok
      })
    #expect(result.code == .ok)
  }

  @Test("Bulk work needs a filter or --all")
  func filters() async {
    let body: @Sendable (Invocation) async throws -> ExitCode = { invocation in
      try invocation.requireFilter(["X", "kind"])
      return .ok
    }
    let refused = await run(["do"], body: body)
    #expect(refused.code == .usage)
    #expect(refused.messages == "error: FILTER_REQUIRED: 'do' needs to know which ones; do: give X, --kind, or --all\n")
    for line in [["do", "--all"], ["do", "x"], ["do", "--kind", "k"]] {
      #expect(await run(line, body: body).code == .ok)
    }
  }

  @Test("A change is confirmed by --yes or by a person; without a terminal nobody is asked")
  func confirmation() async {
    let body: @Sendable (Invocation) async throws -> ExitCode = { invocation in
      try await invocation.confirm("Discard 12 drafts")
      return .ok
    }
    let refused = await run(["do"], change: .destroys, body: body)
    #expect(refused.code == .usage)
    #expect(refused.messages == "error: CONFIRMATION_REQUIRED: Discard 12 drafts?; do: pass --yes\n")
    for change in [Change.alters, .destroys] {
      #expect(await run(["do", "-y"], change: change, body: body).code == .ok)
      let agreed = await run(["do"], ask: { $0 == "Discard 12 drafts? [y/N] " ? "Y" : nil }, change: change, body: body)
      #expect(agreed.code == .ok)
      #expect(await run(["do"], ask: { _ in "n" }, change: change, body: body).code == .failure)
      #expect(await run(["do"], ask: { _ in nil }, change: change, body: body).code == .failure)
    }
    // What can be changed again goes ahead where nobody can be asked, and what only adds asks nobody.
    #expect(await run(["do"], change: .alters, body: body).code == .ok)
    #expect(await run(["do"], ask: { _ in nil }, change: .adds, body: body).code == .ok)
  }

  @Test("A closed pipe ends a reading command quietly, and a changing one not as ok")
  func brokenPipe() async {
    let body: @Sendable (Invocation) async throws -> ExitCode = { _ in throw BrokenPipe() }
    let reading = await run(["do"], body: body)
    #expect(reading.code == .ok && reading.messages == "")
    #expect(await run(["do"], change: .adds, body: body).code == .failure)
  }

  @Test("A first signal cancels the command, a second one does not wait for it")
  func interruption() async {
    let (once, sendOnce) = AsyncStream.makeStream(of: StopSignal.self)
    let cancelled = await run(
      ["do"], stops: { once },
      body: { _ in
        sendOnce.yield(StopSignal(number: 2, ordinal: 1))
        try await Task.sleep(for: .seconds(3600))  // no wait: runs until it is cancelled
        return .ok
      })
    #expect(cancelled.code == .interrupted)
    #expect(cancelled.messages == "error: INTERRUPTED: stopped before it was done\n")

    let release = Locked(false)
    let (twice, sendTwice) = AsyncStream.makeStream(of: StopSignal.self)
    let stubborn = await run(
      ["do"], stops: { twice },
      body: { _ in
        for ordinal in 1...2 { sendTwice.yield(StopSignal(number: 2, ordinal: ordinal)) }
        while !release.with({ $0 }) { await Task.yield() }
        return .ok
      })
    release.with { $0 = true }
    #expect(stubborn.code == .interrupted)
  }

  @Test("A command that finished in spite of a signal keeps its exit code")
  func finished() async {
    let (stops, send) = AsyncStream.makeStream(of: StopSignal.self)
    let result = await run(
      ["do"], stops: { stops },
      body: { _ in
        send.yield(StopSignal(number: 15, ordinal: 1))
        while !Task.isCancelled { await Task.yield() }
        return .findings
      })
    #expect(result.code == .findings)
  }

  @Test("A full disk is an error, a closed pipe is its own")
  func sinks() {
    let sink = TextSink { _ in throw CommandError(.failure, "OUTPUT_FAILED", "full") }
    #expect(throws: CommandError.self) {
      try Output(format: .json, data: sink, messages: sink).show([Column("a")], [.null])
    }
  }
}
