import Postgres
import SQLCatalog

/// What operators decided: rows of `operator_event`. Bind the session with `reading` first.
package enum OperatorHistory {
  package enum Subject: String, Sendable {
    case organization, permission, deployment, record
  }

  /// The newest first; nil means any.
  package static func list(
    _ session: PGSession, _ subject: Subject, organization: String? = nil, id: String? = nil, limit: Int64
  ) throws -> PGResult {
    try session.query(
      Queries.listOperatorEvents,
      [.text(subject.rawValue), PGValue(organization), PGValue(id), .int4(Int32(clamping: limit))])
  }
}
