import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Waits for a read sync with a progress bar, then shows its log row, or what a dry run found.
struct JobWait: Sendable {
  let connection: PGConnection
  let output: Output
  /// Nil: as long as it takes.
  let deadline: Deadline?

  func run(_ jobId: String) async throws -> ExitCode {
    let progress = output.progress("read sync", unit: "records")
    var told = false
    let started = ContinuousClock.now
    while true {
      let status = try await connection.run { session in
        try session.reading { try JobStore.status(session, jobId) }
      }
      if let status, status.state.isFinal || status.state == .awaitingApproval {
        progress.finish()
        return try await end(jobId, status)
      }
      if let status, status.applied > 0 { progress.update(done: status.applied, total: status.total) }
      if status == nil, !told, started.duration(to: .now) > .seconds(10) {
        output.message("no worker has taken the request yet; is `syncline worker` running?")
        told = true
      }
      if let deadline, deadline.hasPassed {
        progress.finish()
        throw CommandError(
          .timedOut, "TIMED_OUT", "job \(jobId) has not ended yet", hint: "it goes on: syncline jobs watch \(jobId)")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private func end(_ jobId: String, _ status: JobStatus) async throws -> ExitCode {
    if status.state == .failed || status.state == .cancelled {
      let code = status.errorCode ?? status.state.rawValue.uppercased()
      throw CommandError(
        code == "JOB_ALREADY_RUNNING" ? .conflict : .failure, code,
        status.errorMessage ?? "job \(jobId) was \(status.state.rawValue)", hint: "syncline jobs show \(jobId)")
    }
    if status.isDryRun {
      try DryRunReport(json: status.progress).write(output)
      return .ok
    }
    let cells = try await connection.run { session in
      try session.reading { try LogReports.log(session, job: jobId).map { try Cell.cells($0, LogColumns.all) } }
    }
    if let cells { try output.show(LogColumns.all, cells) }
    guard status.state == .awaitingApproval else { return .ok }
    output.message("\(status.errorCode ?? "AWAITING_APPROVAL"): \(status.errorMessage ?? "")")
    return .findings
  }
}
