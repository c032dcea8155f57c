import Postgres
import SQLCatalog

/// The sync log for people to read: rows have the columns of `pfa_sync_log` and `sync_record_issue`. Bind the session
/// with `reading` first.
package enum LogReports {
  /// The newest first; nil means any.
  package static func list(
    _ session: PGSession, organization: String?, status: String?, limit: Int64
  ) throws -> PGResult {
    let values: [PGValue] = [PGValue(organization), PGValue(status), .int4(Int32(clamping: limit))]
    return try session.query(Queries.listLogs, values)
  }

  /// Nil: there is none.
  package static func log(_ session: PGSession, id: Int64) throws -> PGRow? {
    try session.query(Queries.showLog, [.int(id), .null]).first
  }

  /// Nil: the job has none. The id is a UUID.
  package static func log(_ session: PGSession, job: String) throws -> PGRow? {
    try session.query(Queries.showLog, [.null, .uuid(job)]).first
  }

  /// The first issues of the run that a log row is about.
  package static func issues(_ session: PGSession, of log: PGRow, limit: Int64) throws -> PGResult {
    let values: [PGValue] = [
      try log.text("job_id").map { .uuid($0) } ?? .null, .text(try log.string("organization_id")),
      PGValue(try log.text("stream")), .int4(Int32(clamping: limit)),
    ]
    return try session.query(Queries.listIssues, values)
  }
}
