/// Every metric this program exposes; the manual of `/metrics`.
///
/// Label values come from small fixed sets (kinds, states, codes, configured topics and organizations), so that the
/// number of series is bounded. Adding a metric is adding a row here and to `all`.
///
/// A series whose label values are all known beforehand is there from the start with 0, so that "nothing happened" and
/// "nobody looks" are different news to an alert.
package enum MetricCatalog {
  package typealias Definition = Metrics.Definition

  /// Of work: `WorkKind`.
  package static let kinds = ["read_sync", "schema_change", "kpi_rebuild", "write_back", "draft_commit"]
  package static let openStates = ["queued", "running", "retrying", "awaiting_approval"]
  private static let outcomes = [
    "inserted", "updated", "unchanged", "stale", "discontinued", "conflicted", "rejected", "skipped",
  ]

  package static let records = Definition(
    "syncline_records_total", .counter,
    "Records by kind of job and outcome: inserted, updated, unchanged, stale, discontinued, conflicted, rejected, skipped.",
    labels: ["kind", "outcome"], known: [kinds, outcomes])
  package static let batches = Definition(
    "syncline_batches_total", .counter,
    "Batches of messages by kind of job and result: applied, retried.", labels: ["kind", "result"],
    known: [kinds, ["applied", "retried"]])
  package static let batchDuration = Definition(
    "syncline_batch_duration_seconds", .histogram,
    "Time from taking a batch to the commit of its effects and its offset.", labels: [])
  package static let batchMessages = Definition(
    "syncline_batch_messages", .histogram, "Messages of a batch that was applied.", labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000])
  package static let messageAge = Definition(
    "syncline_message_age_seconds", .histogram,
    "Time from the oldest message of a batch, by its time in Kafka, to the commit of its effects.", labels: [],
    buckets: [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400])
  package static let commitToVisible = Definition(
    "syncline_commit_to_visible_seconds", .histogram,
    "Time from a user's commit of a draft session to its effect in the mirror and the KPIs.", labels: [])
  package static let consumerLag = Definition(
    "syncline_consumer_lag", .gauge, "Messages between the applied offset and the end of a partition.",
    labels: ["topic", "partition"])
  package static let appliedOffset = Definition(
    "syncline_applied_offset", .gauge, "The next offset to apply of a partition that this worker holds.",
    labels: ["topic", "partition"])
  package static let jobs = Definition(
    "syncline_jobs", .gauge, "Jobs by kind and state; ended ones of the last day.", labels: ["kind", "state"],
    known: [kinds, openStates + ["succeeded", "failed", "cancelled"]])
  package static let jobDuration = Definition(
    "syncline_job_duration_seconds", .histogram, "Time from the start of a job, whichever worker began it, to its end.",
    labels: ["kind"],
    known: [kinds],
    buckets: [0.05, 0.25, 1, 2.5, 5, 15, 45, 60, 120, 240, 600, 1200, 2400, 7200])
  package static let oldestJobAge = Definition(
    "syncline_oldest_job_age_seconds", .gauge, "Age of the oldest job in a state that is not final.", labels: ["state"],
    known: [openStates])
  package static let retries = Definition(
    "syncline_retries_total", .counter, "Repeated attempts by error code.", labels: ["code"])
  package static let deadLetters = Definition(
    "syncline_dead_letters", .gauge, "Dead letters that nobody has replayed or discarded, by error code.",
    labels: ["code"])
  package static let oldestPushAge = Definition(
    "syncline_oldest_push_age_seconds", .gauge, "Age of the oldest committed edit that PEMS does not have yet.",
    labels: [])
  package static let pushesInFlight = Definition(
    "syncline_pushes_in_flight", .gauge, "Edits that this worker is pushing to PEMS.", labels: [])
  package static let pushesFailed = Definition(
    "syncline_pushes_failed", .gauge, "Edits whose push was given up, by error code.", labels: ["code"])
  package static let upstreamOpen = Definition(
    "syncline_upstream_open", .gauge,
    "1 for each upstream that has failed too often in a row and is left alone, or probed, until it answers.",
    labels: ["upstream"])
  package static let conflicts = Definition(
    "syncline_conflicts", .gauge, "Conflicts between a user's edit and PEMS by status; resolved ones of the last day.",
    labels: ["status"], known: [["open", "resolved"]])
  package static let fenced = Definition(
    "syncline_fenced_total", .counter, "Writes refused because the worker had lost its partition or its job.",
    labels: [])
  package static let rebalances = Definition(
    "syncline_rebalances_total", .counter, "Changes of this worker's partitions.", labels: [])
  package static let lockWait = Definition(
    "syncline_lock_wait_seconds", .histogram,
    "Time until the records of a commit were locked, which other writers may hold.", labels: [])
  package static let schemaChanges = Definition(
    "syncline_schema_changes_total", .counter, "Schema changes by result: applied, or the code they failed with.",
    labels: ["result"])
  package static let schemaChangeDuration = Definition(
    "syncline_schema_change_duration_seconds", .histogram,
    "Time from the first attempt of a schema change to its end.", labels: [])
  package static let kpiVerifyDifferences = Definition(
    "syncline_kpi_verify_differences", .gauge,
    "KPI groups that differed from their recomputation at the last verification; 0 before the first.", labels: [])
  package static let kpiVerifyLastSuccess = Definition(
    "syncline_kpi_verify_last_success_timestamp_seconds", .gauge,
    "Unix time of the last KPI verification that found no difference; 0 before the first.", labels: [])
  package static let analyticsLag = Definition(
    "syncline_analytics_lag_seconds", .gauge, "Age of the oldest change of a total that the trend does not have.",
    labels: [])
  package static let analyticsProcessed = Definition(
    "syncline_analytics_processed_total", .counter, "Organizations whose trend this worker brought up to date.",
    labels: [])
  package static let analyticsBatchSize = Definition(
    "syncline_analytics_batch_size", .gauge, "Organizations in the last step of the trend.", labels: [])
  package static let lastSyncSuccess = Definition(
    "syncline_last_sync_success_timestamp_seconds", .gauge,
    "Unix time of an organization's last successful sync; none before the first.",
    labels: ["organization"])
  package static let schedulerLeader = Definition(
    "syncline_scheduler_leader", .gauge,
    "1 while this scheduler leads, 0 while it stands by or its lease has run out without being renewed.", labels: [])
  package static let firings = Definition(
    "syncline_firings_total", .counter,
    "Firings of scheduled jobs by kind and outcome: requested, waiting, skipped, missed, succeeded, failed, cancelled, timed_out.",
    labels: ["kind", "outcome"])
  package static let firingDelay = Definition(
    "syncline_firing_delay_seconds", .histogram, "Time from the due instant of a firing to its request.", labels: [],
    buckets: [1, 5, 15, 60, 300, 900, 3600, 21_600, 86_400])
  package static let queryTime = Definition(
    "syncline_query_seconds", .gauge,
    "What the common queries took when they were last tried, for the group with the most records.", labels: ["query"])
  package static let consumes = Definition(
    "syncline_consumes", .gauge,
    "1 for each kind of work whose messages this worker applies; none from one of `--only analytics`.",
    labels: ["kind"])
  package static let databaseUp = Definition(
    "syncline_database_up", .gauge,
    "1 while Postgres answers this process; at 0, what is read from it stands as it last was.", labels: [])
  package static let poolInUse = Definition(
    "syncline_pool_in_use", .gauge, "Database connections that are lent out.", labels: [])
  package static let poolWaiters = Definition(
    "syncline_pool_waiters", .gauge, "Tasks that wait for a database connection.", labels: [])
  package static let tableBytes = Definition(
    "syncline_table_bytes", .gauge, "Size of a table with its indexes.", labels: ["table"])
  package static let tableDeadShare = Definition(
    "syncline_table_dead_share", .gauge, "Share of a table's rows that is dead and not vacuumed yet, 0 to 1.",
    labels: ["table"])
  package static let indexScans = Definition(
    "syncline_index_scans", .gauge, "How often an index was used since Postgres' statistics began.",
    labels: ["table", "index"])
  package static let idleTriggers = Definition(
    "syncline_idle_triggers", .gauge,
    "Triggers of the schema that are disabled or dropped; `syncline migrate up` brings them back.", labels: [])
  package static let buildInfo = Definition(
    "syncline_build_info", .gauge, "1, with the build it comes from.", labels: ["version", "revision", "swift"])

  package static let all: [Definition] = [
    records, batches, batchDuration, batchMessages, messageAge, commitToVisible, consumerLag, appliedOffset,
    jobs, jobDuration,
    oldestJobAge, retries,
    deadLetters,
    oldestPushAge, pushesInFlight, pushesFailed, upstreamOpen, conflicts, fenced, rebalances, lockWait, schemaChanges,
    schemaChangeDuration, kpiVerifyDifferences, kpiVerifyLastSuccess, analyticsLag,
    analyticsProcessed, analyticsBatchSize, lastSyncSuccess, schedulerLeader, firings,
    firingDelay, queryTime, consumes, databaseUp, poolInUse,
    poolWaiters, tableBytes, tableDeadShare, indexScans, idleTriggers, buildInfo,
  ]
}

extension Metrics {
  /// The metrics of a process: the whole catalog, with `build_info` set.
  package static func ofProcess() -> Metrics {
    let metrics = Metrics(MetricCatalog.all)
    let labels = [("version", BuildInfo.version), ("revision", BuildInfo.revision), ("swift", BuildInfo.swift)]
    metrics.set(MetricCatalog.buildInfo, 1, labels)
    return metrics
  }

  package func add(_ metric: Definition, _ amount: Double = 1, _ labels: [(String, String)] = []) {
    add(metric.name, amount, labels)
  }

  package func set(_ metric: Definition, _ value: Double, _ labels: [(String, String)] = []) {
    set(metric.name, value, labels)
  }

  package func replace(_ metric: Definition, _ series: [([(String, String)], Double)]) { replace(metric.name, series) }

  package func observe(_ metric: Definition, _ value: Double, _ labels: [(String, String)] = []) {
    observe(metric.name, value, labels)
  }
}
