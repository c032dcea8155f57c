import Runtime

/// Every alert, by what it speaks of. A new one is one more row; a test asks that its metrics and labels exist.
enum AlertCatalog {
  private typealias M = MetricCatalog

  static let all: [AlertRule] = work + edits + scheduled + database

  /// Messages and jobs.
  private static let work = [
    AlertRule(
      "SynclineNoWorker", .critical, when: "absent(\(M.consumes.name))", for: "2m",
      "No worker lives that applies messages.",
      do: "Start one: 'syncline worker'. 'syncline doctor' says what keeps it from starting."),
    AlertRule(
      "SynclineStuck", .critical,
      when: "sum(max by (topic, partition) (\(M.consumerLag.name))) > 0 "
        + "and sum(increase(\(M.batches.name){result=\"applied\"}[10m])) == 0",
      for: "5m", "Messages wait and none was applied for 10 minutes.",
      do: "'syncline lag' shows the partitions and their owners, 'syncline doctor' what cannot be reached; then the "
        + "owner's log."),
    // The offset as a maximum: a worker that has lost the partition without knowing stands still for itself.
    AlertRule(
      "SynclinePartitionStands", .critical,
      when: "min by (topic, partition) (min_over_time(\(M.consumerLag.name)[5m])) > 0 "
        + "and max by (topic, partition) (changes(\(M.appliedOffset.name)[5m])) == 0",
      for: "10m",
      "Messages wait in partition {{ $labels.partition }} of {{ $labels.topic }}, and none was applied for 10 minutes.",
      do:
        "Most often somebody holds a row in an open transaction: 'syncline doctor' names who. A pause is no cause: what "
        + "it holds back leaves the partition. Else the log of the owner, whom 'syncline lag' names."),
    AlertRule(
      "SynclineLag", .warning,
      when: "sum by (topic) (max by (topic, partition) (\(M.consumerLag.name))) > 1000", for: "15m",
      "{{ $value }} messages of {{ $labels.topic }} are not applied.",
      do: "'syncline lag': start workers where a partition has no owner; read the owner's log where only one partition "
        + "lags; add workers, up to one for each partition, where all of them do."),
    AlertRule(
      "SynclineRetries", .warning, when: "sum by (code) (increase(\(M.retries.name)[10m])) > 50", for: "5m",
      "{{ $value }} attempts were repeated in 10 minutes, code {{ $labels.code }}.",
      do: "The code names who is in trouble: an SQLSTATE is Postgres, UPSTREAM_… is PEMS. 'syncline jobs list --state "
        + "retrying', then 'syncline jobs why JOB'."),
    AlertRule(
      "SynclineFenced", .warning, when: "sum(increase(\(M.fenced.name)[15m])) > 5", for: "0m",
      "{{ $value }} writes of workers that had lost their partition or job were refused in 15 minutes.",
      do:
        "No data is harmed. Workers are taken for dead: look for stalls, kill signals and memory limits in their logs, "
        + "and 'syncline lag' for the owners."),
    AlertRule(
      "SynclineRebalances", .warning, when: "sum(increase(\(M.rebalances.name)[15m])) > 100", for: "0m",
      "{{ $value }} changes of partitions in 15 minutes: workers come and go.",
      do: "Look at restarts of the workers, and at the limits of whatever scales them; 'syncline lag' shows the owners."
    ),
    AlertRule(
      "SynclineDeadLetters", .warning, when: "max by (code) (\(M.deadLetters.name)) > 0", for: "5m",
      "{{ $value }} messages could not be applied, code {{ $labels.code }}.",
      do:
        "'syncline dead-letters list' has the causes. Remove the cause, then 'syncline dead-letters replay --code CODE', "
        + "or 'syncline dead-letters discard ID'."),
    AlertRule(
      "SynclineAwaitingApproval", .warning, when: "max by (kind) (\(M.jobs.name){state=\"awaiting_approval\"}) > 0",
      for: "5m", "A job waits for somebody's approval.",
      do: "'syncline jobs list --state awaiting_approval', 'syncline jobs why JOB'. Nothing was discontinued yet: "
        + "'syncline jobs approve JOB' or 'syncline jobs cancel JOB'."),
    AlertRule(
      "SynclineJobsWait", .warning, when: "max(\(M.oldestJobAge.name){state=\"queued\"}) > 900", for: "5m",
      "A job is queued for {{ $value | humanizeDuration }}.",
      do: "'syncline queue list' shows who waits for what and what is paused; 'syncline jobs why JOB'."),
    AlertRule(
      "SynclineJobsRetry", .warning, when: "max(\(M.oldestJobAge.name){state=\"retrying\"}) > 1800", for: "5m",
      "A job that was asked for {{ $value | humanizeDuration }} ago fails and is tried again.",
      do:
        "'syncline jobs list --state retrying', 'syncline jobs why JOB' says what it died of last and when it is tried "
        + "again."),
    AlertRule(
      "SynclineJobRunsLong", .warning, when: "max(\(M.oldestJobAge.name){state=\"running\"}) > 14400", for: "5m",
      "A job runs for {{ $value | humanizeDuration }}.",
      do: "'syncline jobs list --state running', 'syncline jobs watch JOB'; 'syncline jobs cancel JOB' ends it at the "
        + "next page."),
    AlertRule(
      "SynclineStaleSync", .warning,
      when: "time() - max by (organization) (\(M.lastSyncSuccess.name)) > 3600", for: "5m",
      "{{ $labels.organization }} was last read {{ $value | humanizeDuration }} ago.",
      do:
        "'syncline log list --organization ORG', 'syncline jobs list --state failed', 'syncline jobs why JOB'; 'syncline "
        + "jobs schedule' says whether reads are asked for."),
    AlertRule(
      "SynclineUpstreamOpen", .warning, when: "max by (upstream) (\(M.upstreamOpen.name)) == 1", for: "10m",
      "{{ $labels.upstream }} does not answer and is left alone.",
      do:
        "'syncline doctor' says since when, and its last words. Bring it back, or mend its source; reads and pushes wait "
        + "and go on with its first answer."),
    AlertRule(
      "SynclineRecordsRejected", .warning,
      when: happened("\(M.records.name){kind=\"read_sync\",outcome=\"rejected\"}", by: "kind"), for: "0m",
      "Records were rejected within the last hour: what is shown of them is old.",
      do:
        "'syncline log list' names the runs, 'syncline log show ID' code, field and raw value of each record. Have them "
        + "mended upstream; what is read or announced then is applied."),
    AlertRule(
      "SynclineSchemaChangesFail", .warning,
      when: happened("\(M.schemaChanges.name){result=~\"(target|deployment)_.*|timeout\"}", by: "result"),
      for: "0m", "A schema change failed: {{ $labels.result }}.",
      do:
        "'syncline schema history --errors' has the target's words and the SQL, 'syncline schema status PROJECT' what "
        + "is left to do."),
  ]

