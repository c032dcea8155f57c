import Runtime
import SyncStore

/// `syncline kpi verify [ORG]`: compares the totals with a recomputation from the records, in one snapshot.
enum KPIVerifyCommand {
  static let command = Command(
    path: ["kpi", "verify"], summary: "Compare the totals with the records; exit code 4 on any difference",
    discussion: "Shows each group that differs: what is kept, and (expected_…) what the records say. Locks nothing.",
    arguments: [Argument("ORG", "the organization (default: all)", .optional)],
    examples: [Example("syncline kpi verify", "all organizations")], needs: [.database]
  ) { invocation in
    let organization = invocation.optionalArgument("ORG")
    let table = try await Database.read(invocation, limit: nil) { session in
      if let organization { try Subjects.requireOrganization(session, organization) }
      return try Table(try KPIStore.differences(session, organization: organization), KPIColumns.difference)
    }
    // For people a header above nothing says nothing.
    if !table.rows.isEmpty || invocation.output.format != .table { try invocation.output.write(table) }
    guard !table.rows.isEmpty else {
      invocation.output.message("the totals are what the records say")
      return .ok
    }
    invocation.output.message(
      "\(counted(table.rows.count, "group")) not as the records say; correct them with "
        + "'syncline kpi rebuild \(organization.map { shellQuoted($0) } ?? "--all")'")
    return .findings
  }
}
