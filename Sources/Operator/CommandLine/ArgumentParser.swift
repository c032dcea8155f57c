import Runtime

/// Reads a command line against the table of commands. Pure; what it does not understand it throws as a `CommandError`
/// with exit code 2.
///
/// Global options may stand anywhere, a command's own behind its words. `--name value` and `--name=value` are the same,
/// `-o json` and `-ojson` too; behind `--` everything is an argument.
struct ArgumentParser {
  private let table: CommandTable
  private var rest: ArraySlice<String>
  private var words: [String] = []
  private var command: Command?
  private var positionals: [String] = []
  private var values = ParsedValues()
  private var isLiteral = false

  private init(_ table: CommandTable, _ line: [String]) {
    self.table = table
    rest = line[...]
  }

  /// The command line without the program's name.
  static func parse(_ line: [String], _ table: CommandTable) throws(CommandError) -> ParsedLine {
    var parser = ArgumentParser(table, line)
    return try parser.parse()
  }

  /// The output format a line asks for, as far as that can be told from one that may be wrong; for showing the error.
  static func requestedFormat(_ line: [String]) -> OutputFormat? {
    var found: OutputFormat?
    for (index, word) in line.enumerated() {
      if word == "--" { break }
      if word == "-o" || word == "--output" {
        if index + 1 < line.count { found = OutputFormat(rawValue: line[index + 1]) ?? found }
      } else if let value = ["--output=", "-o=", "-o"].first(where: word.hasPrefix).map({ word.dropFirst($0.count) }) {
        found = OutputFormat(rawValue: String(value)) ?? found
      }
    }
    return found
  }

  private mutating func parse() throws(CommandError) -> ParsedLine {
    while let word = rest.popFirst() {
      if isLiteral {
        try take(word: word)
      } else if word == "--" {
        isLiteral = true
      } else if word.hasPrefix("--") {
        try take(long: String(word.dropFirst(2)))
      } else if word.hasPrefix("-"), word.count > 1, Double(word) == nil {
        try take(short: word)
      } else {
        try take(word: word)
      }
    }
    return try finish()
  }

  // MARK: Words

  private mutating func take(word: String) throws(CommandError) {
    if let command {
      // The noun may be a command and have verbs too.
      if positionals.isEmpty, !isLiteral, command.path.count == 1, let verb = table.command(words + [word]) {
        words.append(word)
        self.command = verb
      } else {
        positionals.append(word)
      }
      return
    }
    if words.first == "help" { return words.append(word) }
    let known = words.isEmpty ? table.firstWords + ["help"] : table.verbs(of: words[0]).map { $0.path[1] }
    guard known.contains(word) else { throw unknown(word, known) }
    words.append(word)
    command = table.command(words)
  }

  private func unknown(_ word: String, _ known: [String]) -> CommandError {
    let noun = words.first.map { "'\($0)'" }
    let message = noun.map { "\($0) has no verb '\(word)'" } ?? "there is no command '\(word)'"
    let suggestion =
      nearest(word, in: known).map { "try 'syncline \((words + [$0]).joined(separator: " "))', or " } ?? ""
    return CommandError(.usage, "UNKNOWN_COMMAND", message, hint: suggestion + "see 'syncline help\(helpTopic)'")
  }

  private var helpTopic: String { words.isEmpty ? "" : " " + words.joined(separator: " ") }

  // MARK: Options

  private var known: [Option] { (command?.options ?? []) + GlobalOptions.all }

  private mutating func take(long text: String) throws(CommandError) {
    let name = String(text.prefix { $0 != "=" })
    let attached = text.contains("=") ? String(text.dropFirst(name.count + 1)) : nil
    // What every program answers.
    if words.isEmpty, text == "version", let version = table.command(["version"]) {
      words = ["version"]
      command = version
      return
    }
    guard let option = known.first(where: { $0.name == name }) else {
      let suggestion = nearest(name, in: known.map(\.name)).map { "try --\($0), or " } ?? ""
      throw usage("UNKNOWN_OPTION", "unknown option --\(name)", suggestion)
    }
    try take(option, "--\(name)", attached)
  }

  private mutating func take(short word: String) throws(CommandError) {
    let letter = word[word.index(after: word.startIndex)]
    guard let option = known.first(where: { $0.short == letter }) else {
      throw usage("UNKNOWN_OPTION", "unknown option \(word)")
    }
    var attached: String? = String(word.dropFirst(2))
    if attached?.isEmpty == true { attached = nil }
    if option.takesValue, attached?.hasPrefix("=") == true { attached?.removeFirst() }
    try take(option, "-\(letter)", attached)
  }

  private mutating func take(_ option: Option, _ shown: String, _ attached: String?) throws(CommandError) {
    guard option.takesValue else {
      guard attached == nil else { throw usage("INVALID_OPTION", "\(shown) takes no value") }
      values.options[option.name] = [""]
      return
    }
    var value = attached
    if value == nil, let next = rest.first, !next.hasPrefix("--") { value = rest.popFirst() }
    guard let value else { throw usage("MISSING_VALUE", "\(shown) needs a value \(option.placeholder)") }
    if let objection = option.objection(to: value) {
      throw usage("INVALID_OPTION", "\(shown) is '\(value)': \(objection)")
    }
    if option.isRepeated {
      values.options[option.name, default: []].append(value)
    } else {
      values.options[option.name] = [value]
    }
  }

  // MARK: The end

  private mutating func finish() throws(CommandError) -> ParsedLine {
    if words.first == "help" { return .help(topic: try topic(Array(words.dropFirst()))) }
    if values.options["help"] != nil { return .help(topic: words) }
    guard let command else { return .help(topic: words) }
    try bind(command)
    for option in command.options where option.isRequired && values.options[option.name] == nil {
      throw usage("MISSING_OPTION", "--\(option.name) \(option.placeholder) is required")
    }
    return .run(command, values)
  }

  /// The words behind `help`, checked like a command's.
  private mutating func topic(_ asked: [String]) throws(CommandError) -> [String] {
    words = []
    if asked.first == "help" { return [] }
    for word in asked { try take(word: word) }
    return words
  }

  /// Hands the positional words to the declared arguments.
  private mutating func bind(_ command: Command) throws(CommandError) {
    var words = positionals[...]
    for argument in command.arguments {
      switch argument.count {
      case .one, .optional:
        if let word = words.popFirst() { values.arguments[argument.name] = [word] }
      case .oneOrMore, .any:
        values.arguments[argument.name] = words.isEmpty ? nil : Array(words)
        words = []
      }
      let given = values.arguments[argument.name] ?? []
      if given.isEmpty, argument.count == .one || argument.count == .oneOrMore {
        throw usage("MISSING_ARGUMENT", "\(argument.name) is missing")
      }
      if !argument.choices.isEmpty, let wrong = given.first(where: { !argument.choices.contains($0) }) {
        let choices = argument.choices.joined(separator: ", ")
        throw usage("INVALID_ARGUMENT", "\(argument.name) is '\(wrong)', not one of \(choices)")
      }
    }
    if let extra = words.first { throw usage("UNEXPECTED_ARGUMENT", "unexpected argument '\(extra)'") }
  }

  private func usage(_ code: String, _ message: String, _ suggestion: String = "") -> CommandError {
    let place = command.map { " ('\($0.name)')" } ?? ""
    let help = command.map { "syncline \($0.name) --help" } ?? "syncline help\(helpTopic)"
    return CommandError(.usage, code, message + place, hint: "\(suggestion)see '\(help)'")
  }
}
