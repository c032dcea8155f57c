import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// What a target says about the cost of a change.
package enum TargetReports {
  /// Nil: the table is not there.
  package static func size(_ session: PGSession, _ schema: TargetSchema, _ table: SchemaID) throws -> TableSize? {
    let values: [PGValue] = [.text(schema.name), .text("t_" + table.text)]
    guard let row = try session.query(Queries.targetSize, values).first else { return nil }
    let rows = try row.integer("rows")
    return TableSize(
      rows: rows < 0 ? nil : rows, bytes: try row.integer("bytes"), pages: try row.integer("pages"))
  }

  /// How many rows a drop would take something from.
  package static func count(_ session: PGSession, _ loss: SchemaLoss) throws -> Int64 {
    try session.query(loss.countSQL).one().integer("lost")
  }

  /// How fast this server writes and reads the rows of a table: measured on a table of about 6 MB that is made in the
  /// organization's schema and taken back. Nil: there is no such schema, so there is nothing to write anew either.
  package static func rate(_ session: PGSession, _ schema: TargetSchema) throws -> TargetRate? {
    struct Undo: Error { let rate: TargetRate }
    guard try session.query(Queries.targetExists, [.text(schema.name)]).one().bool("there") == true else { return nil }
    do {
      return try session.transaction {
        try session.query(
          Queries.targetSettings, [.text(SQLQuote.identifier(schema.name)), .text("1000ms"), .text("10000ms")])
        try session.query(Queries.targetRateMake)
        let rewrite = try milliseconds { try session.query(Queries.targetRateRewrite) }
        let bytes = try session.query(Queries.targetRateSize).one().integer("bytes")
        let scan = try milliseconds { try session.query(Queries.targetRateScan) }
        throw Undo(rate: TargetRate(bytes: bytes, rewriteMilliseconds: rewrite, scanMilliseconds: scan))
      }
    } catch let undo as Undo {
      return undo.rate
    }
  }

  /// Whole milliseconds, at least one.
  private static func milliseconds(_ body: () throws -> Void) rethrows -> Int64 {
    let start = monotonicMilliseconds()
    try body()
    return max(1, monotonicMilliseconds() - start)
  }
}
