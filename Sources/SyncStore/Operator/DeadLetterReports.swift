import Postgres
import SQLCatalog

/// Dead letters for people to read: rows have the columns of `dead_letter`. Bind the session with `reading` first.
package enum DeadLetterReports {
  /// The newest first, without their content; nil means any.
  package static func list(
    _ session: PGSession, code: String?, organization: String?, status: String?, limit: Int64
  ) throws -> PGResult {
    let values: [PGValue] = [
      PGValue(code), PGValue(organization), PGValue(status), .int4(Int32(clamping: limit)),
    ]
    return try session.query(Queries.listDeadLetters, values)
  }

  /// Nil: there is none.
  package static func letter(_ session: PGSession, _ id: Int64) throws -> PGRow? {
    try session.query(Queries.showDeadLetter, [.int(id)]).first
  }
}
