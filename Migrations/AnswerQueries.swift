/// The statements behind what operators are told of troubles, and what they decide about requests.
extension Queries {
  package static let cancelRequest = SQLCatalog.text(PackageResources.cancel_request_sql)
  package static let noteUpstream = SQLCatalog.text(PackageResources.note_upstream_sql)
  package static let settleUpstream = SQLCatalog.text(PackageResources.settle_upstream_sql)
  package static let unsettledJobs = SQLCatalog.text(PackageResources.unsettled_jobs_sql)

  /// By file name, as in ``all``.
  static let answers: [(name: String, sql: String)] = [
    ("cancel_request", cancelRequest), ("note_upstream", noteUpstream), ("settle_upstream", settleUpstream),
    ("unsettled_jobs", unsettledJobs),
  ]
}
