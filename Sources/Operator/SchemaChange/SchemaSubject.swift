import Postgres
import Runtime
import SyncDomain
import SyncStore

/// The change that a command line asks for, checked in itself, and the project it is for.
struct SchemaSubject: Sendable {
  static let arguments = [Argument("PROJECT", "the project's id")]
  static let options: [Option] = [
    .text("change", "JSON", "the change, or a list of changes, as in a message"),
    .text("file", "FILE", "a file with that JSON"),
    .text("organization", "ORG", "the organization; needed for create_project only"),
    .flag("blocking", "keep others from a large table where it has no safe steps"),
  ]

  let changes: [SchemaChange]
  let json: String
  let organization: String
  let project: String
  /// The project's version now; 0 before it is created.
  let version: Int32
  /// Its name; empty before it is created.
  let name: String

  /// Throws exit code 40 for a change that is not valid, 44 when there is no such project.
  static func read(_ invocation: Invocation, _ connection: PGConnection) async throws -> SchemaSubject {
    let text = try text(invocation)
    guard let value = try? JSONValue(parsing: Array(text.utf8)) else {
      throw CommandError(.invalid, "INVALID_CHANGE", "the change is no JSON", hint: "see 'syncline schema plan --help'")
    }
    let changes = try SchemaChange.read(value)
    let project = try invocation.argument("PROJECT")
    let given = invocation.option("organization")
    let found = try await connection.run { session in
      try session.reading {
        if let given { try Subjects.requireOrganization(session, given) }
        return project.utf8.contains(0) ? nil : try SchemaReports.project(session, project)
      }
    }
    if let found, given == nil || given == found.organization {
      return SchemaSubject(
        changes: changes, json: text, organization: found.organization, project: project, version: found.version,
        name: found.name)
    }
    guard changes.createsProject else { throw noProject(project) }
    guard let given else {
      throw CommandError(
        .usage, "MISSING_OPTION", "--organization is required to create a project",
        hint: "name the tenant: --organization ORG, one of 'syncline organizations list'")
    }
    guard found == nil else {
      throw CommandError(.conflict, "VERSION_CONFLICT", "the id '\(project)' is taken", hint: "choose another id")
    }
    return SchemaSubject(
      changes: changes, json: text, organization: given, project: project, version: 0, name: "")
  }

  static func noProject(_ id: String) -> CommandError {
    CommandError(
      .noSuchProject, "PROJECT_NOT_FOUND", "there is no project '\(id)'", hint: "see 'syncline schema status'")
  }

  private static func text(_ invocation: Invocation) throws -> String {
    switch (invocation.option("change"), invocation.option("file")) {
    case (let text?, nil): return text
    case (nil, let path?):
      do {
        return withoutByteOrderMark(try readTextFile(path))
      } catch {
        throw CommandError(.usage, "FILE_UNREADABLE", "--file: \(error)", hint: "check the path and who may read it")
      }
    default:
      throw CommandError(
        .usage, "MISSING_OPTION", "one of --change and --file is required",
        hint: "see the examples of 'syncline \(invocation.command.name) --help'")
    }
  }
}

extension SchemaFault.Code {
  /// How a command ends for it.
  var exit: ExitCode {
    switch self {
    case .invalidChange, .confirmationRequired, .tableTooLarge: .invalid
    case .projectNotFound: .noSuchProject
    case .versionConflict: .conflict
    case .projectLocked: .locked
    case .timeout: .timedOut
    case .deploymentMissing, .deploymentInactive, .targetUnconfigured, .targetUnreachable, .targetDiverged,
      .targetError:
      .targetError
    }
  }
}

extension SchemaFault {
  /// What to do about it.
  var hint: String {
    switch code {
    case .invalidChange: "mend the change; 'syncline schema plan --help' says how to check it first"
    case .confirmationRequired: "pass --confirm as the message has it (in an event: confirm), or leave it"
    case .tableTooLarge: "apply the changes of the list one after the other, or pass --blocking in a quiet hour"
    case .projectNotFound: "see 'syncline schema status'"
    case .versionConflict: "look at 'syncline schema history' and make the change again for the current version"
    case .projectLocked: "try again; 'syncline schema status' shows who holds the lease and until when"
    case .deploymentMissing, .deploymentInactive: "see 'syncline schema target'"
    case .targetUnconfigured: "set the variable that the deployment's target names, for workers and for this command"
    case .targetUnreachable: "check the target database, then apply again"
    case .targetDiverged: "compare the target's __schema_metadata__ with 'syncline schema history'"
    case .targetError: "nothing was changed; mend the cause and apply again"
    case .timeout: "nothing was changed; apply it when the target is less busy, or in smaller changes"
    }
  }

  /// A change's own faults as a command's.
  static let errorRule: ErrorRule = { error in
    guard let fault = error as? SchemaFault else { return nil }
    return [CommandError(fault.code.exit, fault.code.rawValue, fault.message, hint: fault.hint)]
  }
}
