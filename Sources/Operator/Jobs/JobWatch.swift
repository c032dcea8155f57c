import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Follows a job until it is final or waits for approval, showing how far it is.
struct JobWatch {
  let connection: PGConnection
  let output: Output
  /// The consumer group whose workers are to take it.
  let group: String
  /// Nil: as long as it takes.
  let deadline: Deadline?

  /// How often the database is asked.
  private static let pause = Duration.milliseconds(250)

  /// Returns the exit code of how it ended. Waits for a request to become a job. Throws when nobody asked for such a
  /// job, or when the request was refused; TIMED_OUT at the deadline, INTERRUPTED when the task is cancelled and
  /// DATABASE_UNREACHABLE when the database goes away, each with the job's id.
  func follow(_ id: String) async throws -> ExitCode {
    try await JobPoll.naming(id) {
      try await begin(id)
      return try await watch(id)
    }
  }

  private func watch(_ id: String) async throws -> ExitCode {
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
        output.message(Self.announcement(id, job))
      }
      last = job.state
      if JobEnd.isReached(job.state) { return JobEnd.exit(job) }
      try await holdUp.look(id)
      try await pause(id)
    }
  }

  /// Waits until a worker has taken the request, and says what it waits for.
  private func begin(_ id: String) async throws {
    let group = group
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
      try await pause(id)
    }
  }

  private func pause(_ id: String) async throws {
    if let deadline, deadline.hasPassed { throw JobPoll.timedOut(id) }
    try await Task.sleep(for: Self.pause)
  }

  /// One line about a state that a job has come to.
  static func announcement(_ id: String, _ job: JobStatus) -> String {
    let why = job.errorCode.map { ", \($0)" + (job.errorMessage.map { ": \($0)" } ?? "") } ?? ""
    let advice =
      job.state == .awaitingApproval ? "; do: 'syncline jobs approve \(id)' or 'syncline jobs cancel \(id)'" : ""
    return "job \(id) is \(job.state.rawValue)\(why)\(advice)"
  }
}
