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
  /// A lease past for longer than a takeover may take.
  private static let silence = 15

  var time: Date
  var live: Section<LiveState> = .read(LiveState())
  var organizations: Section<[Facts]> = .read([])
  /// The newest.
  var jobs: Section<[Facts]> = .read([])
  /// Those that wait for a person.
  var approvals: Section<[Facts]> = .read([])
  var silentJobs: Section<[HealthReports.SilentJob]> = .read([])
  var log: Section<[Facts]> = .read([])
  /// Open ones.
  var conflicts: Section<[Facts]> = .read([])
  /// Open ones, by cause.
  var letters: Section<[Facts]> = .read([])
  var queue: Section<[Facts]> = .read([])
  /// Edits whose push was given up, by code.
  var failedPushes: Section<[String: Int64]> = .read([:])
  var lag: Section<[PartitionLag]> = .read([])

  init(time: Date) { self.time = time }

  /// Reads everything but the lag. Each part is read by itself, so that one that takes too long leaves the others.
  mutating func read(_ part: SectionReader) async {
    let (limit, silence) = (Overview.limit, Overview.silence)
    live = await part.read { try ActivityReports.live($0, limit: limit) }
    approvals = await part.read {
      Facts.all(
        try JobReports.list(
          $0, organization: nil, state: "awaiting_approval", kind: nil, limit: Int64(limit)))
    }
    silentJobs = await part.read { try HealthReports.silentJobs($0, after: silence) }
    letters = await part.read {
      var open = DeadLetterFilter()
      open.status = "open"
      return Facts.all(try DeadLetterReports.groups($0, open, limit: Int64(limit)))
    }
    conflicts = await part.read {
      Facts.all(
        try DraftReports.conflicts($0, organization: nil, status: "open", limit: Int64(limit)))
    }
    queue = await part.read { Facts.all(try QueueStore.list($0, organization: nil, kind: nil)) }
    failedPushes = await part.read { session in
      Dictionary(try PushReports.sample(session).failed.map { ($0.code, $0.count) }) { $0 + $1 }
    }
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
}

/// One organization: its totals with their history, its runs and what is open there.
struct OrganizationView: Sendable {
  /// Groups of the KPI table; the command line has all of them.
  static let groupLimit = 60
  static let trendDays = 30
  static let trendSpans = 60

  var id: String
  var time: Date
  /// nil: there is no such organization.
  var state: Section<Facts?> = .read(nil)
  var groups: Section<[Facts]> = .read([])
  var trend: Section<[StatusReports.TrendPoint]> = .read([])
  var timeline: Section<Facts?> = .read(nil)
  var jobs: Section<[Facts]> = .read([])
  var log: Section<[Facts]> = .read([])
  var conflicts: Section<[Facts]> = .read([])
  var letters: Section<[Facts]> = .read([])

  init(id: String, time: Date) {
    self.id = id
    self.time = time
  }

  mutating func read(_ part: SectionReader) async {
    let (id, limit) = (id, Int64(Overview.limit))
    state = await part.read {
      try StatusReports.organizations($0, organization: id, limit: 1).first.map { Facts($0) }
    }
    guard case .read(.some) = state else { return }
    groups = await part.read {
      Facts.all(try StatusReports.largestKPIs($0, organization: id, limit: OrganizationView.groupLimit))
    }
    timeline = await part.read { try KPIReports.timeline($0, organization: id).map { Facts($0) } }
    jobs = await part.read {
      Facts.all(try JobReports.list($0, organization: id, state: nil, kind: nil, limit: limit))
    }
    log = await part.read { Facts.all(try LogReports.list($0, organization: id, status: nil, limit: limit)) }
    conflicts = await part.read {
      Facts.all(try DraftReports.conflicts($0, organization: id, status: "open", limit: limit))
    }
    letters = await part.read {
      var open = DeadLetterFilter()
      open.status = "open"
      open.organization = id
      return Facts.all(try DeadLetterReports.groups($0, open, limit: limit))
    }
    // The dearest, last: nothing else waits for it.
    trend = await part.read {
      try StatusReports.trend(
        $0, organization: id, days: OrganizationView.trendDays, spans: OrganizationView.trendSpans)
    }
  }
}

/// One job with why it is where it is, and what happened to it.
struct JobView: Sendable {
  var id: String
  var time: Date
  /// nil: there is no such job.
  var job: Section<Facts?> = .read(nil)
  var why: Section<JobVerdict?> = .read(nil)
  var progress: Section<JobProgress?> = .read(nil)
  var history: Section<[Facts]> = .read([])
  /// nil: it has none.
  var log: Section<Facts?> = .read(nil)
  var issues: Section<[Facts]> = .read([])

  init(id: String, time: Date) {
    self.id = id
    self.time = time
  }

  mutating func read(_ part: SectionReader) async {
    let (id, limit) = (id, Int64(2 * Overview.limit))
    job = await part.read { try JobReports.job($0, id).map { Facts($0) } }
    guard case .read(.some(let facts)) = job else { return }
    let organization = facts.text("organization_id")
    why = await part.read { try JobReports.circumstances($0, id).map { JobVerdict($0) } }
    progress = await part.read { try JobReports.progress($0, id) }
    history = await part.read { Facts.all(try JobReports.history($0, organization: organization, id)) }
    log = await part.read { try LogReports.log($0, job: id).map { Facts($0) } }
    issues = await part.read { session in
      guard let log = try LogReports.log(session, job: id) else { return [] }
      return Facts.all(try LogReports.issues(session, of: log, limit: limit))
    }
  }
}
