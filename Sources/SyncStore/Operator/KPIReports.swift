import Postgres
import Runtime
import SQLCatalog

/// Totals and bounds for people to read, and their repair.
package enum KPIReports {
  /// A slot that no lane of a worker adds to, so that a repair waits for none.
  private static let rebuildSlot = -1

  /// Rows of `pfa_kpi_summary`, one per group. Bind the session with `reading` first.
  package static func summary(_ session: PGSession, organization: String) throws -> PGResult {
    try session.query(Queries.showKPIs, [.text(organization)])
  }

  /// What moved the totals: a row `opening`, one of each cause, a row `closing`. Nil group columns mean any; moments
  /// are PostgreSQL's text, nil means always. Bind the session with `reading` first.
  package static func explain(
    _ session: PGSession, organization: String, category: String?, source: String?, dor: String?, from: String?,
    to: String?
  ) throws -> PGResult {
    try session.query(
      Queries.explainKPIs,
      [.text(organization), PGValue(category), PGValue(source), PGValue(dor), PGValue(from), PGValue(to)])
  }

  /// The row of `pfa_timeline_bounds`, with nulls and zeros when there are no records; nil: no such organization.
  package static func timeline(_ session: PGSession, organization: String) throws -> PGRow? {
    try session.query(Queries.showTimeline, [.text(organization)]).first
  }

  /// Corrects the totals of an organization in one transaction, with a finished job that says who asked and why.
  /// Returns the corrections, rows of `kpi_change`; none, and no job, when nothing was wrong.
  package static func rebuild(_ session: PGSession, organization: String, by decision: Decision) throws -> PGResult {
    let id = UUIDText.random()
    return try session.asSystem(by: decision) {
      let corrected = try KPIStore.rebuild(session, organization: organization, slot: rebuildSlot, cause: id)
      if corrected > 0 {
        let values: [PGValue] = [
          .uuid(id), .text(organization), PGValue(decision.reason), .int4(Int32(clamping: corrected)),
          PGValue(decision.actor),
        ]
        try session.query(Queries.recordKPIRebuild, values)
      }
      return try session.query(Queries.listKPIChanges, [.text(id)])
    }
  }
}
