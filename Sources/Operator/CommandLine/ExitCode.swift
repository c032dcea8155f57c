/// What the process tells its caller; the numbers are part of the contract.
package enum ExitCode: Int32, Sendable, CaseIterable {
  case ok = 0
  case failure = 1
  /// The command line or the configuration is wrong.
  case usage = 2
  /// Postgres or Kafka cannot be reached.
  case unreachable = 3
  /// The command worked and found something that is not right.
  case findings = 4
  case notFound = 5
  case conflict = 9
  case locked = 23
  case invalid = 40
  case noSuchProject = 44
  case targetError = 50
  case timedOut = 124
  case interrupted = 130

  /// For the table in `syncline help`.
  package var meaning: String {
    switch self {
    case .ok: "ok"
    case .failure: "failure"
    case .usage: "usage or configuration"
    case .unreachable: "Postgres or Kafka unreachable"
    case .findings: "findings"
    case .notFound: "not found"
    case .conflict: "conflict"
    case .locked: "locked"
    case .invalid: "validation"
    case .noSuchProject: "no such project"
    case .targetError: "target database error"
    case .timedOut: "timed out"
    case .interrupted: "interrupted"
    }
  }
}
