/// The statements of roll-ups and trends.
extension Queries {
  package static let advanceTrends = SQLCatalog.text(PackageResources.advance_trends_sql)
  package static let listTrend = SQLCatalog.text(PackageResources.list_trend_sql)
  package static let trendLag = SQLCatalog.text(PackageResources.trend_lag_sql)
  package static let trendState = SQLCatalog.text(PackageResources.trend_state_sql)

  /// By file name, as in ``all``.
  static let trends: [(name: String, sql: String)] = [
    ("advance_trends", advanceTrends),
    ("list_trend", listTrend),
    ("trend_lag", trendLag),
    ("trend_state", trendState),
  ]
}
