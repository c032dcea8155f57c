import FoundationEssentials
import Postgres
import SyncStore

/// What goes on in all organizations at one moment: what the status page shows first, and what its `Attention` and the
/// demo's tour are made of.
struct Overview: Sendable {
  /// Rows of each list at most.
  static let limit = 12
  /// Organizations at most; more are a matter for the command line.
  static let organizationLimit = 200
  /// Seconds past a lease's end.
  private static let silence = JobStore.takeoverGrace

  var time: Date
  var live: Section<LiveState> = .read(LiveState())
  var organizations: Section<[Facts]> = .read([])
  /// What ended otherwise than it should have, and nothing has made up for.
  var unsettled: Section<[UnsettledJob]> = .read([])
  /// The newest.
  var jobs: Section<[Facts]> = .read([])
  /// Those that wait for a person.
  var approvals: Section<[Facts]> = .read([])
  var silentJobs: Section<[HealthReports.SilentJob]> = .read([])
  /// Sessions that keep others waiting for a lock.
  var blockers: Section<[HealthReports.Blocker]> = .read([])
  var log: Section<[Facts]> = .read([])
  /// Open ones.
  var conflicts: Section<[Facts]> = .read([])
  /// Open ones, by cause.
  var letters: Section<[Facts]> = .read([])
  var queue: Section<[Facts]> = .read([])
  /// Edits whose push was given up, by code.
  var failedPushes: Section<[String: Int64]> = .read([:])
  var lag: Section<[PartitionLag]> = .read([])
  /// Who works; missing: then nothing is said of workers.
  var crew: Section<Crew> = .missing("not read")
  /// What waits for some worker.
  var waiting: Section<StandstillReports.WaitingWork> = .read(StandstillReports.WaitingWork())
  /// Of the jobs that are to be fired.
  var schedules: Section<StandstillReports.Schedules> = .read(StandstillReports.Schedules())
  /// Upstreams that are left alone because they do not answer.
  var upstreams: Section<[BreakerStore.Open]> = .read([])

  /// What the jobs directory defines, where that is known.
  let definitions: Definitions

  init(time: Date, definitions: Definitions = Definitions()) {
    self.time = time
    self.definitions = definitions
  }

  /// Reads everything but the lag. Each part is read by itself, so that one that takes too long leaves the others.
  mutating func read(_ part: SectionReader) async {
    let limit = Overview.limit
    live = await part.read { try ActivityReports.live($0, limit: limit) }
    await readAttention(part)
    jobs = await part.read {
      Facts.all(try JobReports.list($0, organization: nil, state: nil, kind: nil, limit: Int64(limit)))
    }
    log = await part.read {
      Facts.all(try LogReports.list($0, organization: nil, status: nil, limit: Int64(limit)))
    }
    organizations = await part.read {
      Facts.all(
        try StatusReports.organizations($0, organization: nil, limit: Overview.organizationLimit))
    }
  }

  /// Reads what `Attention` is made of, but for the lag.
  mutating func readAttention(_ part: SectionReader) async {
    let (limit, silence) = (Overview.limit, Overview.silence)
    approvals = await part.read {
      Facts.all(
        try JobReports.list(
          $0, organization: nil, state: "awaiting_approval", kind: nil, limit: Int64(limit)))
    }
    silentJobs = await part.read { try HealthReports.silentJobs($0, after: silence) }
    blockers = await part.read { try HealthReports.blockers($0, openFor: LockCheck.patience) }
    unsettled = await part.read { try UnsettledJobs.list($0, limit: limit) }
    letters = await part.read {
      var open = DeadLetterFilter()
      open.status = "open"
      return Facts.all(try DeadLetterReports.groups($0, open, limit: Int64(limit)))
    }
    conflicts = await part.read {
      Facts.all(
        try DraftReports.conflicts($0, organization: nil, status: "open", limit: Int64(limit)))
    }
    crew = await part.read { try CrewStore.crew($0) }
    waiting = await part.read { try StandstillReports.waitingWork($0) }
    let enabled = definitions.enabledJobs
    schedules = await part.read {
      let all = try StandstillReports.schedules($0, lateness: DatabaseChecks.lateness)
      return enabled.map { all.of($0) } ?? all
    }
    upstreams = await part.read { try BreakerStore.open($0) }
    queue = await part.read { Facts.all(try QueueStore.list($0, organization: nil, kind: nil)) }
    failedPushes = await part.read { session in
      Dictionary(try PushReports.sample(session).failed.map { ($0.code, $0.count) }) { $0 + $1 }
    }
  }
}
