/// The statements about upstreams that are left alone.
extension Queries {
  package static let openBreakers = SQLCatalog.text(PackageResources.open_breakers_sql)
  package static let readBreaker = SQLCatalog.text(PackageResources.read_breaker_sql)
  package static let writeBreaker = SQLCatalog.text(PackageResources.write_breaker_sql)

  /// By file name, as in ``all``.
  static let breakers: [(name: String, sql: String)] = [
    ("open_breakers", openBreakers), ("read_breaker", readBreaker), ("write_breaker", writeBreaker),
  ]
}
