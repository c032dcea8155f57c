import Runtime

/// A command as a value: what it is called, what it accepts, what it does.
///
/// Adding a command is adding one of these to a table; parsing, help, completion and errors follow from it.
package struct Command: Sendable {
  /// One word (`version`) or two (`sync run`).
  package let path: [String]
  /// One line for lists, without a full stop.
  package let summary: String
  /// Paragraphs for `--help`; may be empty.
  package let discussion: String
  /// In the order they are written on the command line.
  package let arguments: [Argument]
  package let options: [Option]
  package let examples: [Example]
  /// Settings this command cannot do without.
  package let needs: Set<Settings.Need>
  /// What it does to what is there; nil: it reads, or serves until it is stopped. Decides about `--yes`, `--reason` and
  /// questions.
  package let change: Change?
  /// There is a history that keeps `--reason`, with the time and the actor: not of topics and migrations.
  package let keepsReason: Bool
  /// It handles SIGINT and SIGTERM by itself (a worker drains). Others are cancelled by the first and ended by the
  /// second.
  package let handlesSignals: Bool
  package let run: @Sendable (Invocation) async throws -> ExitCode

  package init(
    path: [String], summary: String, discussion: String = "", arguments: [Argument] = [], options: [Option] = [],
    examples: [Example] = [], needs: Set<Settings.Need> = [], change: Change? = nil, keepsReason: Bool = true,
    handlesSignals: Bool = false,
    run: @escaping @Sendable (Invocation) async throws -> ExitCode
  ) {
    self.path = path
    self.summary = summary
    self.discussion = discussion
    self.arguments = arguments
    self.options = options
    self.examples = examples
    self.needs = needs
    self.change = change
    self.keepsReason = keepsReason
    self.handlesSignals = handlesSignals
    self.run = run
  }

  /// `sync run`
  package var name: String { path.joined(separator: " ") }
}

/// A positional argument.
package struct Argument: Sendable {
  package enum Count: Sendable { case one, optional, oneOrMore, any }

  /// As shown in help and asked for in `Invocation`, for example `ORG`.
  package let name: String
  package let help: String
  package let count: Count
  /// The only values accepted; empty: any.
  package let choices: [String]

  package init(_ name: String, _ help: String, _ count: Count = .one, choices: [String] = []) {
    self.name = name
    self.help = help
    self.count = count
    self.choices = choices
  }

  /// `ORG`, `[ORG]`, `ORG…`
  var usage: String {
    switch count {
    case .one: name
    case .optional: "[\(name)]"
    case .oneOrMore: "\(name)…"
    case .any: "[\(name)…]"
    }
  }
}

/// An option or a flag.
package struct Option: Sendable {
  package enum Kind: Sendable, Equatable {
    /// Present or not.
    case flag
    case text
    /// A whole number in a range.
    case integer(ClosedRange<Int64>)
    /// One of these.
    case choice([String])
  }

  /// Without dashes: `source` for `--source`.
  package let name: String
  /// `o` for `-o`; nil: none.
  package let short: Character?
  package let kind: Kind
  /// What stands for the value in help.
  package let placeholder: String
  package let help: String
  package let isRequired: Bool
  /// May be given several times; otherwise the last one counts.
  package let isRepeated: Bool
  /// The value when it is not given; nil: none.
  package let fallback: String?

  private init(
    _ name: String, short: Character?, kind: Kind, placeholder: String, help: String, isRequired: Bool,
    isRepeated: Bool,
    fallback: String?
  ) {
    self.name = name
    self.short = short
    self.kind = kind
    self.placeholder = placeholder
    self.help = help
    self.isRequired = isRequired
    self.isRepeated = isRepeated
    self.fallback = fallback
  }

  package static func flag(_ name: String, _ help: String, short: Character? = nil) -> Option {
    Option(
      name, short: short, kind: .flag, placeholder: "", help: help, isRequired: false, isRepeated: false, fallback: nil)
  }

  package static func text(
    _ name: String, _ placeholder: String, _ help: String, short: Character? = nil, required: Bool = false,
    repeated: Bool = false, default fallback: String? = nil
  ) -> Option {
    Option(
      name, short: short, kind: .text, placeholder: placeholder, help: help, isRequired: required, isRepeated: repeated,
      fallback: fallback)
  }

  package static func integer(
    _ name: String, _ placeholder: String, _ help: String, in range: ClosedRange<Int64> = 0...Int64.max,
    required: Bool = false, default fallback: Int64? = nil
  ) -> Option {
    Option(
      name, short: nil, kind: .integer(range), placeholder: placeholder, help: help, isRequired: required,
      isRepeated: false, fallback: fallback.map(String.init))
  }

  package static func choice(
    _ name: String, _ choices: [String], _ help: String, short: Character? = nil, required: Bool = false,
    repeated: Bool = false, default fallback: String? = nil
  ) -> Option {
    Option(
      name, short: short, kind: .choice(choices), placeholder: choices.joined(separator: "|"), help: help,
      isRequired: required, isRepeated: repeated, fallback: fallback)
  }

  var takesValue: Bool { kind != .flag }

  /// Why a value is not acceptable; nil when it is.
  func objection(to value: String) -> String? {
    switch kind {
    case .flag, .text: return nil
    case .integer(let range):
      guard let number = Int64(value) else { return "not a whole number" }
      if range.contains(number) { return nil }
      return range.upperBound == .max
        ? "below \(range.lowerBound)" : "not from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let choices):
      if choices.contains(value) { return nil }
      return nearest(value, in: choices).map { "did you mean \($0)?" }
        ?? "not one of \(choices.joined(separator: ", "))"
    }
  }
}

/// A command line worth copying and what it does.
package struct Example: Sendable {
  package let line: String
  package let meaning: String

  package init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}
