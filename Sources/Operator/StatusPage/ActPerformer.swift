import Postgres
import SyncDomain
import SyncStore

/// Carries a decision out, by the same transactions as the commands. nil: it is done; else why nothing was changed.
enum ActPerformer {
  static func perform(
    _ request: ActRequest, by actor: String, reason: String, _ session: PGSession
  ) throws -> String? {
    if let job = request.job { return try decide(request.act, job, by: actor, reason: reason, session) }
    if let letter = request.letter {
      return try decide(request.act, letter: letter, by: actor, reason: reason, session)
    }
    let (kind, organization) = (request.kind, request.organization)
    if let organization {
      guard try session.reading({ try OrganizationStore.find(session, organization) }) != nil else {
        return "there is no organization \(organization)"
      }
    }
    guard request.act == .pauseQueue else {
      let released = try QueueStore.resume(session, kind: kind, organization: organization, by: actor, reason: reason)
      return released == nil ? "\(request.subject) is not paused by itself" : nil
    }
    let isNew = try QueueStore.pause(session, kind: kind, organization: organization, by: actor, reason: reason)
    return isNew ? nil : "\(request.subject) is paused already"
  }

  private static func decide(
    _ act: StatusAct, letter: Int64, by actor: String, reason: String, _ session: PGSession
  ) throws -> String? {
    let decide = act == .replayLetter ? DeadLetterDecisions.replay : DeadLetterDecisions.discard
    guard let row = try decide(session, [letter], actor, reason).first else {
      return "there is no dead letter \(letter)"
    }
    guard act != .replayLetter, try row.bool("changed") == false else { return nil }
    return "it is \(try row.string("status")) already"
  }

  private static func decide(
    _ act: StatusAct, _ id: String, by actor: String, reason: String, _ session: PGSession
  ) throws -> String? {
    guard let job = try session.reading({ try JobStore.status(session, id) }) else {
      return "there is no job \(id)"
    }
    let refused = "it is \(job.state.rawValue.replacing("_", with: " ")), which does not allow it"
    switch act {
    case .approveJob: return try JobDecisions.approve(session, id, by: actor, reason: reason) ? nil : refused
    case .cancelJob:
      let isDone = try JobDecisions.cancel(
        session, id, organization: job.organization, by: actor, reason: reason)
      return isDone ? nil : refused
    default: return try retry(job, id, by: actor, reason: reason, session)
    }
  }

  private static func retry(
    _ job: JobStatus, _ id: String, by actor: String, reason: String, _ session: PGSession
  ) throws -> String? {
    let refused = "it is \(job.state.rawValue.replacing("_", with: " ")), which does not allow it"
    if job.state == .retrying { return try JobDecisions.hasten(session, id, by: actor, reason: reason) ? nil : refused }
    guard job.state == .failed || job.state == .cancelled else { return refused }
    let again = try JobDecisions.retry(
      session, id, organization: job.organization, kind: job.kind, by: actor, reason: reason)
    switch again {
    case .queued, .requested: return nil
    case .openRead: return "another read sync of \(job.organization) is open"
    case .changed: return refused
    case .unknown: return "a \(job.kind) is not done again by its job; see 'syncline jobs why \(id)'"
    }
  }
}
