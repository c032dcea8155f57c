import Postgres
import SyncDomain
import SyncStore

/// `syncline jobs watch ID`: waits for the end of a job, then shows it.
enum JobsWatchCommand {
  static let command = Command(
    path: ["jobs", "watch"], summary: "Follow a job until it ends; exit code 1 when it did not succeed",
    arguments: [Argument("ID", "the job")], options: [.issues],
    examples: [Example("syncline jobs watch 3f0c4c1e-0000-4000-8000-000000000000", "wait for the end")],
    needs: [.database]
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    return try await Database.connected(invocation) { connection in
      // What is not there now is not waited for.
      let isThere = try await connection.run { session in
        try session.reading { try JobStore.status(session, id) != nil }
      }
      guard isThere else { throw Subjects.noJob(id) }
      let status = try await JobWait(connection: connection, output: invocation.output, announces: true).end(of: id)
      let report = try await connection.run { session in
        try session.reading {
          try JobReport(session, id, issues: invocation.integer("issues") ?? 20, format: invocation.output.format)
        }
      }
      try report.write(to: invocation.output)
      return status.state == .succeeded ? .ok : .failure
    }
  }
}
