import Postgres
import SQLCatalog

/// What a person decides about a job. Each is one transaction; false: the job is not in a state that allows it, and
/// nothing changed.
package enum JobDecisions {
  /// A job that waits for approval runs on: the next worker takes it over at once.
  package static func approve(_ session: PGSession, _ id: String, reason: String?) throws -> Bool {
    try session.asSystem {
      try session.query(Queries.approveJob, [.uuid(id), PGValue(reason)]).rowCount > 0
    }
  }

  /// Ends a job that is not final, and its log row with what was applied until now.
  package static func cancel(
    _ session: PGSession, _ id: String, organization: String, reason: String
  ) throws -> Bool {
    try session.asWorker(organization) {
      let values: [PGValue] = [.uuid(id), .text(reason)]
      guard try session.query(Queries.cancelJob, values).rowCount > 0 else { return false }
      try session.query(Queries.closeCancelledLog, values)
      return true
    }
  }
}
