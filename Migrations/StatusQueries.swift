/// The statements that the status page alone needs, beside those it shares with commands.
extension Queries {
  package static let kpiHistory = SQLCatalog.text(PackageResources.kpi_history_sql)
  package static let largestKPIs = SQLCatalog.text(PackageResources.largest_kpis_sql)
  package static let organizationStates = SQLCatalog.text(PackageResources.organization_states_sql)

  /// All of them, for a test that prepares each.
  static let status: [(name: String, sql: String)] = [
    ("kpi_history", kpiHistory), ("largest_kpis", largestKPIs),
    ("organization_states", organizationStates),
  ]
}
