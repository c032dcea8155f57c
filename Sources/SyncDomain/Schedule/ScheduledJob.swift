/// Work that is done again and again: one entry of `jobs:` in `Jobs/*.yaml`.
package struct ScheduledJob: Sendable, Equatable {
  package enum Kind: String, CaseIterable, Sendable {
    /// Asks for a read of a source, as `sync run` does.
    case readSync = "read_sync"
    /// Asks for a correction of the totals.
    case kpiRebuild = "kpi_rebuild"
    /// Compares the totals with the records.
    case kpiVerify = "kpi_verify"
    /// Asks again for pushes of committed edits that nobody has taken up.
    case writeBack = "write_back"
    /// Deletes history that is older than ``ScheduledJob/retention``.
    case cleanup

    /// Done by the leading scheduler itself; the others are asked for with an event, and a worker does them.
    package var isOwnWork: Bool {
      switch self {
      case .readSync, .kpiRebuild: false
      case .kpiVerify, .writeBack, .cleanup: true
      }
    }
  }

  /// How long history is kept, in seconds.
  package struct Retention: Sendable, Equatable {
    /// Finished jobs with their pages and their history in the journal. Default: 90 days, longer than any topic keeps
    /// the request: while its row lives, an event delivered again has no further effect.
    package var jobs: Int64 = 90 * 86_400
    /// Rows of the sync log, but never an organization's newest. Default: 400 days.
    package var log: Int64 = 400 * 86_400
    /// What was wrong with single records. Default: 90 days.
    package var issues: Int64 = 90 * 86_400
    /// Dead letters that were replayed or discarded; open ones are never deleted. Default: 90 days.
    package var deadLetters: Int64 = 90 * 86_400
    /// Firings of jobs. Default: 90 days.
    package var firings: Int64 = 90 * 86_400

    package init() {}
  }

  package var name: String
  package var kind: Kind
  /// Nil: every active organization.
  package var organizations: [String]?
  /// A source of `Jobs/`; of read syncs only.
  package var source = ""
  /// Of read syncs only. Default: incremental.
  package var mode = ReadSyncMode.incremental
  package var schedule: CronSchedule
  /// Each firing is up to this much later, by chance but always the same, in seconds, so that a hundred organizations
  /// do not ask the upstream in one second. Default: 0.
  package var jitter: Int64 = 0
  package var overlap = OverlapPolicy.skip
  package var missed = MissedPolicy.once
  /// Most firings that `missed: all` makes up for. Default: 10.
  package var missedLimit = 10
  /// A firing that has not ended after this many seconds is given up: its job is cancelled. Default: 6 hours.
  package var timeout: Int64 = 6 * 3600
  /// How often a failed firing is tried again, beyond the attempts of the job itself. Default: 0.
  package var retries = 0
  /// Seconds before that. Default: 5 minutes.
  package var retryDelay: Int64 = 300
  /// Higher ones go first, -100 to 100. Default: 0.
  package var priority = 0
  package var isEnabled = true
  package var retention = Retention()

  package init(name: String, kind: Kind, schedule: CronSchedule) {
    self.name = name
    self.kind = kind
    self.schedule = schedule
  }

  /// What may not run beside each other in an organization: all of its reads, and otherwise firings of one job.
  package var lane: String { kind == .readSync ? kind.rawValue : name }
}
