import Runtime

/// The options every command accepts.
enum GlobalOptions {
  static let output = Option.choice(
    "output", OutputFormat.allCases.map(\.rawValue), "how data is written (default: table on a terminal, else json)",
    short: "o")
  static let help = Option.flag("help", "show this help", short: "h")
  static let yes = Option.flag("yes", "do not ask", short: "y")
  static let reason = Option.text("reason", "TEXT", "why, for the audit trail")

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

  /// What commands that change something have in their help.
  static let changing = [yes, reason]
  static let all: [Option] = [output] + settings + changing + [help]
}
