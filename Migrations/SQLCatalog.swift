/// The SQL of the product as constants: the files in `Schema/` and `Queries/`, embedded when it is built.
///
/// A file that is not named here fails the style test.
package enum SQLCatalog {
  /// One migration: its version (`V0001`), name, and the text of its way up and down.
  package struct Migration: Sendable {
    package let version: Int
    package let name: String
    package let up: String
    package let down: String
  }

  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// The statements of the product, one file each; the file's head says what its parameters are and what it locks.
package enum Queries {
  package static let advanceOffset = SQLCatalog.text(PackageResources.advance_offset_sql)
  package static let becomeApp = SQLCatalog.text(PackageResources.become_app_sql)
  package static let becomeSystem = SQLCatalog.text(PackageResources.become_system_sql)
  package static let becomeLogin = SQLCatalog.text(PackageResources.become_login_sql)
  package static let becomeWorker = SQLCatalog.text(PackageResources.become_worker_sql)
  package static let claimJob = SQLCatalog.text(PackageResources.claim_job_sql)
  package static let claimPartition = SQLCatalog.text(PackageResources.claim_partition_sql)
  package static let foreignJobs = SQLCatalog.text(PackageResources.foreign_jobs_sql)
  package static let forgetOffsets = SQLCatalog.text(PackageResources.forget_offsets_sql)
  package static let holdJob = SQLCatalog.text(PackageResources.hold_job_sql)
  package static let holdMessage = SQLCatalog.text(PackageResources.hold_message_sql)
  package static let insertDeadLetter = SQLCatalog.text(PackageResources.insert_dead_letter_sql)
  package static let insertOutbox = SQLCatalog.text(PackageResources.insert_outbox_sql)
  package static let jobStatus = SQLCatalog.text(PackageResources.job_status_sql)
  package static let liftTimeout = SQLCatalog.text(PackageResources.lift_timeout_sql)
  package static let moveOffset = SQLCatalog.text(PackageResources.move_offset_sql)
  package static let organizationExists = SQLCatalog.text(PackageResources.organization_exists_sql)
  package static let parkOutbox = SQLCatalog.text(PackageResources.park_outbox_sql)
  package static let readOffsets = SQLCatalog.text(PackageResources.read_offsets_sql)
  package static let releaseJob = SQLCatalog.text(PackageResources.release_job_sql)
  package static let reopenDeadLetter = SQLCatalog.text(PackageResources.reopen_dead_letter_sql)
  package static let resolveDeadLetter = SQLCatalog.text(PackageResources.resolve_dead_letter_sql)
  package static let removeOutbox = SQLCatalog.text(PackageResources.remove_outbox_sql)
  package static let reportProgress = SQLCatalog.text(PackageResources.report_progress_sql)
  package static let retryJob = SQLCatalog.text(PackageResources.retry_job_sql)
  package static let sampleState = SQLCatalog.text(PackageResources.sample_state_sql)
  package static let takeOutbox = SQLCatalog.text(PackageResources.take_outbox_sql)

  package static let abandonPages = SQLCatalog.text(PackageResources.abandon_pages_sql)
  package static let allocatePages = SQLCatalog.text(PackageResources.allocate_pages_sql)
  package static let applyRecords = SQLCatalog.text(PackageResources.apply_records_sql)
  package static let becomeApplier = SQLCatalog.text(PackageResources.become_applier_sql)
  package static let countOrphans = SQLCatalog.text(PackageResources.count_orphans_sql)
  package static let countSeen = SQLCatalog.text(PackageResources.count_seen_sql)
  package static let activeCosts = SQLCatalog.text(PackageResources.active_costs_sql)
  package static let finishDryRun = SQLCatalog.text(PackageResources.finish_dry_run_sql)
  package static let finishRead = SQLCatalog.text(PackageResources.finish_read_sql)
  package static let knownRecords = SQLCatalog.text(PackageResources.known_records_sql)
  package static let markLatePages = SQLCatalog.text(PackageResources.mark_late_pages_sql)
  package static let openRead = SQLCatalog.text(PackageResources.open_read_sql)
  package static let pageWindow = SQLCatalog.text(PackageResources.page_window_sql)
  package static let pagesFrom = SQLCatalog.text(PackageResources.pages_from_sql)
  package static let preferHashing = SQLCatalog.text(PackageResources.prefer_hashing_sql)
  package static let previewRecords = SQLCatalog.text(PackageResources.preview_records_sql)
  package static let readPosition = SQLCatalog.text(PackageResources.read_position_sql)
  package static let requestRead = SQLCatalog.text(PackageResources.request_read_sql)
  package static let restartRead = SQLCatalog.text(PackageResources.restart_read_sql)
  package static let startRun = SQLCatalog.text(PackageResources.start_run_sql)
  package static let storeCheckpoint = SQLCatalog.text(PackageResources.store_checkpoint_sql)
  package static let storeDrift = SQLCatalog.text(PackageResources.store_drift_sql)
  package static let storeWatermark = SQLCatalog.text(PackageResources.store_watermark_sql)
  package static let sweepOrphans = SQLCatalog.text(PackageResources.sweep_orphans_sql)
  package static let vouchedPage = SQLCatalog.text(PackageResources.vouched_page_sql)

  package static let commitEdits = SQLCatalog.text(PackageResources.commit_edits_sql)
  package static let conflictEdits = SQLCatalog.text(PackageResources.conflict_edits_sql)
  package static let knownCommits = SQLCatalog.text(PackageResources.known_commits_sql)
  package static let listEditors = SQLCatalog.text(PackageResources.list_editors_sql)
  package static let lockDraftedRecords = SQLCatalog.text(PackageResources.lock_drafted_records_sql)
  package static let lockDrafts = SQLCatalog.text(PackageResources.lock_drafts_sql)
  package static let createDraft = SQLCatalog.text(PackageResources.create_draft_sql)
  package static let commitSession = SQLCatalog.text(PackageResources.commit_session_sql)
  package static let discardSession = SQLCatalog.text(PackageResources.discard_session_sql)
  package static let sessionOrganizations = SQLCatalog.text(PackageResources.session_organizations_sql)
  package static let draftedRecords = SQLCatalog.text(PackageResources.drafted_records_sql)
  package static let forecastTotals = SQLCatalog.text(PackageResources.forecast_totals_sql)
  package static let lockConflict = SQLCatalog.text(PackageResources.lock_conflict_sql)
  package static let lockConflictRecord = SQLCatalog.text(PackageResources.lock_conflict_record_sql)
  package static let refreshConflict = SQLCatalog.text(PackageResources.refresh_conflict_sql)
  package static let resolveConflict = SQLCatalog.text(PackageResources.resolve_conflict_sql)
  package static let queueWriteBacks = SQLCatalog.text(PackageResources.queue_write_backs_sql)
  package static let recordCommits = SQLCatalog.text(PackageResources.record_commits_sql)
  package static let writeEdits = SQLCatalog.text(PackageResources.write_edits_sql)

  package static let lockRebuild = SQLCatalog.text(PackageResources.lock_rebuild_sql)
  package static let rebuildKPIs = SQLCatalog.text(PackageResources.rebuild_kpis_sql)
  package static let recordRebuild = SQLCatalog.text(PackageResources.record_rebuild_sql)
  package static let explainKPIs = SQLCatalog.text(PackageResources.explain_kpis_sql)
  package static let verifyKPIs = SQLCatalog.text(PackageResources.verify_kpis_sql)

  package static let appendEvents = SQLCatalog.text(PackageResources.append_events_sql)
  package static let appendEventsAdaptive = SQLCatalog.text(PackageResources.append_events_adaptive_sql)
  package static let appendEventsDelayed = SQLCatalog.text(PackageResources.append_events_delayed_sql)
  package static let readStream = SQLCatalog.text(PackageResources.read_stream_sql)
  package static let claimPushes = SQLCatalog.text(PackageResources.claim_pushes_sql)
  package static let closePushLetters = SQLCatalog.text(PackageResources.close_push_letters_sql)
  package static let commitLazily = SQLCatalog.text(PackageResources.commit_lazily_sql)
  package static let conflictPush = SQLCatalog.text(PackageResources.conflict_push_sql)
  package static let delayPush = SQLCatalog.text(PackageResources.delay_push_sql)
  package static let failPush = SQLCatalog.text(PackageResources.fail_push_sql)
  package static let finishPush = SQLCatalog.text(PackageResources.finish_push_sql)
  package static let holdPushes = SQLCatalog.text(PackageResources.hold_pushes_sql)
  package static let keepFailedPush = SQLCatalog.text(PackageResources.keep_failed_push_sql)
  package static let loadPush = SQLCatalog.text(PackageResources.load_push_sql)
  package static let lockPushedRecord = SQLCatalog.text(PackageResources.lock_pushed_record_sql)
  package static let lockPushClaims = SQLCatalog.text(PackageResources.lock_push_claims_sql)
  package static let logPush = SQLCatalog.text(PackageResources.log_push_sql)
  package static let notePush = SQLCatalog.text(PackageResources.note_push_sql)
  package static let pauseBudget = SQLCatalog.text(PackageResources.pause_budget_sql)
  package static let requestPush = SQLCatalog.text(PackageResources.request_push_sql)
  package static let retryPushes = SQLCatalog.text(PackageResources.retry_pushes_sql)
  package static let samplePushes = SQLCatalog.text(PackageResources.sample_pushes_sql)
  package static let settlePushLetter = SQLCatalog.text(PackageResources.settle_push_letter_sql)
  package static let takeBudget = SQLCatalog.text(PackageResources.take_budget_sql)

  package static let appliedSince = SQLCatalog.text(PackageResources.applied_since_sql)
  package static let createProject = SQLCatalog.text(PackageResources.create_project_sql)
  package static let extendLease = SQLCatalog.text(PackageResources.extend_lease_sql)
  package static let endJob = SQLCatalog.text(PackageResources.end_job_sql)
  package static let endSchemaChange = SQLCatalog.text(PackageResources.end_schema_change_sql)
  package static let failSchemaAttempt = SQLCatalog.text(PackageResources.fail_schema_attempt_sql)
  package static let findDeployments = SQLCatalog.text(PackageResources.find_deployments_sql)
  package static let intendSchemaChange = SQLCatalog.text(PackageResources.intend_schema_change_sql)
  package static let appliedRequest = SQLCatalog.text(PackageResources.applied_request_sql)
  package static let openSchemaChange = SQLCatalog.text(PackageResources.open_schema_change_sql)
  package static let readProject = SQLCatalog.text(PackageResources.read_project_sql)
  package static let releaseLease = SQLCatalog.text(PackageResources.release_lease_sql)
  package static let removeProject = SQLCatalog.text(PackageResources.remove_project_sql)
  package static let requestSchemaChange = SQLCatalog.text(PackageResources.request_schema_change_sql)
  package static let settleProject = SQLCatalog.text(PackageResources.settle_project_sql)
  package static let findProject = SQLCatalog.text(PackageResources.find_project_sql)
  package static let listDeployments = SQLCatalog.text(PackageResources.list_deployments_sql)
  package static let listProjects = SQLCatalog.text(PackageResources.list_projects_sql)
  package static let listSchemaChanges = SQLCatalog.text(PackageResources.list_schema_changes_sql)
  package static let setDeployment = SQLCatalog.text(PackageResources.set_deployment_sql)
  package static let targetRateMake = SQLCatalog.text(PackageResources.target_rate_make_sql)
  package static let targetRateRewrite = SQLCatalog.text(PackageResources.target_rate_rewrite_sql)
  package static let targetRateScan = SQLCatalog.text(PackageResources.target_rate_scan_sql)
  package static let targetRateSize = SQLCatalog.text(PackageResources.target_rate_size_sql)
  package static let targetSession = SQLCatalog.text(PackageResources.target_session_sql)
  package static let targetSize = SQLCatalog.text(PackageResources.target_size_sql)
  package static let takeLease = SQLCatalog.text(PackageResources.take_lease_sql)
  package static let takeOverLease = SQLCatalog.text(PackageResources.take_over_lease_sql)
  package static let targetExists = SQLCatalog.text(PackageResources.target_exists_sql)
  package static let targetForget = SQLCatalog.text(PackageResources.target_forget_sql)
  package static let targetHold = SQLCatalog.text(PackageResources.target_hold_sql)
  package static let targetLedger = SQLCatalog.text(PackageResources.target_ledger_sql)
  package static let targetLimits = SQLCatalog.text(PackageResources.target_limits_sql)
  package static let targetLock = SQLCatalog.text(PackageResources.target_lock_sql)
  package static let targetOutcome = SQLCatalog.text(PackageResources.target_outcome_sql)
  package static let targetRecord = SQLCatalog.text(PackageResources.target_record_sql)
  package static let targetSettings = SQLCatalog.text(PackageResources.target_settings_sql)
  package static let targetState = SQLCatalog.text(PackageResources.target_state_sql)

  package static let addOrganization = SQLCatalog.text(PackageResources.add_organization_sql)
  package static let activity = SQLCatalog.text(PackageResources.activity_sql)
  package static let approveJob = SQLCatalog.text(PackageResources.approve_job_sql)
  package static let blockingSessions = SQLCatalog.text(PackageResources.blocking_sessions_sql)
  package static let cancelJob = SQLCatalog.text(PackageResources.cancel_job_sql)
  package static let closeCancelledLog = SQLCatalog.text(PackageResources.close_cancelled_log_sql)
  package static let discardDeadLetters = SQLCatalog.text(PackageResources.discard_dead_letters_sql)
  package static let findOrganization = SQLCatalog.text(PackageResources.find_organization_sql)
  package static let groupDeadLetters = SQLCatalog.text(PackageResources.group_dead_letters_sql)
  package static let hastenJob = SQLCatalog.text(PackageResources.hasten_job_sql)
  package static let jobCircumstances = SQLCatalog.text(PackageResources.job_circumstances_sql)
  package static let jobHistory = SQLCatalog.text(PackageResources.job_history_sql)
  package static let listDeadLetters = SQLCatalog.text(PackageResources.list_dead_letters_sql)
  package static let listIssues = SQLCatalog.text(PackageResources.list_issues_sql)
  package static let listJobs = SQLCatalog.text(PackageResources.list_jobs_sql)
  package static let listKPIChanges = SQLCatalog.text(PackageResources.list_kpi_changes_sql)
  package static let listDrafts = SQLCatalog.text(PackageResources.list_drafts_sql)
  package static let listConflicts = SQLCatalog.text(PackageResources.list_conflicts_sql)
  package static let showConflict = SQLCatalog.text(PackageResources.show_conflict_sql)
  package static let listLogs = SQLCatalog.text(PackageResources.list_logs_sql)
  package static let listOrganizations = SQLCatalog.text(PackageResources.list_organizations_sql)
  package static let listQueue = SQLCatalog.text(PackageResources.list_queue_sql)
  package static let oldestTransaction = SQLCatalog.text(PackageResources.oldest_transaction_sql)
  package static let outboxBacklog = SQLCatalog.text(PackageResources.outbox_backlog_sql)
  package static let pauseQueue = SQLCatalog.text(PackageResources.pause_queue_sql)
  package static let largestGroup = SQLCatalog.text(PackageResources.largest_group_sql)
  package static let probeQueries = SQLCatalog.text(PackageResources.probe_queries_sql)
  package static let recentFailures = SQLCatalog.text(PackageResources.recent_failures_sql)
  package static let recordKPIRebuild = SQLCatalog.text(PackageResources.record_kpi_rebuild_sql)
  package static let releaseHeld = SQLCatalog.text(PackageResources.release_held_sql)
  package static let repeatJob = SQLCatalog.text(PackageResources.repeat_job_sql)
  package static let replayDeadLetters = SQLCatalog.text(PackageResources.replay_dead_letters_sql)
  package static let replicaDelay = SQLCatalog.text(PackageResources.replica_delay_sql)
  package static let resumeQueue = SQLCatalog.text(PackageResources.resume_queue_sql)
  package static let runningJobs = SQLCatalog.text(PackageResources.running_jobs_sql)
  package static let setOrganizationStatus = SQLCatalog.text(PackageResources.set_organization_status_sql)
  package static let showDeadLetter = SQLCatalog.text(PackageResources.show_dead_letter_sql)
  package static let showJob = SQLCatalog.text(PackageResources.show_job_sql)
  package static let showKPIs = SQLCatalog.text(PackageResources.show_kpis_sql)
  package static let showLog = SQLCatalog.text(PackageResources.show_log_sql)
  package static let showTimeline = SQLCatalog.text(PackageResources.show_timeline_sql)
  package static let silentJobs = SQLCatalog.text(PackageResources.silent_jobs_sql)
  package static let tableBloat = SQLCatalog.text(PackageResources.table_bloat_sql)
  package static let unforcedTables = SQLCatalog.text(PackageResources.unforced_tables_sql)

  /// Every statement by file name, for the test that prepares each of them.
  package static let all = product + schedule + presence + status + decisions + trends + answers + breakers + bench

  private static let product: [(name: String, sql: String)] = [
    ("advance_offset", advanceOffset),
    ("become_app", becomeApp),
    ("become_system", becomeSystem),
    ("become_login", becomeLogin),
    ("become_worker", becomeWorker),
    ("claim_job", claimJob),
    ("claim_partition", claimPartition),
    ("foreign_jobs", foreignJobs),
    ("forget_offsets", forgetOffsets),
    ("hold_job", holdJob),
    ("hold_message", holdMessage),
    ("insert_dead_letter", insertDeadLetter),
    ("insert_outbox", insertOutbox),
    ("job_status", jobStatus),
    ("lift_timeout", liftTimeout),
    ("move_offset", moveOffset),
    ("organization_exists", organizationExists),
    ("park_outbox", parkOutbox),
    ("read_offsets", readOffsets),
    ("release_job", releaseJob),
    ("reopen_dead_letter", reopenDeadLetter),
    ("resolve_dead_letter", resolveDeadLetter),
    ("remove_outbox", removeOutbox),
    ("report_progress", reportProgress),
    ("retry_job", retryJob),
    ("sample_state", sampleState),
    ("take_outbox", takeOutbox),
    ("abandon_pages", abandonPages),
    ("allocate_pages", allocatePages),
    ("apply_records", applyRecords),
    ("become_applier", becomeApplier),
    ("count_orphans", countOrphans),
    ("count_seen", countSeen),
    ("active_costs", activeCosts),
    ("finish_dry_run", finishDryRun),
    ("finish_read", finishRead),
    ("known_records", knownRecords),
    ("mark_late_pages", markLatePages),
    ("open_read", openRead),
    ("page_window", pageWindow),
    ("pages_from", pagesFrom),
    ("prefer_hashing", preferHashing),
    ("preview_records", previewRecords),
    ("read_position", readPosition),
    ("request_read", requestRead),
    ("restart_read", restartRead),
    ("start_run", startRun),
    ("store_checkpoint", storeCheckpoint),
    ("store_drift", storeDrift),
    ("store_watermark", storeWatermark),
    ("sweep_orphans", sweepOrphans),
    ("vouched_page", vouchedPage),
    ("commit_edits", commitEdits),
    ("conflict_edits", conflictEdits),
    ("known_commits", knownCommits),
    ("list_editors", listEditors),
    ("lock_drafted_records", lockDraftedRecords),
    ("lock_drafts", lockDrafts),
    ("create_draft", createDraft),
    ("commit_session", commitSession),
    ("discard_session", discardSession),
    ("session_organizations", sessionOrganizations),
    ("drafted_records", draftedRecords),
    ("forecast_totals", forecastTotals),
    ("lock_conflict", lockConflict),
    ("lock_conflict_record", lockConflictRecord),
    ("refresh_conflict", refreshConflict),
    ("resolve_conflict", resolveConflict),
    ("queue_write_backs", queueWriteBacks),
    ("record_commits", recordCommits),
    ("write_edits", writeEdits),
    ("lock_rebuild", lockRebuild),
    ("rebuild_kpis", rebuildKPIs),
    ("record_rebuild", recordRebuild),
    ("explain_kpis", explainKPIs),
    ("verify_kpis", verifyKPIs),
    ("append_events", appendEvents),
    ("append_events_adaptive", appendEventsAdaptive),
    ("append_events_delayed", appendEventsDelayed),
    ("read_stream", readStream),
    ("claim_pushes", claimPushes),
    ("close_push_letters", closePushLetters),
    ("commit_lazily", commitLazily),
    ("conflict_push", conflictPush),
    ("delay_push", delayPush),
    ("fail_push", failPush),
    ("finish_push", finishPush),
    ("hold_pushes", holdPushes),
    ("keep_failed_push", keepFailedPush),
    ("load_push", loadPush),
    ("lock_pushed_record", lockPushedRecord),
    ("lock_push_claims", lockPushClaims),
    ("log_push", logPush),
    ("note_push", notePush),
    ("pause_budget", pauseBudget),
    ("request_push", requestPush),
    ("retry_pushes", retryPushes),
    ("sample_pushes", samplePushes),
    ("settle_push_letter", settlePushLetter),
    ("take_budget", takeBudget),
    ("applied_since", appliedSince),
    ("create_project", createProject),
    ("end_job", endJob),
    ("extend_lease", extendLease),
    ("end_schema_change", endSchemaChange),
    ("fail_schema_attempt", failSchemaAttempt),
    ("find_deployments", findDeployments),
    ("intend_schema_change", intendSchemaChange),
    ("applied_request", appliedRequest), ("open_schema_change", openSchemaChange),
    ("read_project", readProject),
    ("release_lease", releaseLease),
    ("remove_project", removeProject),
    ("request_schema_change", requestSchemaChange),
    ("settle_project", settleProject),
    ("find_project", findProject),
    ("list_deployments", listDeployments),
    ("list_projects", listProjects),
    ("list_schema_changes", listSchemaChanges),
    ("set_deployment", setDeployment),
    ("take_lease", takeLease),
    ("take_over_lease", takeOverLease),
    ("add_organization", addOrganization),
    ("activity", activity),
    ("approve_job", approveJob),
    ("blocking_sessions", blockingSessions),
    ("cancel_job", cancelJob),
    ("close_cancelled_log", closeCancelledLog),
    ("discard_dead_letters", discardDeadLetters),
    ("find_organization", findOrganization),
    ("group_dead_letters", groupDeadLetters),
    ("hasten_job", hastenJob),
    ("job_circumstances", jobCircumstances),
    ("job_history", jobHistory),
    ("list_dead_letters", listDeadLetters),
    ("list_issues", listIssues),
    ("list_jobs", listJobs),
    ("list_kpi_changes", listKPIChanges),
    ("list_drafts", listDrafts),
    ("list_conflicts", listConflicts),
    ("show_conflict", showConflict),
    ("list_logs", listLogs),
    ("list_organizations", listOrganizations),
    ("list_queue", listQueue),
    ("oldest_transaction", oldestTransaction),
    ("outbox_backlog", outboxBacklog),
    ("pause_queue", pauseQueue),
    ("largest_group", largestGroup),
    ("probe_queries", probeQueries),
    ("recent_failures", recentFailures),
    ("record_kpi_rebuild", recordKPIRebuild),
    ("release_held", releaseHeld),
    ("repeat_job", repeatJob),
    ("replay_dead_letters", replayDeadLetters),
    ("replica_delay", replicaDelay),
    ("resume_queue", resumeQueue),
    ("running_jobs", runningJobs),
    ("set_organization_status", setOrganizationStatus),
    ("show_dead_letter", showDeadLetter),
    ("show_job", showJob),
    ("show_kpis", showKPIs),
    ("show_log", showLog),
    ("show_timeline", showTimeline),
    ("silent_jobs", silentJobs),
    ("table_bloat", tableBloat),
    ("unforced_tables", unforcedTables),
  ]
}