  /// What users wait for.
  private static let edits = [
    AlertRule(
      "SynclinePushesFailed", .warning, when: "max by (code) (\(M.pushesFailed.name)) > 0", for: "5m",
      "{{ $value }} edits did not reach PEMS, code {{ $labels.code }}.",
      do: "'syncline drafts list --state failed' has code and message. Remove the cause, then 'syncline drafts retry'."),
    AlertRule(
      "SynclinePushesWait", .warning, when: "max(\(M.oldestPushAge.name)) > 900", for: "5m",
      "An edit waits for {{ $value | humanizeDuration }} to be pushed to PEMS.",
      do: "Is PEMS up, is pushing paused, does a worker take write_back? 'syncline queue list', 'syncline doctor', the "
        + "workers' logs."),
    AlertRule(
      "SynclineConflicts", .warning, when: "max(\(M.conflicts.name){status=\"open\"}) > 0", for: "1d",
      "{{ $value }} conflicts are open since a day.",
      do: "'syncline conflicts list', 'syncline conflicts show CONFLICT'; who knows the record decides: 'syncline "
        + "conflicts resolve CONFLICT --take mine', or theirs."),
    AlertRule(
      "SynclineCommitsSlow", .warning,
      when: "histogram_quantile(0.95, sum by (le) (rate(\(M.commitToVisible.name)_bucket[10m]))) > 5", for: "10m",
      "One commit in twenty takes longer than {{ $value | humanizeDuration }} to take effect.",
      do:
        "'syncline lag' for the topic of commits; is its lane held by locks or by Postgres? 'syncline doctor', and the "
        + "panel of lock waits."),
  ]

