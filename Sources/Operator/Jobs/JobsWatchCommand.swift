import Postgres
import Runtime
import SyncStore

/// `syncline jobs watch ID`: waits for the end of a job, or until somebody must decide, then shows it.
enum JobsWatchCommand {
  static let command = Command(
    path: ["jobs", "watch"], summary: "Follow a job until it ends or waits for approval",
    discussion: """
      The exit code is that of --wait: 0 succeeded, 4 it waits for approval or had no effect; for one that failed as \
      its error code says, 9 CONFLICT for example, else 1.
      """,
    arguments: [Argument("ID", "the job")],
    options: [
      .issues, .integer("timeout", "SECONDS", "give up waiting after this long; the job goes on", in: 1...86_400),
    ],
    examples: [Example("syncline jobs watch 3f0c4c1e-0000-4000-8000-000000000000", "wait for the end")],
    needs: [.database]
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      let deadline = invocation.integer("timeout").map { Deadline(after: .seconds($0)) }
      let watch = JobWatch(
        connection: connection, output: invocation.output, group: settings.group, deadline: deadline)
      let code = try await watch.follow(id)
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
