/// The statements about who works, what was asked for, and how the database is.
extension Queries {
  package static let beatWorker = SQLCatalog.text(PackageResources.beat_worker_sql)
  package static let enableTrigger = SQLCatalog.text(PackageResources.enable_trigger_sql)
  package static let endWorker = SQLCatalog.text(PackageResources.end_worker_sql)
  package static let findRequest = SQLCatalog.text(PackageResources.find_request_sql)
  package static let indexUse = SQLCatalog.text(PackageResources.index_use_sql)
  package static let listTriggers = SQLCatalog.text(PackageResources.list_triggers_sql)
  package static let listWorkers = SQLCatalog.text(PackageResources.list_workers_sql)
  package static let oldPauses = SQLCatalog.text(PackageResources.old_pauses_sql)
  package static let orphanedOverrides = SQLCatalog.text(PackageResources.orphaned_overrides_sql)
  package static let overdueSchedules = SQLCatalog.text(PackageResources.overdue_schedules_sql)
  package static let recordRequest = SQLCatalog.text(PackageResources.record_request_sql)
  package static let stuckProjects = SQLCatalog.text(PackageResources.stuck_projects_sql)
  package static let tableHealth = SQLCatalog.text(PackageResources.table_health_sql)
  package static let waitingWork = SQLCatalog.text(PackageResources.waiting_work_sql)

  /// By file name, as in ``all``.
  static let presence: [(name: String, sql: String)] = [
    ("beat_worker", beatWorker),
    ("enable_trigger", enableTrigger),
    ("end_worker", endWorker),
    ("find_request", findRequest),
    ("index_use", indexUse),
    ("list_triggers", listTriggers),
    ("list_workers", listWorkers),
    ("old_pauses", oldPauses),
    ("orphaned_overrides", orphanedOverrides),
    ("overdue_schedules", overdueSchedules),
    ("record_request", recordRequest),
    ("stuck_projects", stuckProjects),
    ("table_health", tableHealth),
    ("waiting_work", waitingWork),
  ]
}
