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
  /// Of a commit; nil: it names none.
  package let session: Session?
  /// Its organization is active.
  package let isActive: Bool

  /// Whose drafts a commit was to bring into effect.
  package struct Session: Sendable, Equatable {
    package let id: String
    package let user: String

    package init(id: String, user: String) {
      self.id = id
      self.user = user
    }
  }

  package init(
    id: String, organization: String, kind: String, isGuarded: Bool = false, code: String, message: String = "",
    source: String? = nil, project: String? = nil, session: Session? = nil, isActive: Bool = true
  ) {
    self.id = id
    self.organization = organization
    self.kind = kind
    self.isGuarded = isGuarded
    self.code = code
    self.message = message
    self.source = source
    self.project = project
    self.session = session
    self.isActive = isActive
  }
}

/// Bind the session with `reading` first.
package enum UnsettledJobs {
  /// Of the last month, the newest first.
  package static func list(_ session: PGSession, limit: Int) throws -> [UnsettledJob] {
    try session.query(Queries.unsettledJobs, [.int4(Int32(clamping: limit))]).rows.map { row in
      let user = try row.text("editor")
      return UnsettledJob(
        id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
        isGuarded: try row.string("state") == "succeeded", code: try row.string("error_code"),
        message: try row.text("error_message") ?? "", source: try row.text("source"), project: try row.text("project"),
        session: try row.text("session").flatMap { id in user.map { UnsettledJob.Session(id: id, user: $0) } },
        isActive: try row.bool("is_active") == true)
    }
  }
}
