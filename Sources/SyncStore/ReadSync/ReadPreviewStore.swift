import Postgres
import SQLCatalog
import SyncDomain

/// Reads for a dry run. All are fenced by the job's claim; only `finish` writes, and only the job.
package enum ReadPreviewStore {
  /// Where incremental reads of the source go on from, ms; nil when none has completed.
  package static func watermark(_ session: PGSession, _ claim: JobClaim, source: String) throws -> Int64? {
    try JobStore.holding(session, claim) {
      try session.query(
        "SELECT watermark FROM source_watermark WHERE organization_id = $1 AND source = $2",
        [.text(claim.organization), .text(source)]
      ).first?.int("watermark")
    }
  }

  /// What applying the batch would do.
  package static func preview(
    _ session: PGSession, _ claim: JobClaim, _ batch: RecordBatch
  ) throws -> ReadPreview.Part {
    try JobStore.holding(session, claim) {
      let values = [.text(batch.organization)] + ApplyStore.recordArrays(batch)
      let row = try session.query(Queries.previewRecords, values).one()
      var part = ReadPreview.Part()
      part.inserted = try row.integer("inserted")
      part.updated = try row.integer("updated")
      part.unchanged = try row.integer("unchanged")
      part.discontinued = try row.integer("discontinued")
      part.conflicted = try row.integer("conflicted")
      if case .array(let groups)? = try? JSONValue(parsing: row.bytes("effect") ?? []) {
        for case .array(let cells) in groups where cells.count == 8 {
          let group = ReadPreview.Group(category: cells[0].string, source: cells[1].string, dor: cells[2].string)
          part.effect[group] = effect(
            cells[3].string, cells[4].string, cells[5].string, records: cells[6].integer ?? 0,
            actualized: cells[7].integer ?? 0)
        }
      }
      return part
    }
  }

  /// The active records whose ids were not seen, and what their totals would lose. Streams the organization's active
  /// rows.
  package static func orphans(_ session: PGSession, _ claim: JobClaim, seen: Set<UInt64>) throws -> ReadPreview.Part {
    try JobStore.holding(session, claim) {
      var part = ReadPreview.Part()
      try session.liftTimeout()
      try session.stream(Queries.activeCosts, [.text(claim.organization)]) { row in
        part.active += 1
        guard !seen.contains(ReadPreview.key(try row.string("pfa_id"))) else { return }
        part.swept += 1
        let group = ReadPreview.Group(
          category: try row.text("category"), source: try row.text("source"), dor: try row.text("dor"))
        let loss = effect(
          try row.text("plan"), try row.text("forecast"), try row.text("actual"), records: 1,
          actualized: try row.integer("actualized"))
        var sum = part.effect[group] ?? ReadPreview.Effect()
        sum.plan -= loss.plan
        sum.forecast -= loss.forecast
        sum.actual -= loss.actual
        sum.records -= loss.records
        sum.actualized -= loss.actualized
        part.effect[group] = sum
      }
      return part
    }
  }

  /// Ends the job with its result, a JSON object.
  package static func finish(_ session: PGSession, _ claim: JobClaim, result: [UInt8]) throws {
    try JobStore.holding(session, claim) {
      let values: [PGValue] = [.uuid(claim.id), .uuid(claim.token), .json(result)]
      if try session.query(Queries.finishDryRun, values).rowCount == 0 { throw Fenced() }
    }
  }

  private static func effect(
    _ plan: String?, _ forecast: String?, _ actual: String?, records: Int64, actualized: Int64
  ) -> ReadPreview.Effect {
    var effect = ReadPreview.Effect()
    effect.plan = plan.flatMap { Cents.parse($0) } ?? 0
    effect.forecast = forecast.flatMap { Cents.parse($0) } ?? 0
    effect.actual = actual.flatMap { Cents.parse($0) } ?? 0
    effect.records = records
    effect.actualized = actualized
    return effect
  }
}
