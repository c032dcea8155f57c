import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Follows a job until it is final, showing how far it is.
enum JobWatch {
  /// How often the database is asked.
  private static let pause = Duration.milliseconds(250)

  /// Returns the final state's exit code: 0 succeeded, 1 failed or cancelled. Waits for a request to become a job.
  /// Throws when nobody asked for such a job, or when the request was refused, and `CancellationError`.
  static func follow(
    _ connection: PGConnection, _ id: String, group: String, _ output: Output
  ) async throws -> ExitCode {
    try await begin(connection, id, group, output)
    var holdUp = HoldUp(connection, group: group, output)
    var progress: Progress?
    var last: JobState?
    defer { progress?.finish() }
    while true {
      let seen = try await connection.run { session in
        try session.reading { try JobStore.status(session, id) }
      }
      guard let job = seen else { throw Subjects.noJob(id) }
      progress?.update(done: job.applied, total: job.total)
      if job.state != last {
        // Its line ends before a message comes.
        progress?.finish()
        progress =
          job.state == .running && job.kind == "read_sync"
          ? output.progress("\(job.organization) \(job.kind)", unit: "records") : nil
        output.message(announcement(id, job))
      }
      last = job.state
      if job.state.isFinal { return job.state == .succeeded ? .ok : .failure }
      try await holdUp.look(id)
      try await Task.sleep(for: pause)
    }
  }

  /// Waits until a worker has taken the request, and says what it waits for.
  private static func begin(_ connection: PGConnection, _ id: String, _ group: String, _ output: Output) async throws {
    var told = ""
    while true {
      let found = try await connection.run { session in
        try session.reading {
          try JobReports.job(session, id) == nil ? try JobSubject.request(session, id, group: group) : nil
        }
      }
      guard let (request, verdict) = found else { return }
      try JobSubject.refuse(request)
      if verdict.why != told { output.message("job \(id): \(verdict.why)") }
      told = verdict.why
      try await Task.sleep(for: pause)
    }
  }

  /// One line about a state that a job has come to.
  static func announcement(_ id: String, _ job: JobStatus) -> String {
    let why = job.errorCode.map { ", \($0)" + (job.errorMessage.map { ": \($0)" } ?? "") } ?? ""
    let advice =
      job.state == .awaitingApproval ? "; do: 'syncline jobs approve \(id)' or 'syncline jobs cancel \(id)'" : ""
    return "job \(id) is \(job.state.rawValue)\(why)\(advice)"
  }
}
