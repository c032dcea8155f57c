import FoundationEssentials
import Postgres
import SyncStore

/// One organization: its totals with their history, its runs and what is open there.
struct OrganizationView: Sendable {
  /// Groups of the KPI table; the command line has all of them.
  static let groupLimit = 24
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
