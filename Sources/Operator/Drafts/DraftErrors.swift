import Postgres
import Runtime
import SyncDomain
import SyncStore

/// How refusals of edits look to whoever runs a command.
enum DraftErrors {
  /// The functions of the contract say `CODE: what`; nil for any other error.
  static let rule: ErrorRule = { explain($0).map { [$0] } }

  /// Runs what one user does in one organization: its refusal names both in what to do about it.
  static func naming<R>(
    user: String, organization: String, _ body: () async throws -> R
  ) async throws -> R {
    do {
      return try await body()
    } catch {
      guard let refusal = explain(error, as: (user, organization)), refusal.code == EditCode.forbidden else {
        throw error
      }
      throw refusal
    }
  }

  /// `subject`: who did what was refused, and in which organization; nil: unknown.
  private static func explain(
    _ error: any Error, as subject: (user: String, organization: String)? = nil
  ) -> CommandError? {
    guard let error = error as? PGError, error.kind == .server, let sqlstate = error.sqlstate,
      let colon = error.message.firstRange(of: ": "), let exit = exits[sqlstate]
    else { return nil }
    let code = String(error.message[..<colon.lowerBound])
    guard code.utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 }) else { return nil }
    let said = String(error.message[colon.upperBound...])
    guard code == EditCode.forbidden else {
      return CommandError(exit, code, reason(code, said), hint: "see 'syncline drafts create --help'")
    }
    let isSuspended = said.contains("suspended")
    let remedy =
      subject.map { forbidden(user: $0.user, organization: $0.organization, isSuspended: isSuspended) }
      ?? (isSuspended ? resume : grant)
    let hint = said.contains("another user") ? "name a session of your own with --session" : remedy
    return CommandError(exit, code, said, hint: hint)
  }

  /// What is wrong with an edit by itself; `findings` is not empty.
  static func refused(_ findings: [EditRules.Finding]) -> CommandError {
    let unknown = findings.map(\.field).filter { EditableField.kinds[$0] == nil }
    let faults = findings.map { finding in
      let reason = unknown.contains(finding.field) ? "no field that users may edit" : reasons[finding.code]
      return "\(finding.field): \(reason ?? finding.code)"
    }
    let fields = EditableField.kinds.keys.sorted()
    let meant = unknown.lazy.compactMap { nearest($0, in: fields) }.first.map { "try \($0); " } ?? ""
    return CommandError(
      .invalid, findings[0].code, faults.joined(separator: "; "),
      hint: unknown.isEmpty
        ? "give another value with --set FIELD=VALUE" : "\(meant)users may edit \(fields.joined(separator: ", "))")
  }

  /// The database names the fields only; a person wants to know what is wrong with them.
  private static func reason(_ code: String, _ said: String) -> String {
    guard let reason = reasons[code], !said.contains(" "), !said.isEmpty else { return said }
    return "\(said): \(reason)"
  }

  private static let reasons = [
    EditCode.invalidValue: "not a value the field can have; dates are YYYY-MM-DD, money has two decimals at most",
    EditCode.invalidDateOrder: "it would end before it begins", EditCode.invalidRange: "it may not be negative",
    EditCode.invalidEnumValue: "not one of the values the field can have, such as Rental and Purchase",
    EditCode.invalidType: "a text where a number or a yes and no belongs, or the other way round",
    EditCode.missingRequiredField: "it may not be empty", EditCode.fieldNotEditable: "only PEMS changes it",
    EditCode.businessRuleViolation: "a record is taken out of the plan here, and brought back by PEMS only",
  ]

  private static let grant = "see 'syncline permissions list'; 'syncline permissions grant USER ORG' lets edit"
  /// For who does not know which organization it is.
  private static let resume =
    "see 'syncline organizations list'; 'syncline organizations suspend ORG --resume' takes it back"

  /// What to do about a user who may not write in an organization.
  static func forbidden(user: String, organization: String, isSuspended: Bool) -> String {
    if isSuspended { return suspended(organization) }
    let (who, tenant) = (shellQuoted(user), shellQuoted(organization))
    return "see 'syncline permissions list --organization \(tenant)'; "
      + "'syncline permissions grant \(who) \(tenant)' lets edit"
  }

  private static func suspended(_ organization: String) -> String {
    let tenant = shellQuoted(organization)
    return "see 'syncline organizations show \(tenant)'; 'syncline organizations suspend \(tenant) --resume' "
      + "takes it back"
  }

  private static let exits: [String: ExitCode] = [
    "42501": .failure, "SY004": .invalid, "22023": .invalid, "P0002": .notFound,
  ]

  static func noConflict(_ id: String) -> CommandError {
    CommandError(
      .notFound, "CONFLICT_NOT_FOUND", "there is no conflict '\(id)'", hint: "see 'syncline conflicts list'")
  }

  /// Why the conflict of this id was not resolved.
  static func explain(
    _ failure: ConflictStore.Failure, _ id: String, organization: String
  ) -> CommandError {
    switch failure {
    case .notFound: noConflict(id)
    case .resolved:
      CommandError(
        .conflict, "CONFLICT_RESOLVED", "somebody has resolved this conflict already",
        hint: "see 'syncline conflicts show \(id)'")
    case .forbidden(let user):
      CommandError(
        .failure, EditCode.forbidden, "user \(user) has no write permission in \(organization)",
        hint: forbidden(user: user, organization: organization, isSuspended: false))
    case .suspended:
      CommandError(
        .failure, EditCode.forbidden, "organization \(organization) is suspended",
        hint: suspended(organization))
    case .changed(let fields):
      CommandError(
        .conflict, EditCode.conflict,
        "others have edited \(fields.joined(separator: ", ")) since the conflict was shown",
        hint: "look again with 'syncline conflicts show \(id)', then decide")
    case .undecided(let fields):
      CommandError(
        .usage, "CHOICE_REQUIRED", "nothing says how \(fields.joined(separator: ", ")) is to be decided",
        hint: "name each with --set FIELD=VALUE, or add --take mine or --take theirs for what --set does not name; "
          + "'syncline conflicts show \(id)' has both sides")
    case .invalid(let findings):
      CommandError(
        .invalid, findings.first?.code ?? EditCode.invalidValue,
        "the record would not be sound: \(findings.map { "\($0.code) \($0.field)" }.joined(separator: ", "))",
        hint: "choose other values with --set FIELD=VALUE")
    }
  }
}
