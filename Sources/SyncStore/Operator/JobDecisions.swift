import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// What a person decides about a job. Each is one transaction; false: the job is not in a state that allows it, and
/// nothing changed. The job's history keeps who and why; nil `actor`: it names the program.
package enum JobDecisions {
  /// A job that waits for approval runs on: the next worker takes it over at once.
  package static func approve(_ session: PGSession, _ id: String, by actor: String? = nil, reason: String?) throws
    -> Bool
  {
    try session.asSystem(by: Decision(actor: actor, reason: reason)) {
      try session.query(Queries.approveJob, [.uuid(id), PGValue(reason)]).rowCount > 0
    }
  }

  /// Ends a job that is not final, and its log row with what was applied until now.
  package static func cancel(
    _ session: PGSession, _ id: String, organization: String, by actor: String? = nil, reason: String?
  ) throws -> Bool {
    try session.asWorker(organization, by: Decision(actor: actor, reason: reason)) {
      let message = reason ?? "cancelled by \(actor ?? "an operator")"
      let values: [PGValue] = [.uuid(id), .text(message)]
      guard try session.query(Queries.cancelJob, values).rowCount > 0 else { return false }
      try session.query(Queries.closeCancelledLog, values)
      return true
    }
  }

  /// What became of the wish to have a job done again.
  package enum Retry: Sendable, Equatable {
    /// By a new job.
    case queued(String)
    /// The event that asks for the work goes out again; the job of this id follows.
    case requested(String)
    /// Another read of the organization is open.
    case openRead
    /// The job is not in a state that allows it any more.
    case changed
    /// Jobs of this kind are not done again this way.
    case unknown
  }

  /// Has the work of a job done again that ended without success.
  package static func retry(
    _ session: PGSession, _ id: String, organization: String, kind: String, by actor: String, reason: String?
  ) throws -> Retry {
    switch kind {
    case "read_sync":
      do {
        return try session.asSystem(by: Decision(actor: actor, reason: reason)) {
          let values: [PGValue] = [.uuid(id), .text(actor), PGValue(reason)]
          return try session.query(Queries.repeatJob, values).first.map { .queued(try $0.string("id")) } ?? .changed
        }
      } catch let error as PGError where error.sqlstate == "23505" {
        return .openRead
      }
    case "draft_commit":
      return try session.asSystem { try commitAgain(session, id, organization, by: actor, reason: reason) }
    default: return .unknown
    }
  }

  /// Publishes the event that asks for a commit again, as its user did; who had it done again is noted for its job.
  private static func commitAgain(
    _ session: PGSession, _ id: String, _ organization: String, by actor: String, reason: String?
  ) throws -> Retry {
    guard let row = try session.query(Queries.showJob, [.uuid(id)]).first,
      let parameters = try? JSONValue(parsing: try row.bytes("parameters") ?? []),
      let user = parameters["userId"]?.string, let sessionId = parameters["sessionId"]?.string
    else { return .unknown }
    var partial = false
    if case .bool(true)? = parameters["partial"] { partial = true }
    let new = UUIDText.random()
    let commit = DraftCommitRequest(
      organization: organization, commitId: new, userId: user, sessionId: sessionId,
      changeReason: parameters["changeReason"]?.string, partial: partial)
    let event = CloudEvent(
      id: new, source: "syncline-cli", type: DraftCommitRequest.type, organization: organization,
      data: commit.encoded())
    var retry: [JSONValue.Member] = [.init("of", .string(id)), .init("actor", .string(actor))]
    if let reason { retry.append(.init("reason", .string(reason))) }
    guard case .object(let members) = try JSONValue(parsing: event.data) else { return .unknown }
    try JobRequestStore.record(
      session, job: new, organization: organization, kind: "draft_commit", event: new,
      key: event.requestKey(organization),
      parameters: JSONValue.object(members + [.init("retry", .object(retry))]).canonical(), place: nil, by: actor)
    let headers: [(name: String, value: [UInt8]?)] = event.binaryHeaders.map { (name: $0.0, value: $0.1) }
    _ = try session.pipeline([
      OutboxStore.insert(
        topic: "pfa.draft-commit.v1", key: Array("\(organization)/\(sessionId)".utf8), value: event.data,
        headers: headers)
    ])
    return .requested(new)
  }

  /// Makes the next attempt of a retrying job due at once.
  package static func hasten(_ session: PGSession, _ id: String, by actor: String? = nil, reason: String?) throws
    -> Bool
  {
    try session.asSystem(by: Decision(actor: actor, reason: reason)) {
      try session.query(Queries.hastenJob, [.uuid(id), PGValue(reason)]).rowCount > 0
    }
  }
}
