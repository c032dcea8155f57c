import Runtime
import SyncStore

/// One run of a command: its values, where its output goes, its settings.
package struct Invocation: Sendable {
  package let command: Command
  package let values: ParsedValues
  package let output: Output
  package let environment: [String: String]
  /// The table the command is in; help and completion are made of it.
  package let table: CommandTable
  /// nil when nobody can be asked.
  let ask: Prompt.Ask?

  package init(
    command: Command, values: ParsedValues, output: Output, environment: [String: String], table: CommandTable,
    ask: Prompt.Ask? = nil
  ) {
    self.command = command
    self.values = values
    self.output = output
    self.environment = environment
    self.table = table
    self.ask = ask
  }

  // MARK: Values

  /// The value of an argument that must be there (`count: .one`).
  package func argument(_ name: String) throws(CommandError) -> String {
    guard let value = values.arguments[name]?.first else {
      throw CommandError(.usage, "MISSING_ARGUMENT", "\(name) is missing", hint: helpHint)
    }
    return value
  }

  /// nil when it was left out.
  package func optionalArgument(_ name: String) -> String? { values.arguments[name]?.first }

  /// All values of a repeated argument; empty when there are none.
  package func arguments(_ name: String) -> [String] { values.arguments[name] ?? [] }

  package func flag(_ name: String) -> Bool { values.options[name] != nil }

  /// The value given last, else the declared default, else nil.
  package func option(_ name: String) -> String? {
    values.options[name]?.last ?? command.options.first { $0.name == name }?.fallback
  }

  /// The value of a required option.
  package func required(_ name: String) throws(CommandError) -> String {
    guard let value = option(name) else {
      throw CommandError(.usage, "MISSING_OPTION", "--\(name) is required", hint: helpHint)
    }
    return value
  }

  /// All values of a repeated option; empty when there are none.
  package func options(_ name: String) -> [String] { values.options[name] ?? [] }

  /// The number of an integer option; nil when it was not given and has no default.
  package func integer(_ name: String) -> Int64? { option(name).flatMap { Int64($0) } }

  /// `--reason`; nil when not given.
  package var reason: String? { option("reason") }

  /// Who runs the command, for histories: `--user` where the command has it, else the setting `SYNCLINE_ACTOR`, else
  /// the login.
  package var actor: String {
    if command.options.contains(where: { $0.name == "user" }), let user = option("user") { return user }
    // Whatever else is wrong with the settings.
    let settings = try? Settings.load(environment: environment, flags: values.options.compactMapValues(\.last))
    if let actor = settings?.actor { return actor }
    return ["USER", "LOGNAME"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? loginName() ?? "operator"
  }

  /// Who decides what this command changes, and why.
  package var decision: Decision { Decision(actor: actor, reason: reason) }

  // MARK: Rules shared by commands

  /// Bulk verbs work on what a filter selects, or on everything when `--all` says so; otherwise this throws.
  package func requireFilter(_ names: [String]) throws(CommandError) {
    guard !flag("all"), !names.contains(where: { !(options($0).isEmpty && arguments($0).isEmpty) }) else { return }
    let filters = names.map { $0 == $0.uppercased() ? $0 : "--\($0)" }.joined(separator: ", ")
    throw CommandError(
      .usage, "FILTER_REQUIRED", "'\(command.name)' needs to know which ones", hint: "give \(filters), or --all")
  }

  /// Asks before something is changed, as the command's ``Change`` says. `--yes` answers. Without a terminal nobody is
  /// asked: what destroys throws, the rest goes ahead.
  package func confirm(_ question: String) async throws(CommandError) {
    guard !flag("yes"), let change = command.change, change.asksOnTerminal else { return }
    guard let ask else {
      guard change.needsYesWithoutTerminal else { return }
      throw CommandError(.usage, "CONFIRMATION_REQUIRED", "\(question)?", hint: "pass --yes")
    }
    // An interrupt ends the wait for an answer; it is none.
    let given = await ask("\(printable(question))? [y/N] ")
    if Task.isCancelled { throw CommandError(.interrupted, "INTERRUPTED", "nothing was changed") }
    let answer = given?.lowercased() ?? ""
    guard answer == "y" || answer == "yes" else {
      throw CommandError(.failure, "NOT_CONFIRMED", "nothing was changed")
    }
  }

  /// The settings; reads files, so it blocks. Throws every fault at once, also when something the command needs is
  /// missing.
  package func settings() throws(SettingsErrors) -> Settings {
    let flags = values.options.compactMapValues(\.last)
    return try Settings.load(
      environment: environment, flags: flags, needs: command.needs, judges: .libraries,
      isTerminal: output.errorTerminal.isTerminal)
  }

  private var helpHint: String { "see 'syncline \(command.name) --help'" }
}
