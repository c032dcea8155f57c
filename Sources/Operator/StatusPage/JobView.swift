import FoundationEssentials
import Postgres
import SyncStore

/// One job with why it is where it is, and what happened to it.
struct JobView: Sendable {
  var id: String
  var time: Date
  /// nil: there is no such job.
  var job: Section<Facts?> = .read(nil)
  var why: Section<JobVerdict?> = .read(nil)
  var progress: Section<JobStatus?> = .read(nil)
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
    progress = await part.read { try JobStore.status($0, id) }
    history = await part.read { Facts.all(try JobReports.history($0, organization: organization, id)) }
    log = await part.read { try LogReports.log($0, job: id).map { Facts($0) } }
    issues = await part.read { session in
      guard let log = try LogReports.log(session, job: id) else { return [] }
      return Facts.all(try LogReports.issues(session, of: log, limit: limit))
    }
  }
}