  /// What schedulers do.
  private static let scheduled = [
    AlertRule(
      "SynclineNoSchedulerLeader", .critical, .scheduler,
      when: "(sum(\(M.schedulerLeader.name)) or vector(0)) < 1", for: "2m",
      "No scheduler leads: no read is asked for.",
      do:
        "Start one: 'syncline scheduler'. 'syncline jobs schedule' says who leads, the schedulers' logs why nobody does."
    ),
    AlertRule(
      "SynclineFiringsFail", .warning, .scheduler,
      when: happened("\(M.firings.name){outcome=~\"failed|timed_out|missed\"}", by: "kind, outcome"),
      for: "0m",
      "Scheduled jobs of kind {{ $labels.kind }} are {{ $labels.outcome }}.",
      do:
        "'syncline jobs schedule', 'syncline jobs schedule JOB' say why; 'syncline jobs why JOB' for the job that failed."
    ),
  ]

  /// Totals, and Postgres under them.
  private static let database = [
    AlertRule(
      "SynclineDatabaseDown", .critical, .database, when: "min by (instance) (\(M.databaseUp.name)) == 0", for: "2m",
      "Postgres does not answer {{ $labels.instance }}.",
      do:
        "'syncline doctor' says why it can not be reached. Until it answers, what other alerts and panels read from it stands "
        + "as it last was."),
    AlertRule(
      "SynclineKPIDifferences", .critical, .database, when: "max(\(M.kpiVerifyDifferences.name)) > 0", for: "0m",
      "{{ $value }} groups of totals are not what the records say.",
      do:
        "'syncline kpi verify' shows them, 'syncline kpi explain ORG' what moved them, 'syncline kpi rebuild ORG' corrects "
        + "them and keeps what it corrected."),
    AlertRule(
      "SynclineTotalsUnproved", .warning, .database,
      when: "time() - max(\(M.kpiVerifyLastSuccess.name)) > 3600 or absent(\(M.kpiVerifyLastSuccess.name))", for: "30m",
      "The totals were not proved for more than an hour.",
      do: "'syncline kpi verify' proves them now; workers do every 7.5 to 15 minutes, so look at their logs."),
    AlertRule(
      "SynclineQueriesSlow", .warning, .database, when: "max by (query) (\(M.queryTime.name)) > 0.2", for: "15m",
      "The query '{{ $labels.query }}' takes {{ $value | humanizeDuration }}.",
      do:
        "'syncline doctor' for bloat and the oldest transaction; the plan beside those of Migrations/README.md; ANALYZE "
        + "pfa_mirror."),
    AlertRule(
      "SynclineBloat", .warning, .database,
      when: "max by (table) (\(M.tableDeadShare.name)) > 0.3 and max by (table) (\(M.tableBytes.name)) > 67108864",
      for: "1h",
      "{{ $value | humanizePercentage }} of the rows of {{ $labels.table }} are dead.",
      do: "'syncline doctor' names the oldest transaction, which keeps vacuum from its work; then VACUUM the table."),
    AlertRule(
      "SynclineIndexUnused", .warning, .database, when: "max by (table, index) (\(M.indexScans.name)) == 0", for: "7d",
      "Nobody used {{ $labels.index }} of {{ $labels.table }} for a week.",
      do:
        "It costs every write and serves nobody, or queries miss it: compare plans with Migrations/README.md; 'syncline "
        + "doctor' says whether the schema is whole."),
    AlertRule(
      "SynclineTriggersOff", .critical, .database, when: "max(\(M.idleTriggers.name)) > 0", for: "5m",
      "{{ $value }} triggers of the schema are off: histories and guards are not kept.",
      do: "'syncline doctor' names them; 'syncline migrate up' brings them back. Find out who switched them off."),
    AlertRule(
      "SynclineTrendLags", .warning, .database, when: "max(\(M.analyticsLag.name)) > 300", for: "10m",
      "Roll-ups and trend are {{ $value | humanizeDuration }} behind the totals.",
      do:
        "'syncline lag' shows the backlog; start more of 'syncline worker --only analytics'. Totals themselves are right."
    ),
    AlertRule(
      "SynclinePoolWaiters", .warning, .database, when: "max by (instance) (\(M.poolWaiters.name)) > 0", for: "5m",
      "{{ $value }} tasks of {{ $labels.instance }} wait for a connection to Postgres.",
      do:
        "'syncline doctor' shows the oldest transaction; if none is stuck, Postgres is the limit: see 'Scaling out' of "
        + "Helm/README.md."),
  ]

  /// A counter rose within the hour. A series that was not there before has risen too, from nothing, which `increase`
  /// does not see.
  private static func happened(_ series: String, by labels: String) -> String {
    "sum by (\(labels)) (increase(\(series)[1h])) > 0 or sum by (\(labels)) (\(series) unless \(series) offset 1h) > 0"
  }
}
