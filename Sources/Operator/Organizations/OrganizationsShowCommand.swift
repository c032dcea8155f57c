import SyncStore

/// `syncline organizations show ID`: one tenant, and who added, suspended and resumed it.
enum OrganizationsShowCommand {
  static let command = Command(
    path: ["organizations", "show"], summary: "Show one organization and who changed it, when and why",
    arguments: [Argument("ID", "the organization")], options: [.limit(50)],
    examples: [Example("syncline organizations show RIO", "why is it suspended?")], needs: [.database]
  ) { invocation in
    let id = try invocation.argument("ID")
    let (cells, history) = try await Database.read(invocation) { session in
      try Subjects.requireOrganization(session, id)
      guard let row = try OrganizationStore.find(session, id) else { throw Subjects.noOrganization(id) }
      let events = try OperatorHistory.list(
        session, .organization, organization: id, limit: invocation.integer("limit") ?? 50)
      return (try Cell.cells(row, OrganizationColumns.all), try Table(events, HistoryColumns.ofOne))
    }
    try invocation.output.show(OrganizationColumns.all, cells, with: ("history", history))
    return .ok
  }
}
