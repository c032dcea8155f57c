/// The statements behind permissions, records and the histories of what operators decide.
extension Queries {
  package static let bindSession = SQLCatalog.text(PackageResources.bind_session_sql)
  package static let deadLetterHistory = SQLCatalog.text(PackageResources.dead_letter_history_sql)
  package static let grantPermission = SQLCatalog.text(PackageResources.grant_permission_sql)
  package static let implausibleOrders = SQLCatalog.text(PackageResources.implausible_orders_sql)
  package static let listOperatorEvents = SQLCatalog.text(PackageResources.list_operator_events_sql)
  package static let listPauses = SQLCatalog.text(PackageResources.list_pauses_sql)
  package static let listPermissions = SQLCatalog.text(PackageResources.list_permissions_sql)
  package static let mergedRecord = SQLCatalog.text(PackageResources.merged_record_sql)
  package static let mergedRecords = SQLCatalog.text(PackageResources.merged_records_sql)
  package static let recordHistory = SQLCatalog.text(PackageResources.record_history_sql)
  package static let releaseRecord = SQLCatalog.text(PackageResources.release_record_sql)
  package static let revokePermission = SQLCatalog.text(PackageResources.revoke_permission_sql)
  package static let showJobDocument = SQLCatalog.text(PackageResources.show_job_document_sql)
  package static let tellDecision = SQLCatalog.text(PackageResources.tell_decision_sql)

  /// By file name, as in ``all``.
  static let decisions: [(name: String, sql: String)] = [
    ("bind_session", bindSession),
    ("dead_letter_history", deadLetterHistory),
    ("grant_permission", grantPermission),
    ("implausible_orders", implausibleOrders),
    ("list_operator_events", listOperatorEvents),
    ("list_pauses", listPauses),
    ("list_permissions", listPermissions),
    ("merged_record", mergedRecord),
    ("merged_records", mergedRecords),
    ("record_history", recordHistory),
    ("release_record", releaseRecord),
    ("revoke_permission", revokePermission),
    ("show_job_document", showJobDocument),
    ("tell_decision", tellDecision),
  ]
}
