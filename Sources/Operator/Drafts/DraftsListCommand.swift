import SyncStore

/// `syncline drafts list`: edits and what became of them.
enum DraftsListCommand {
  static let command = Command(
    path: ["drafts", "list"], summary: "List edits and what became of them",
    discussion: """
      remote_fields names the edited fields that PEMS has changed since: a commit would find them in conflict.
      """,
    options: [
      .organization, .text("session", "ID", "only of this session"), .text("user", "ID", "only of this user"),
      .choice("state", DraftColumns.states, "only in this state"), .limit(50),
    ],
    examples: [Example("syncline drafts list --session s-17 --state draft", "what a session has not committed yet")],
    needs: [.database]
  ) { invocation in
    let columns = DraftColumns.list(for: invocation.output.format)
    let table = try await Database.read(invocation) { session in
      if let organization = invocation.option("organization") {
        try Subjects.requireOrganization(session, organization)
      }
      let edits = try DraftReports.list(
        session, organization: invocation.option("organization"), session: invocation.option("session"),
        user: invocation.option("user"), state: invocation.option("state"), limit: invocation.integer("limit") ?? 50)
      return try Table(edits, columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
