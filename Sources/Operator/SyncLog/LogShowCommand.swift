import Postgres
import Runtime
import SyncStore

/// `syncline log show ID`: one run, by its own id or its job's, with what was wrong with records.
enum LogShowCommand {
  static let command = Command(
    path: ["log", "show"], summary: "Show one row of the sync log and its issues",
    arguments: [Argument("ID", "the job's id, or the number of the row")], options: [.issues],
    examples: [Example("syncline log show 17 --issues 1000", "every issue of run 17")], needs: [.database]
  ) { invocation in
    let id = try invocation.argument("ID")
    let format = invocation.output.format
    let report = try await Database.report(invocation) { session in
      guard let row = try find(session, id) else {
        throw CommandError(
          .notFound, "LOG_NOT_FOUND", "the sync log has no row of '\(id)'", hint: "see 'syncline log list'")
      }
      return try RunReport(session, row, limit: invocation.integer("issues") ?? 20, format: format)
    }
    if format == .table {
      try invocation.output.show(LogColumns.all, report.log)
      try report.writeIssues(to: invocation.output)
    } else {
      try invocation.output.show(
        LogColumns.all + [Column("issues", .json)], report.log + [report.issues.json])
    }
    return .ok
  }

  private static func find(_ session: PGSession, _ id: String) throws -> PGRow? {
    if let job = UUIDText.canonical(id) { return try LogReports.log(session, job: job) }
    return try Int64(id).flatMap { try LogReports.log(session, id: $0) }
  }
}
