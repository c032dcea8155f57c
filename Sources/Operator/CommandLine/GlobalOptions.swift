import Runtime

/// The options every command accepts.
enum GlobalOptions {
  static let output = Option.choice(
    "output", OutputFormat.allCases.map(\.rawValue), "how data is written (default: table on a terminal, else json)",
    short: "o")
  static let help = Option.flag("help", "show this help", short: "h")
  static let yes = Option.flag("yes", "do not ask", short: "y")
  static let reason = Option.text("reason", "TEXT", "why; kept in the history")

  /// The flags of settings, from their definitions.
  static let settings: [Option] =
    [Option.text("config", "FILE", "read settings from KEY=value lines")]
    + SettingDefinition.all.compactMap { definition in
      definition.flag.map { flag in
        definition.choices.isEmpty
          ? Option.text(flag, definition.placeholder, describe(definition))
          : Option.choice(flag, definition.choices, describe(definition))
      }
    }

  /// What a setting is for, and its default.
  static func describe(_ definition: SettingDefinition) -> String {
    definition.help + (definition.fallback.isEmpty ? "" : " (default: \(definition.fallback))")
  }

  /// What the help of a command shows when it changes something; empty when not.
  static func changing(_ command: Command) -> [Option] {
    guard let change = command.change else { return [] }
    let meaning =
      switch change {
      case .adds: "accepted; this never asks"
      case .alters: "do not ask; without a terminal nobody is asked"
      case .destroys: "do not ask; needed without a terminal"
      }
    return [
      .flag(yes.name, meaning, short: yes.short),
      command.keepsReason ? reason : .text(reason.name, "TEXT", "accepted; there is no history to keep it in"),
    ]
  }

  static let all: [Option] = [output] + settings + [yes, reason, help]
}
