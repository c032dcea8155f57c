import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Waits for a schema change, then shows its row of the history.
struct SchemaWait: Sendable {
  let connection: PGConnection
  let output: Output
  let deadline: Deadline

  /// Throws the fault that the change ended with, under its exit code.
  func run(_ jobId: String) async throws -> ExitCode {
    var told = false
    let started = ContinuousClock.now
    while true {
      let status = try await connection.run { session in
        try session.reading { try JobStore.status(session, jobId) }
      }
      if let status, status.state.isFinal { return try await end(jobId, status) }
      if status == nil, !told, started.duration(to: .now) > .seconds(10) {
        output.message("no worker has taken the request yet; is `syncline worker` running?")
        told = true
      }
      if deadline.hasPassed {
        throw CommandError(
          .timedOut, "TIMED_OUT", "job \(jobId) has not ended yet", hint: "it goes on: syncline jobs why \(jobId)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func end(_ jobId: String, _ status: JobStatus) async throws -> ExitCode {
    guard status.state == .succeeded else {
      let code = status.errorCode ?? status.state.rawValue.uppercased()
      let message = status.errorMessage ?? "job \(jobId) was \(status.state.rawValue)"
      if let known = SchemaFault.Code(rawValue: code) { throw SchemaFault(known, message) }
      throw CommandError(.failure, code, message, hint: "syncline jobs show \(jobId)")
    }
    let columns = SchemaColumns.changes(for: output.format)
    let cells = try await connection.run { session in
      try session.reading {
        try SchemaReports.history(session, job: jobId, limit: 1).first.map { try Cell.cells($0, columns) }
      }
    }
    if let cells { try output.show(columns, cells) }
    return .ok
  }
}
