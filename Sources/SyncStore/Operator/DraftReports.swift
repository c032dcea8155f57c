import Postgres
import SQLCatalog

/// Edits and conflicts for people to read. Bind the session with `reading` first.
package enum DraftReports {
  /// The newest first; nil means any.
  package static func list(
    _ session: PGSession, organization: String?, session id: String?, user: String?, state: String?, limit: Int64
  ) throws -> PGResult {
    try session.query(
      Queries.listDrafts,
      [PGValue(organization), PGValue(id), PGValue(user), PGValue(state), .int4(Int32(clamping: limit))])
  }

  /// The newest first; nil means any. `commit`: a UUID.
  package static func conflicts(
    _ session: PGSession, organization: String?, status: String?, commit: String? = nil, limit: Int64
  ) throws -> PGResult {
    try session.query(
      Queries.listConflicts,
      [PGValue(organization), PGValue(status), commit.map { .uuid($0) } ?? .null, .int4(Int32(clamping: limit))])
  }

  /// Nil: there is none. The id is a UUID.
  package static func conflict(_ session: PGSession, _ id: String) throws -> PGRow? {
    try session.query(Queries.showConflict, [.uuid(id)]).first
  }
}
