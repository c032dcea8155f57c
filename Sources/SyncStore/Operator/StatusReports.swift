import Postgres
import SQLCatalog

/// What the status page shows beside what commands list too: bounded, whatever the database holds. Bind the session
/// with `reading` first.
package enum StatusReports {
  /// A total at one moment; money as decimal text.
  package struct TrendPoint: Sendable, Equatable {
    /// PostgreSQL's text.
    package let moment: String
    package let plan: String
    package let forecast: String
    package let actual: String
    package let records: Int64

    package init(moment: String, plan: String, forecast: String, actual: String, records: Int64) {
      self.moment = moment
      self.plan = plan
      self.forecast = forecast
      self.actual = actual
      self.records = records
    }
  }

  /// Organizations with totals and the state of their reads, by id; `organization` nil: all of them, up to the limit.
  package static func organizations(_ session: PGSession, organization: String?, limit: Int) throws -> PGResult {
    try session.query(Queries.organizationStates, [PGValue(organization), .int4(Int32(clamping: limit))])
  }

  /// The groups with the highest forecast; the column `groups` says how many there are in all.
  package static func largestKPIs(_ session: PGSession, organization: String, limit: Int) throws -> PGResult {
    try session.query(Queries.largestKPIs, [.text(organization), .int4(Int32(clamping: limit))])
  }

  /// The totals over the last days, `spans` + 1 points from the first change within them until now, exact at each.
  package static func trend(_ session: PGSession, organization: String, days: Int, spans: Int) throws -> [TrendPoint] {
    let values: [PGValue] = [.text(organization), .int4(Int32(clamping: days)), .int4(Int32(clamping: spans))]
    return try session.query(Queries.kpiHistory, values).rows.map { row in
      TrendPoint(
        moment: try row.string("moment"), plan: try row.string("plan_cost"), forecast: try row.string("forecast_cost"),
        actual: try row.string("actual_cost"), records: try row.integer("record_count"))
    }
  }
}
