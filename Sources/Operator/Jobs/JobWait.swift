import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Waits for a job, showing how far it is: the one way of every command that waits.
struct JobWait: Sendable {
  let connection: PGConnection
  let output: Output
  /// Nil: as long as it takes.
  var deadline: Deadline?
  /// Waiting for approval ends it too.
  var endsAtApproval = false
  /// Says each state that the job comes to.
  var announces = false

  /// How often the database is asked: soon at first, then less.
  private static let pauses = Duration.milliseconds(20)...Duration.milliseconds(250)

  /// Blocks until the job has ended. Throws exit code 124 when the deadline has passed, and `CancellationError`.
  func end(of id: String) async throws -> JobStatus {
    let started = ContinuousClock.now
    var progress: Progress?
    var last: JobState?
    var told = false
    defer { progress?.finish() }
    while true {
      let status = try await connection.run { session in
        try session.reading { try JobStore.status(session, id) }
      }
      let waited = started.duration(to: .now)
      if let status {
        if status.state != last {
          // Its line ends before a message comes.
          progress?.finish()
          progress = bar(status)
          if announces { output.message(JobWait.announcement(id, status)) }
        }
        last = status.state
        progress?.update(done: status.applied, total: status.total)
        if status.state.isFinal || (endsAtApproval && status.state == .awaitingApproval) { return status }
      } else if !told, waited > .seconds(10) {
        output.message("no worker has taken the request yet; is `syncline worker` running?")
        told = true
      }
      if let deadline, deadline.hasPassed {
        throw CommandError(
          .timedOut, "TIMED_OUT", "job \(id) has not ended yet", hint: "it goes on: syncline jobs watch \(id)")
      }
      try await Task.sleep(for: min(max(waited / 10, JobWait.pauses.lowerBound), JobWait.pauses.upperBound))
    }
  }

  /// Other kinds of jobs have no records to count.
  private func bar(_ status: JobStatus) -> Progress? {
    guard status.state == .running, status.kind == "read_sync" else { return nil }
    return output.progress("\(status.organization) \(status.kind)", unit: "records")
  }

  /// One line about a state that a job has come to.
  static func announcement(_ id: String, _ job: JobStatus) -> String {
    let why = job.errorCode.map { ", \($0)" + (job.errorMessage.map { ": \($0)" } ?? "") } ?? ""
    let advice = job.state == .awaitingApproval ? "; do: syncline jobs approve \(id)" : ""
    return "job \(id) is \(job.state.rawValue)\(why)\(advice)"
  }
}
