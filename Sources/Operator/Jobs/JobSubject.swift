import Postgres
import Runtime
import SyncStore

/// What the id of a job leads to: the job, or a request that no worker has begun.
enum JobSubject {
  /// The columns that a request has of a job's.
  static let columns = [
    Column("id"), Column("organization_id"), Column("kind"), Column("state"), Column("requested_by"),
    Column("created_at", .time),
  ]

  static func cells(_ request: JobRequest) -> [Cell] {
    [
      .text(request.id), .text(request.organization), .text(request.kind), .text("requested"),
      .text(request.requestedBy), .moment(request.requestedAt),
    ]
  }

  /// A request of this id; throws JOB_NOT_FOUND when nobody asked for it. In a reading transaction.
  static func request(_ session: PGSession, _ id: String, group: String) throws -> (JobRequest, RequestVerdict) {
    let (request, crew) = try asked(session, id, group: group)
    return (request, RequestVerdict(request, crew, group: group))
  }

  /// The same with who works, for a verdict to come.
  static func asked(_ session: PGSession, _ id: String, group: String) throws -> (request: JobRequest, crew: Crew) {
    guard let request = try JobRequestStore.find(session, id, group: group) else { throw Subjects.noJob(id) }
    return (request, try CrewStore.crew(session))
  }

  /// Throws when no job will ever come of the request.
  static func refuse(_ request: JobRequest) throws(CommandError) {
    guard let letter = request.deadLetter else { return }
    throw CommandError(
      .failure, request.deadLetterCode ?? "REFUSED", "the request of job \(request.id) was refused",
      hint: "see 'syncline dead-letters show \(letter)'")
  }
}
