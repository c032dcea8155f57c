import SyncStore

/// `syncline permissions list`: who may do what, and who said so.
enum PermissionsListCommand {
  static let command = Command(
    path: ["permissions", "list"], summary: "List who may do what in which organization",
    discussion: """
      write lets a user draft, commit and decide conflicts, and so does admin; read is kept for applications. They are \
      looked up at each commit. With --history every grant and revocation, with who, when and why.
      """,
    options: [.organization, .text("user", "ID", "only of this user"), .history, .limit(1_000)],
    examples: [
      Example("syncline permissions list --organization RIO", "who may edit RIO?"),
      Example("syncline permissions list --user ann --history", "since when, and who said so?"),
    ], needs: [.database]
  ) { invocation in
    let (organization, user) = (invocation.option("organization"), invocation.option("user"))
    let table = try await Database.read(invocation) { session in
      if let organization { try Subjects.requireOrganization(session, organization) }
      guard invocation.flag("history") else {
        return try Table(
          try PermissionStore.list(session, organization: organization, user: user), PermissionColumns.all)
      }
      let events = try OperatorHistory.list(
        session, .permission, organization: organization, id: user, limit: invocation.integer("limit") ?? 1_000)
      return try Table(events, HistoryColumns.all)
    }
    try invocation.output.write(table)
    return .ok
  }
}

/// The columns of `org_permission`, with who granted it.
enum PermissionColumns {
  static let all = [
    Column("organization_id"), Column("user_id"), Column("level"), Column("granted_at", .time), Column("granted_by"),
    Column("reason"),
  ]
}
