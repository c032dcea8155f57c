import Postgres
import SQLCatalog
import SyncDomain

/// How far a job is.
package struct JobProgress: Sendable, Equatable {
  package let organization: String
  package let kind: String
  package let state: JobState
  /// Records applied.
  package let applied: Int64
  /// Records there are; nil while nobody knows.
  package let total: Int64?
  package let errorCode: String?
  package let errorMessage: String?
}

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

  /// Nil: there is no such job.
  package static func progress(_ session: PGSession, _ id: String) throws -> JobProgress? {
    guard let row = try session.query(Queries.watchJob, [.uuid(id)]).first else { return nil }
    let state = try row.string("state")
    guard let known = JobState(rawValue: state) else {
      throw PGError(.conversion, "column state is not one of a job's states")
    }
    return JobProgress(
      organization: try row.string("organization_id"), kind: try row.string("kind"), state: known,
      applied: try row.integer("applied"), total: try row.int("total"), errorCode: try row.text("error_code"),
      errorMessage: try row.text("error_message"))
  }

  /// A job with what it may be waiting for; nil: there is none.
  package static func circumstances(_ session: PGSession, _ id: String) throws -> JobCircumstances? {
    guard let row = try session.query(Queries.jobCircumstances, [.uuid(id)]).first else { return nil }
    var circumstances = try JobCircumstances(row)
    circumstances.crew = try CrewStore.crew(session)
    return circumstances
  }
}
