import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Waits for a job that was asked for, and says why nothing happens when nothing does.
struct JobPoll: Sendable {
  let connection: PGConnection
  let output: Output
  /// The consumer group whose workers are to take it.
  let group: String
  /// Nil: as long as it takes.
  let deadline: Deadline?

  /// How often the job is looked at.
  private static let pause = Duration.milliseconds(50)

  /// Returns how the job stands once `isDone`. `seen` is called with each look at it. Throws TIMED_OUT at the deadline,
  /// INTERRUPTED when the task is cancelled, DATABASE_UNREACHABLE when the database goes away, each with the job's id;
  /// and the request's own code when it was refused.
  func run(
    _ id: String, until isDone: (JobStatus) -> Bool = { $0.state.isFinal }, seen: (JobStatus) -> Void = { _ in }
  ) async throws -> JobStatus {
    try await Self.naming(id) { try await poll(id, isDone, seen) }
  }

  /// Runs the body, which waits for the job. What ends the wait but not the job says so, with the job's id.
  static func naming<R>(_ id: String, _ body: () async throws -> R) async throws -> R {
    do {
      return try await body()
    } catch let error where error is CancellationError || Task.isCancelled {
      throw interrupted(id)
    } catch let error as PGError where error.isUnreachable {
      throw lost(id, error)
    }
  }

  /// The database went away from who waited.
  static func lost(_ id: String, _ error: PGError) -> CommandError {
    let fault = ErrorRules.explain(error)
    return CommandError(
      fault.exit, fault.code, "\(fault.message); stopped waiting; job \(id) goes on when the database is back",
      hint: "check DATABASE_URL and that the server runs, then see 'syncline jobs watch \(id)'")
  }

  /// Whoever waited was interrupted.
  static func interrupted(_ id: String) -> CommandError {
    CommandError(
      .interrupted, "INTERRUPTED", "stopped waiting; job \(id) goes on", hint: "see 'syncline jobs watch \(id)'")
  }

  static func timedOut(_ id: String) -> CommandError {
    CommandError(
      .timedOut, "TIMED_OUT", "job \(id) has not ended yet; it goes on", hint: "see 'syncline jobs why \(id)'")
  }

  private func poll(
    _ id: String, _ isDone: (JobStatus) -> Bool, _ seen: (JobStatus) -> Void
  ) async throws -> JobStatus {
    var holdUp = HoldUp(connection, group: group, output)
    while true {
      let status = try await connection.run { session in try session.reading { try JobStore.status(session, id) } }
      if let status {
        seen(status)
        if isDone(status) { return status }
      }
      try await holdUp.look(id)
      if let deadline, deadline.hasPassed { throw Self.timedOut(id) }
      try await Task.sleep(for: Self.pause)
    }
  }
}
