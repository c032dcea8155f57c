import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Waits for a schema change, then shows its row of the history.
struct SchemaWait: Sendable {
  let poll: JobPoll

  /// Throws the fault that the change ended with, under its exit code.
  func run(_ jobId: String) async throws -> ExitCode { try await end(jobId, try await poll.run(jobId)) }

  private func end(_ jobId: String, _ status: JobStatus) async throws -> ExitCode {
    guard status.state == .succeeded else {
      let code = status.errorCode ?? status.state.rawValue.uppercased()
      let message = status.errorMessage ?? "job \(jobId) was \(status.state.rawValue)"
      if let known = SchemaFault.Code(rawValue: code) { throw SchemaFault(known, message) }
      throw CommandError(JobEnd.exit(status), code, message, hint: "see 'syncline jobs show \(jobId)'")
    }
    let columns = SchemaColumns.changes(for: poll.output.format)
    let cells = try await poll.connection.run { session in
      try session.reading {
        try SchemaReports.history(session, job: jobId, limit: 1).first.map { try Cell.cells($0, columns) }
      }
    }
    if let cells { try poll.output.show(columns, cells) }
    return .ok
  }
}
