import Runtime

/// Why a command failed: shown as one line, or with `-o json` as an object.
package struct CommandError: Error, Sendable, Equatable, CustomStringConvertible {
  package let exit: ExitCode
  /// Upper case with underscores; stable, for scripts.
  package let code: String
  /// What failed and why. No secrets.
  package let message: String
  /// What to do; nil when there is nothing to suggest.
  package let hint: String?

  package init(_ exit: ExitCode, _ code: String, _ message: String, hint: String? = nil) {
    self.exit = exit
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// `error: CODE: what failed, why; do: hint`
  package var description: String {
    "error: \(printable(code)): \(printable(message))" + (hint.map { "; do: \(printable($0))" } ?? "")
  }

  /// `{"code": …, "message": …, "hint": …}`; hint is null when there is none.
  package var json: String { "{\(members)}" }

  /// One error's object; of several one that sums them up, with the member `faults`.
  package static func json(of errors: [CommandError]) -> String {
    guard errors.count != 1, let first = errors.first else { return errors.first?.json ?? "{}" }
    let message = "\(errors.count) faults: " + errors.map(\.message).joined(separator: "; ")
    let sum = CommandError(first.exit, "CONFIGURATION", message, hint: "see faults")
    return "{\(sum.members), \"faults\": [\(errors.map(\.json).joined(separator: ", "))]}"
  }

  private var members: String {
    let hint = hint.map(printableJSONString) ?? "null"
    return "\"code\": \(printableJSONString(code)), \"message\": \(printableJSONString(message)), \"hint\": \(hint)"
  }
}

/// Makes a command error of some other error; nil when it is not its kind. The layers above add theirs for Postgres and
/// Kafka.
package typealias ErrorRule = @Sendable (any Error) -> [CommandError]?

extension CommandError {
  /// All errors to show for one that a command threw: more than one only for a configuration with several faults.
  package static func explain(_ error: any Error, rules: [ErrorRule] = []) -> [CommandError] {
    for rule in rules {
      if let errors = rule(error), !errors.isEmpty { return errors }
    }
    switch error {
    case let error as CommandError: return [error]
    case let error as SettingsErrors:
      return error.faults.map { CommandError(.usage, $0.code.rawValue, $0.cause, hint: $0.remedy) }
    case is CancellationError: return [CommandError(.interrupted, "INTERRUPTED", "stopped before it was done")]
    case let error as TimedOut: return [CommandError(.timedOut, "TIMED_OUT", error.description)]
    case let error as ServiceFailure:
      return explain(error.underlying, rules: rules).map {
        CommandError($0.exit, $0.code, "\(error.service): \($0.message)", hint: $0.hint)
      }
    case let error as FileError:
      return [CommandError(.failure, "FILE_UNREADABLE", error.description, hint: "check the path and who may read it")]
    default: return [CommandError(.failure, "FAILED", String(describing: error))]
    }
  }
}
