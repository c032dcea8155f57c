import SyncStore

/// `syncline log list`: the newest runs.
enum LogListCommand {
  static let statuses = [
    "running", "completed", "completed_with_errors", "awaiting_approval", "failed", "cancelled",
  ]

  static let command = Command(
    path: ["log", "list"], summary: "List the newest rows of the sync log",
    options: [.organization, Option.choice("status", statuses, "only with this status"), .limit(50)],
    examples: [Example("syncline log list --organization RIO --limit 5", "the last runs of RIO")], needs: [.database]
  ) { invocation in
    let columns = LogColumns.list(for: invocation.output.format)
    let table = try await Database.report(invocation) { session in
      if let organization = invocation.option("organization") {
        try Subjects.requireOrganization(session, organization)
      }
      let rows = try LogReports.list(
        session, organization: invocation.option("organization"), status: invocation.option("status"),
        limit: invocation.integer("limit") ?? 50)
      return try Table(rows, columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
