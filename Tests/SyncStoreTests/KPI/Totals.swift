import Postgres
import SyncDomain
import SyncStore
import Testing

/// The key of a total; a missing value is not the empty text.
struct GroupKey: Hashable {
  let organization: String
  let category: String?
  let source: String?
  let dor: String?

  init(_ row: PGRow) throws {
    organization = try row.string("organization_id")
    category = try row.text("category")
    source = try row.text("source")
    dor = try row.text("dor")
  }
}

/// Totals by group, as the database keeps them and as the records say.
enum Totals {
  static func kept(_ session: PGSession) throws -> [GroupKey: KPIAmounts] {
    var totals: [GroupKey: KPIAmounts] = [:]
    for row in try session.query("SELECT * FROM pfa_kpi_summary").rows {
      let amounts = try amounts(row, "total_plan_cost", "total_forecast_cost", "total_actual_cost")
      try #require(totals.updateValue(amounts, forKey: GroupKey(row)) == nil, "a group stands twice in the summary")
      #expect(try Cents.parse(row.string("total_variance")) == amounts.variance)
    }
    return totals
  }

  /// By the domain's arithmetic, from the JSON alone.
  static func counted(_ session: PGSession) throws -> [GroupKey: KPIAmounts] {
    var totals: [GroupKey: KPIAmounts] = [:]
    for row in try session.query("SELECT organization_id, category, source, dor, data FROM pfa_mirror").rows {
      let record = try KPIRecord(data: row.bytes("data") ?? [])
      guard let contribution = KPIArithmetic.contribution(of: record) else { continue }
      totals[try GroupKey(row), default: .zero] += contribution.amounts
    }
    return totals
  }

  /// The sums of the lineage; groups whose changes cancel are left out.
  static func explained(_ session: PGSession) throws -> [GroupKey: KPIAmounts] {
    try sums(session, "kpi_change")
  }

  static func slots(_ session: PGSession) throws -> [GroupKey: KPIAmounts] { try sums(session, "kpi_slot") }

  private static func sums(_ session: PGSession, _ table: String) throws -> [GroupKey: KPIAmounts] {
    let sql = """
      SELECT organization_id, category, source, dor, sum(plan_cost) AS plan, sum(forecast_cost) AS forecast,
        sum(actual_cost) AS actual, sum(record_count)::bigint AS record_count, sum(actualized_count)::bigint AS actualized_count
      FROM \(table) GROUP BY 1, 2, 3, 4
      """
    var totals: [GroupKey: KPIAmounts] = [:]
    for row in try session.query(sql).rows {
      let amounts = try amounts(row, "plan", "forecast", "actual")
      if amounts != .zero { totals[try GroupKey(row)] = amounts }
    }
    return totals
  }

  private static func amounts(_ row: PGRow, _ plan: String, _ forecast: String, _ actual: String) throws -> KPIAmounts {
    func cents(_ column: String) throws -> Int128 { try #require(Cents.parse(try row.string(column))) }
    return KPIAmounts(
      plan: try cents(plan), forecast: try cents(forecast), actual: try cents(actual),
      count: Int(try row.integer("record_count")), actualized: Int(try row.integer("actualized_count")))
  }
}

/// Contract 4.5 at a commit: totals and bounds equal a recomputation, by the database and by the domain, and the
/// lineage sums to them (`lineage` false: somebody has planted a difference, which no lineage explains).
func expectExact(
  _ session: PGSession, lineage: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let differences = try KPIStore.differences(session, organization: nil).rowCount
  #expect(differences == 0, "groups that differ from a recomputation", sourceLocation: sourceLocation)
  let kept = try Totals.kept(session)
  #expect(kept == (try Totals.counted(session)), "totals by the domain", sourceLocation: sourceLocation)
  if lineage {
    let explained = try Totals.explained(session)
    #expect(explained == (try Totals.slots(session)), "the lineage's sums", sourceLocation: sourceLocation)
  }
  let bounds = try session.table(
    """
    SELECT organization_id, plan_start, plan_end, forecast_start, forecast_end, actual_start, actual_end, total_records,
      actualized_records
    FROM pfa_timeline_bounds ORDER BY 1
    """)
  let live = try session.table(
    """
    SELECT organization_id, min(original_start), max(original_end), min(forecast_start), max(forecast_end),
      min(actual_start), max(actual_end), count(*), count(*) FILTER (WHERE is_actualized)
    FROM pfa_mirror WHERE NOT is_discontinued GROUP BY 1 ORDER BY 1
    """)
  #expect(bounds == live, "timeline bounds", sourceLocation: sourceLocation)
}
