import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Follows a job until it is final, showing how far it is.
enum JobWatch {
  /// How often the database is asked.
  private static let pause = Duration.milliseconds(250)

  /// Returns the final state's exit code: 0 succeeded, 1 failed or cancelled. Throws when there is no such job, and
  /// `CancellationError`.
  static func follow(_ connection: PGConnection, _ id: String, _ output: Output) async throws -> ExitCode {
    var progress: Progress?
    var last: JobState?
    defer { progress?.finish() }
    while true {
      let seen = try await connection.run { session in
        try session.reading { try JobReports.progress(session, id) }
      }
      guard let job = seen else { throw Subjects.noJob(id) }
      progress?.update(done: job.applied, total: job.total)
      if job.state != last {
        // Its line ends before a message comes.
        progress?.finish()
        progress = job.state == .running ? output.progress("\(job.organization) \(job.kind)", unit: "records") : nil
        output.message(announcement(id, job))
      }
      last = job.state
      if job.state.isFinal { return job.state == .succeeded ? .ok : .failure }
      try await Task.sleep(for: pause)
    }
  }

  /// One line about a state that a job has come to.
  static func announcement(_ id: String, _ job: JobProgress) -> String {
    let why = job.errorCode.map { ", \($0)" + (job.errorMessage.map { ": \($0)" } ?? "") } ?? ""
    let advice = job.state == .awaitingApproval ? "; do: syncline jobs approve \(id)" : ""
    return "job \(id) is \(job.state.rawValue)\(why)\(advice)"
  }
}
