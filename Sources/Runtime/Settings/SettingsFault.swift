/// One thing that is wrong with the configuration.
package struct SettingsFault: Sendable, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// Needed by the command and not given.
    case missing = "SETTING_MISSING"
    /// Given, and not understood.
    case invalid = "SETTING_INVALID"
    /// A name that looks like a mistyped setting.
    case unknown = "SETTING_UNKNOWN"
    /// Given twice in the same place with the same rank.
    case ambiguous = "SETTING_AMBIGUOUS"
    /// A Kafka property whose value would break a guarantee, or that has a setting of its own.
    case reserved = "SETTING_RESERVED"
    /// A file named by `--config` or `…_FILE` cannot be read.
    case unreadable = "SETTING_FILE_UNREADABLE"
    /// A line of the `--config` file is not `KEY=value`.
    case syntax = "CONFIG_SYNTAX"
  }

  package let code: Code
  /// What is wrong, with the setting's name and where it was given; never a secret's value.
  package let cause: String
  /// What to do.
  package let remedy: String

  package init(_ code: Code, _ cause: String, _ remedy: String) {
    self.code = code
    self.cause = cause
    self.remedy = remedy
  }

  package var description: String { "\(code.rawValue): \(cause); do: \(remedy)" }
}

/// Everything that is wrong with the configuration, at once. Never empty.
package struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
  package let faults: [SettingsFault]

  package init(_ faults: [SettingsFault]) { self.faults = faults }

  package var description: String { faults.map(\.description).joined(separator: "\n") }
}
