import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Waits for a read sync with a progress bar, then shows its log row, or what a dry run found.
struct JobWait: Sendable {
  let poll: JobPoll

  func run(_ jobId: String) async throws -> ExitCode {
    let progress = poll.output.progress("read sync", unit: "records")
    defer { progress.finish() }
    let status = try await poll.run(jobId, until: { JobEnd.isReached($0.state) }) { status in
      if status.applied > 0 { progress.update(done: status.applied, total: status.total) }
    }
    // Its line ends before anything else is written.
    progress.finish()
    return try await end(jobId, status)
  }

  private func end(_ jobId: String, _ status: JobStatus) async throws -> ExitCode {
    let isDone = status.state != .failed && status.state != .cancelled
    if isDone, status.isDryRun {
      try DryRunReport(json: status.progress).write(poll.output)
      return .ok
    }
    // Also of a run that failed: what it had done by then, and why it ended.
    try await showRun(jobId, saysFault: isDone)
    guard isDone else {
      let code = status.errorCode ?? status.state.rawValue.uppercased()
      throw CommandError(
        JobEnd.exit(status), code, status.errorMessage ?? "job \(jobId) was \(status.state.rawValue)",
        hint: Self.hint(code, jobId))
    }
    // A guard kept the run from its effect: until somebody approves, or, of an empty read, for good.
    let code = status.errorCode ?? (status.state == .awaitingApproval ? "AWAITING_APPROVAL" : nil)
    guard let code else { return JobEnd.exit(status) }
    let advice =
      status.state == .awaitingApproval
      ? "see 'syncline jobs why \(jobId)', then 'syncline jobs approve \(jobId)' or 'syncline jobs cancel \(jobId)'"
      : "see whether the upstream has lost its records, then read again; 'syncline jobs why \(jobId)'"
    poll.output.message("\(code): \(status.errorMessage ?? ""); do: \(advice)")
    return JobEnd.exit(status)
  }

  /// What to do about a read that failed. A worker keeps the credentials that it was started with.
  private static func hint(_ code: String, _ jobId: String) -> String {
    code == SourceError.Code.upstreamAuth.rawValue
      ? "mend the credentials, restart the workers, then 'syncline jobs retry \(jobId)'"
      : "see 'syncline jobs show \(jobId)'"
  }

  /// The job's row of the sync log, when it has one. `saysFault`: and the first thing that was wrong with its records.
  private func showRun(_ jobId: String, saysFault: Bool) async throws {
    let run = try await JobPoll.naming(jobId) {
      try await poll.connection.run { session in
        try session.reading {
          try LogReports.log(session, job: jobId).map { row in
            (
              cells: try Cell.cells(row, LogColumns.all),
              fault: try LogReports.issues(session, of: row, limit: 1).first.map(JobWait.fault)
            )
          }
        }
      }
    }
    guard let run else { return }
    try poll.output.show(LogColumns.all, run.cells)
    guard saysFault, let fault = run.fault else { return }
    poll.output.message("not all is as the source has it, first \(fault); see 'syncline log show \(jobId)'")
  }

  /// What was wrong with a record, and where.
  private static func fault(_ issue: PGRow) throws -> String {
    let field = try issue.text("field").map { " in \($0)" } ?? ""
    let record = try issue.text("pfa_id").map { " of \($0)" } ?? ""
    let cost = try issue.bool("rejected") == true ? ", which was rejected" : ""
    return printable("\(try issue.string("code"))\(field)\(record)\(cost)")
  }
}
