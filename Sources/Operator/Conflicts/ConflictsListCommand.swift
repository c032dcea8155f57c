import SyncStore

/// `syncline conflicts list`: edits that somebody has to decide.
enum ConflictsListCommand {
  static let command = Command(
    path: ["conflicts", "list"], summary: "List edits that somebody has to decide",
    options: [
      .organization, .choice("status", ["open", "resolved", "all"], "which ones", default: "open"), .limit(50),
    ],
    examples: [Example("syncline conflicts list --organization RIO", "what waits for a decision")], needs: [.database]
  ) { invocation in
    let columns = DraftColumns.conflicts(for: invocation.output.format)
    let table = try await Database.read(invocation) { session in
      if let organization = invocation.option("organization") {
        try Subjects.requireOrganization(session, organization)
      }
      return try Table(
        try DraftReports.conflicts(
          session, organization: invocation.option("organization"),
          status: invocation.option("status").flatMap { $0 == "all" ? nil : $0 },
          limit: invocation.integer("limit") ?? 50), columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
