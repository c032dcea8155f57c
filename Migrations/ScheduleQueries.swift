/// The statements of the scheduler.
extension Queries {
  package static let announceStaleEdits = SQLCatalog.text(PackageResources.announce_stale_edits_sql)
  package static let cancelLane = SQLCatalog.text(PackageResources.cancel_lane_sql)
  package static let deleteOldHistory = SQLCatalog.text(PackageResources.delete_old_history_sql)
  package static let dueFirings = SQLCatalog.text(PackageResources.due_firings_sql)
  package static let endFiring = SQLCatalog.text(PackageResources.end_firing_sql)
  package static let holdScheduleLease = SQLCatalog.text(PackageResources.hold_schedule_lease_sql)
  package static let insertFiring = SQLCatalog.text(PackageResources.insert_firing_sql)
  package static let laneState = SQLCatalog.text(PackageResources.lane_state_sql)
  package static let listFirings = SQLCatalog.text(PackageResources.list_firings_sql)
  package static let listLastFirings = SQLCatalog.text(PackageResources.list_last_firings_sql)
  package static let listSchedules = SQLCatalog.text(PackageResources.list_schedules_sql)
  package static let nextOwnWork = SQLCatalog.text(PackageResources.next_own_work_sql)
  package static let releaseScheduleLease = SQLCatalog.text(PackageResources.release_schedule_lease_sql)
  package static let repeatFiring = SQLCatalog.text(PackageResources.repeat_firing_sql)
  package static let retireSchedule = SQLCatalog.text(PackageResources.retire_schedule_sql)
  package static let scheduleLeader = SQLCatalog.text(PackageResources.schedule_leader_sql)
  package static let settleFirings = SQLCatalog.text(PackageResources.settle_firings_sql)
  package static let startFiring = SQLCatalog.text(PackageResources.start_firing_sql)
  package static let storeSchedule = SQLCatalog.text(PackageResources.store_schedule_sql)
  package static let takeScheduleLease = SQLCatalog.text(PackageResources.take_schedule_lease_sql)

  /// By file name, as in ``all``.
  static let schedule: [(name: String, sql: String)] = [
    ("announce_stale_edits", announceStaleEdits),
    ("cancel_lane", cancelLane),
    ("delete_old_history", deleteOldHistory),
    ("due_firings", dueFirings),
    ("end_firing", endFiring),
    ("hold_schedule_lease", holdScheduleLease),
    ("insert_firing", insertFiring),
    ("lane_state", laneState),
    ("list_firings", listFirings),
    ("list_last_firings", listLastFirings),
    ("list_schedules", listSchedules),
    ("next_own_work", nextOwnWork),
    ("release_schedule_lease", releaseScheduleLease),
    ("repeat_firing", repeatFiring),
    ("retire_schedule", retireSchedule),
    ("schedule_leader", scheduleLeader),
    ("settle_firings", settleFirings),
    ("start_firing", startFiring),
    ("store_schedule", storeSchedule),
    ("take_schedule_lease", takeScheduleLease),
  ]
}
