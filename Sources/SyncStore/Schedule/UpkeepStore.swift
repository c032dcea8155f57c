import Postgres
import SQLCatalog

/// Work that schedulers do themselves. Each call is a small transaction's worth; call it again until it has nothing
/// left.
package enum UpkeepStore {
  /// What can be deleted when it is old.
  package enum History: String, CaseIterable, Sendable {
    case jobs, log, issues
    case deadLetters = "dead letters"
    case firings
  }

  /// Deletes some rows that are older; how many it were. Inside ``ScheduleLease/holding(_:_:_:)``.
  package static func delete(
    _ session: PGSession, _ history: History, organization: String, olderThan seconds: Int64, limit: Int
  ) throws -> Int {
    let values: [PGValue] = [
      .text(history.rawValue), .text(organization), .int(seconds), .int4(Int32(clamping: limit)),
    ]
    return Int(try session.query(Queries.deleteOldHistory, values).one().integer("rows"))
  }

  /// Asks again for pushes that nobody took up; how many. Leaves the session bound to the organization.
  package static func announceStaleEdits(_ session: PGSession, organization: String, limit: Int) throws -> Int {
    try session.becomeWorker(organization)
    return Int(
      try session.query(Queries.announceStaleEdits, [.text(organization), .int4(Int32(clamping: limit))]).one().integer(
        "edits"))
  }
}
