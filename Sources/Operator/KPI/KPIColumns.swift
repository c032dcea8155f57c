/// The columns of `pfa_kpi_summary`, `pfa_kpi_difference`, `kpi_change` and `pfa_timeline_bounds`.
enum KPIColumns {
  private static let group = ["organization_id", "category", "source", "dor"].map { Column($0) }

  static let summary =
    group
    + ["total_plan_cost", "total_forecast_cost", "total_actual_cost", "total_variance"].map { Column($0, .decimal) }
    + ["record_count", "actualized_count"].map { Column($0, .integer) }

  /// What something would do to the totals of one organization.
  static let effect = summary.filter { $0.name != "organization_id" }

  static let trend =
    [Column("day")]
    + ["total_plan_cost", "total_forecast_cost", "total_actual_cost", "total_variance"].map { Column($0, .decimal) }
    + ["record_count", "actualized_count"].map { Column($0, .integer) }

  static let difference =
    group
    + ["plan_cost", "forecast_cost", "actual_cost"].flatMap {
      [Column($0, .decimal), Column("expected_\($0)", .decimal)]
    }
    + ["record_count", "actualized_count"].flatMap { [Column($0, .integer), Column("expected_\($0)", .integer)] }

  static let change =
    group + ["plan_cost", "forecast_cost", "actual_cost"].map { Column($0, .decimal) }
    + ["record_count", "actualized_count"].map { Column($0, .integer) }
    + [Column("cause_id"), Column("changed_at", .time)]

  static let timeline =
    ["organization_id", "plan_start", "plan_end", "forecast_start", "forecast_end", "actual_start", "actual_end"].map {
      Column($0)
    } + ["total_records", "actualized_records"].map { Column($0, .integer) }
}
