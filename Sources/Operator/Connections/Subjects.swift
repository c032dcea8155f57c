import Postgres
import Runtime
import SyncStore

/// What a command line names, looked up; a thing that does not exist is exit code 5.
enum Subjects {
  static func noOrganization(_ id: String) -> CommandError {
    CommandError(
      .notFound, "UNKNOWN_ORGANIZATION", "there is no organization '\(id)'",
      hint: "see 'syncline organizations list', or add it: 'syncline organizations add \(shellQuoted(id))'")
  }

  static func noRecord(_ pfaId: String, _ organization: String) -> CommandError {
    CommandError(
      .notFound, "RECORD_NOT_FOUND", "\(organization) has no record '\(pfaId)'",
      hint: "see 'syncline records list \(shellQuoted(organization))'")
  }

  static func noJob(_ id: String) -> CommandError {
    CommandError(.notFound, "JOB_NOT_FOUND", "there is no job '\(id)'", hint: "see 'syncline jobs list'")
  }

  /// Throws unless the organization exists. In the reading transaction of what comes next.
  static func requireOrganization(_ session: PGSession, _ id: String) throws {
    guard isText(id), try OrganizationStore.find(session, id) != nil else { throw noOrganization(id) }
  }

  /// The job's id as Postgres writes it. What is no UUID is the id of no job.
  static func jobId(_ text: String) throws(CommandError) -> String {
    guard let id = UUIDText.canonical(text) else { throw noJob(text) }
    return id
  }

  /// The row of a job. In a reading transaction.
  static func job(_ session: PGSession, _ id: String) throws -> PGRow {
    guard let row = try JobReports.job(session, id) else { throw noJob(id) }
    return row
  }

  /// PostgreSQL has no text with a NUL in it, so nothing there is called so.
  private static func isText(_ text: String) -> Bool { !text.utf8.contains(0) }
}

extension Option {
  static let organization = Option.text("organization", "ORG", "only of this organization")

  static func limit(_ fallback: Int64) -> Option {
    .integer("limit", "N", "at most this many, the newest", in: 1...100_000, default: fallback)
  }

  static let history = Option.flag("history", "who changed what, when and why")

  static let issues = Option.integer(
    "issues", "N", "at most this many issues, the first", in: 0...100_000, default: 20)
}
