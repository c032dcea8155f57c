/// The design that exact totals replace (S1-43, S2-22): totals and bounds as views that are refreshed as a whole, in a
/// schema that the benchmark drops afterwards. Not among the product's SQL: it must never get there.
enum OldDesign {
  static let sql = """
    CREATE SCHEMA bench_old;
    CREATE MATERIALIZED VIEW bench_old.kpi_summary AS
    SELECT organization_id, category, source, dor,
      sum(pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end)) AS total_plan_cost,
      sum(pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end)) AS total_forecast_cost,
      sum(CASE WHEN is_actualized
        THEN pfa_phase_cost(source, monthly_rate, purchase_price, actual_start, actual_end) ELSE 0 END) AS total_actual_cost,
      count(*) AS record_count, count(*) FILTER (WHERE is_actualized) AS actualized_count
    FROM pfa_mirror WHERE NOT is_discontinued
    GROUP BY organization_id, category, source, dor;
    CREATE UNIQUE INDEX ON bench_old.kpi_summary (organization_id, category, source, dor);
    CREATE MATERIALIZED VIEW bench_old.timeline_bounds AS
    SELECT organization_id, min(original_start) AS plan_start, max(original_end) AS plan_end, min(forecast_start) AS forecast_start,
      max(forecast_end) AS forecast_end, min(actual_start) AS actual_start, max(actual_end) AS actual_end, count(*) AS total_records
    FROM pfa_mirror WHERE NOT is_discontinued
    GROUP BY organization_id;
    CREATE UNIQUE INDEX ON bench_old.timeline_bounds (organization_id);
    """

  static let read = "SELECT * FROM bench_old.kpi_summary WHERE organization_id = $1"
  static let two = ["kpi_summary", "timeline_bounds"]

  /// The other seven: totals by one more column each, as reports asked for them.
  static let others = ["category", "class", "source", "dor", "area_silo", "manufacturer", "model"]

  static let othersSQL = others.map { column in
    """
    CREATE MATERIALIZED VIEW bench_old.by_\(column) AS
    SELECT organization_id, \(column),
      sum(pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end)) AS total_forecast_cost,
      count(*) AS record_count
    FROM pfa_mirror WHERE NOT is_discontinued GROUP BY organization_id, \(column);
    CREATE UNIQUE INDEX ON bench_old.by_\(column) (organization_id, \(column));
    """
  }.joined(separator: "\n")

  static func refresh(_ views: [String], concurrently: Bool = true) -> [String] {
    views.map { "REFRESH MATERIALIZED VIEW \(concurrently ? "CONCURRENTLY " : "")bench_old.\($0)" }
  }
}
