import Postgres
import SyncDomain
import SyncStore

/// How refusals of edits look to whoever runs a command.
enum DraftErrors {
  /// The functions of the contract say `CODE: what`; nil for any other error.
  static let rule: ErrorRule = { error in
    if let failure = error as? ConflictStore.Failure { return [explain(failure)] }
    guard let error = error as? PGError, error.kind == .server, let sqlstate = error.sqlstate,
      let colon = error.message.firstRange(of: ": "), let exit = exits[sqlstate]
    else { return nil }
    let code = String(error.message[..<colon.lowerBound])
    guard code.utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 }) else { return nil }
    let hint = code == EditCode.forbidden ? grant : "see 'syncline drafts create --help'"
    return [CommandError(exit, code, String(error.message[colon.upperBound...]), hint: hint)]
  }

  private static let grant =
    "see 'syncline permissions list' and 'syncline organizations list'; 'syncline permissions grant USER ORG' lets edit"

  private static let exits: [String: ExitCode] = [
    "42501": .failure, "SY004": .invalid, "22023": .invalid, "P0002": .notFound,
  ]

  static func noConflict(_ id: String) -> CommandError {
    CommandError(
      .notFound, "CONFLICT_NOT_FOUND", "there is no conflict '\(id)'", hint: "see 'syncline conflicts list'")
  }

  private static func explain(_ failure: ConflictStore.Failure) -> CommandError {
    switch failure {
    case .notFound: noConflict("")
    case .resolved:
      CommandError(
        .conflict, "CONFLICT_RESOLVED", "somebody has resolved this conflict already", hint: "syncline conflicts show")
    case .forbidden:
      CommandError(
        .failure, EditCode.forbidden, "the user has no write permission", hint: grant)
    case .changed(let fields):
      CommandError(
        .conflict, EditCode.conflict,
        "others have edited \(fields.joined(separator: ", ")) since the conflict was shown",
        hint: "look again with 'syncline conflicts show', then decide")
    case .invalid(let findings):
      CommandError(
        .invalid, findings.first?.code ?? EditCode.invalidValue,
        "the record would not be sound: \(findings.map { "\($0.code) \($0.field)" }.joined(separator: ", "))",
        hint: "choose other values with --set FIELD=VALUE")
    }
  }
}
