import SyncStore

/// `syncline organizations list`: the tenants.
enum OrganizationsListCommand {
  static let command = Command(
    path: ["organizations", "list"], summary: "List the organizations",
    examples: [Example("syncline organizations list -o csv", "for a spreadsheet")], needs: [.database]
  ) { invocation in
    let table = try await Database.read(invocation) { session in
      try Table(try OrganizationStore.all(session), OrganizationColumns.all)
    }
    try invocation.output.write(table)
    return .ok
  }
}
