import Postgres
import SQLCatalog

/// How the database itself is, from its statistics: sizes, dead rows, use of indexes, triggers.
package struct DatabaseGauges: Sendable {
  package var bytes: [(table: String, value: Double)] = []
  /// Share of the rows that is dead, 0 to 1.
  package var deadShare: [(table: String, value: Double)] = []
  /// Since statistics began.
  package var indexScans: [(table: String, index: String, value: Double)] = []
  /// Triggers of the schema that do not fire.
  package var idleTriggers = 0

  /// On a current schema.
  package static func sample(_ session: PGSession) throws -> DatabaseGauges {
    var gauges = DatabaseGauges()
    for row in try tables(session).rows {
      let table = try row.string("table_name")
      let (live, dead) = (try row.integer("live"), try row.integer("dead"))
      gauges.bytes.append((table: table, value: Double(try row.integer("total_bytes"))))
      gauges.deadShare.append((table: table, value: live + dead == 0 ? 0 : Double(dead) / Double(live + dead)))
    }
    for row in try session.query(Queries.indexUse).rows {
      gauges.indexScans.append(
        (
          table: try row.string("table_name"), index: try row.string("index_name"),
          value: Double(try row.int("scans") ?? 0)
        ))
    }
    gauges.idleTriggers = try Triggers.idle(session).count
    return gauges
  }

  /// The largest first: table_name, bytes, total_bytes, live, dead, last_vacuum, last_analyze.
  package static func tables(_ session: PGSession) throws -> PGResult { try session.query(Queries.tableHealth) }
}
