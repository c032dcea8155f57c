import Postgres
import SQLCatalog

/// A job that ended with a code and that nothing has made up for.
package struct UnsettledJob: Sendable, Equatable {
  package let id: String
  package let organization: String
  package let kind: String
  /// It succeeded, but a guard kept it from its effect: an empty full read proves nothing about what is gone.
  package let isGuarded: Bool
  package let code: String
  package let message: String
  /// Of a read; nil: it names none.
  package let source: String?
  /// Of a schema change; nil: it names none.
  package let project: String?

  package init(
    id: String, organization: String, kind: String, isGuarded: Bool = false, code: String, message: String = "",
    source: String? = nil, project: String? = nil
  ) {
    self.id = id
    self.organization = organization
    self.kind = kind
    self.isGuarded = isGuarded
    self.code = code
    self.message = message
    self.source = source
    self.project = project
  }
}

/// Bind the session with `reading` first.
package enum UnsettledJobs {
  /// Of the last month, the newest first.
  package static func list(_ session: PGSession, limit: Int) throws -> [UnsettledJob] {
    try session.query(Queries.unsettledJobs, [.int4(Int32(clamping: limit))]).rows.map { row in
      UnsettledJob(
        id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
        isGuarded: try row.string("state") == "succeeded", code: try row.string("error_code"),
        message: try row.text("error_message") ?? "", source: try row.text("source"), project: try row.text("project"))
    }
  }
}
