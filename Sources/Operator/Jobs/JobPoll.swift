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

  /// How often the job is looked at, and the request while there is no job.
  private static let pause = Duration.milliseconds(50)
  private static let requestPause = Duration.seconds(2)

  /// Returns how the job stands once `isDone`. `seen` is called with each look at it. Throws TIMED_OUT at the deadline,
  /// INTERRUPTED when the task is cancelled, both with the job's id; and the request's own code when it was refused.
  func run(
    _ id: String, until isDone: (JobStatus) -> Bool = { $0.state.isFinal }, seen: (JobStatus) -> Void = { _ in }
  ) async throws -> JobStatus {
    do {
      return try await poll(id, isDone, seen)
    } catch let error where error is CancellationError || Task.isCancelled {
      throw CommandError(
        .interrupted, "INTERRUPTED", "stopped waiting; job \(id) goes on", hint: "syncline jobs watch \(id)")
    }
  }

  private func poll(
    _ id: String, _ isDone: (JobStatus) -> Bool, _ seen: (JobStatus) -> Void
  ) async throws -> JobStatus {
    var told = ""
    var nextLook = ContinuousClock.now + Self.requestPause
    while true {
      let status = try await connection.run { session in try session.reading { try JobStore.status(session, id) } }
      if let status {
        seen(status)
        if isDone(status) { return status }
      } else if ContinuousClock.now >= nextLook {
        nextLook = .now + Self.requestPause
        try await look(id, &told)
      }
      if let deadline, deadline.hasPassed {
        throw CommandError(
          .timedOut, "TIMED_OUT", "job \(id) has not ended yet", hint: "it goes on: syncline jobs why \(id)")
      }
      try await Task.sleep(for: Self.pause)
    }
  }

  /// Says once what the request waits for.
  private func look(_ id: String, _ told: inout String) async throws {
    let group = group
    let found = try await connection.run { session in
      try session.reading {
        try JobRequestStore.find(session, id, group: group).map {
          ($0, RequestVerdict($0, try CrewStore.crew(session), group: group))
        }
      }
    }
    guard let (request, verdict) = found else { return }
    try JobSubject.refuse(request)
    guard verdict.why != told else { return }
    output.message("job \(id): \(verdict.why)")
    told = verdict.why
  }
}
