import Postgres
import SQLCatalog
import SyncDomain

/// Jobs for people to read: rows have the columns of `sync_job` without the fencing token. Bind the session with
/// `reading` first.
package enum JobReports {
  /// The newest first; nil means any.
  package static func list(
    _ session: PGSession, organization: String?, state: String?, kind: String?, limit: Int64
  ) throws -> PGResult {
    let values: [PGValue] = [PGValue(organization), PGValue(state), PGValue(kind), .int4(Int32(clamping: limit))]
    return try session.query(Queries.listJobs, values)
  }

  /// The row of a job; nil: there is none. The id is a UUID.
  package static func job(_ session: PGSession, _ id: String) throws -> PGRow? {
    try session.query(Queries.showJob, [.uuid(id)]).first
  }

  /// What happened to a job, in order: version, created_at, event, actor, reason, data.
  package static func history(_ session: PGSession, organization: String, _ id: String) throws -> PGResult {
    try session.query(Queries.jobHistory, [.text(organization), .uuid(id)])
  }

  /// One member of a job's document.
  package struct Member: Sendable {
    package let name: String
    /// Its JSON text.
    package let json: String
    /// A string's own text, without quotes; nil for null.
    package let text: String?
    package let isText: Bool
  }

  /// The job as its events carry it, with its history, its run and the first of its issues, in order; empty: there is
  /// none. The id is a UUID.
  package static func document(_ session: PGSession, _ id: String, issues: Int64) throws -> [Member] {
    try session.query(Queries.showJobDocument, [.uuid(id), .int4(Int32(clamping: issues))]).rows.map { row in
      Member(
        name: try row.string("key"), json: try row.string("value"), text: try row.text("text"),
        isText: try row.string("kind") == "string")
    }
  }

  /// A job with what it may be waiting for; nil: there is none.
  package static func circumstances(_ session: PGSession, _ id: String) throws -> JobCircumstances? {
    guard let row = try session.query(Queries.jobCircumstances, [.uuid(id)]).first else { return nil }
    var circumstances = try JobCircumstances(row)
    circumstances.crew = try CrewStore.crew(session)
    return circumstances
  }
}
