import Postgres
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
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      let code = try await JobWatch.follow(connection, id, group: settings.group, invocation.output)
      let report = try await connection.run { session in
        try session.reading {
          try JobReport(session, id, issues: invocation.integer("issues") ?? 20, format: invocation.output.format)
        }
      }
      try report.write(to: invocation.output)
      return code
    }
  }
}
