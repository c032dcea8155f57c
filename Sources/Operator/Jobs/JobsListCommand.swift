import SyncDomain
import SyncStore

/// `syncline jobs list`: the newest jobs.
enum JobsListCommand {
  /// `sync_job.kind`.
  static let kinds = ["read_sync", "draft_commit", "write_back", "schema_change", "kpi_rebuild"]

  static let command = Command(
    path: ["jobs", "list"], summary: "List the newest jobs",
    options: [
      .organization, Option.choice("state", JobState.allCases.map(\.rawValue), "only in this state"),
      Option.choice("kind", kinds, "only of this kind"), .limit(50),
    ],
    examples: [
      Example("syncline jobs list --state failed", "what went wrong lately"),
      Example("syncline jobs list --organization RIO --kind read_sync -o json", "for a script"),
    ], needs: [.database]
  ) { invocation in
    let columns = JobColumns.list(for: invocation.output.format)
    let table = try await Database.read(invocation) { session in
      if let organization = invocation.option("organization") {
        try Subjects.requireOrganization(session, organization)
      }
      let jobs = try JobReports.list(
        session, organization: invocation.option("organization"), state: invocation.option("state"),
        kind: invocation.option("kind"), limit: invocation.integer("limit") ?? 50)
      return try Table(jobs, columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
