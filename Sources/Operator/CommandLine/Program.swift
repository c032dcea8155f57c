import Runtime

/// The program: finds the command, runs it, turns what happened into an exit code.
package struct Program: Sendable {
  package let table: CommandTable
  /// How errors of the layers below become command errors; the first rule that knows an error wins.
  package let errorRules: [ErrorRule]

  package init(_ table: CommandTable, errorRules: [ErrorRule] = []) {
    self.table = table
    self.errorRules = errorRules
  }

  /// Runs one command line of this process. `line` has no program name.
  package func main(_ line: [String]) async -> ExitCode {
    reserveStandardDescriptors()
    Signals.ignoreBrokenPipes()
    let environment = Environment.current()
    let output = Output(
      format: ArgumentParser.requestedFormat(line), data: .descriptor(1), messages: .descriptor(2),
      terminal: .of(1, environment: environment), errorTerminal: .of(2, environment: environment))
    let canAsk = output.errorTerminal.isTerminal && Terminal.of(0, environment: environment).isTerminal
    return await run(
      line, output: output, environment: environment, ask: canAsk ? Prompt.ask : nil, stops: { Signals.stops() })
  }

  /// The same with everything from outside given; for tests.
  package func run(
    _ line: [String], output: Output, environment: [String: String] = [:], ask: Prompt.Ask? = nil,
    stops: (@Sendable () -> AsyncStream<StopSignal>)? = nil
  ) async -> ExitCode {
    var isChanging = false
    do {
      switch try ArgumentParser.parse(line, table) {
      case .help(let topic):
        try output.text(HelpText(table: table).about(topic))
        return .ok
      case .run(let command, let values):
        isChanging = command.change != nil
        let invocation = Invocation(
          command: command, values: values, output: output, environment: environment, table: table, ask: ask)
        return try await Interruption.run(invocation, command.handlesSignals ? nil : stops)
      }
    } catch is BrokenPipe {
      // Nobody wants the rest. What a change did or did not do is unknown then, so it is not "ok".
      return isChanging ? .failure : .ok
    } catch {
      let errors = CommandError.explain(error, rules: errorRules)
      output.errors(errors)
      return errors.first?.exit ?? .failure
    }
  }
}
