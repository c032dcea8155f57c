import SyncStore

/// `syncline kpi show ORG`: the totals of an organization, exact at the moment they are read.
enum KPIShowCommand {
  static let command = Command(
    path: ["kpi", "show"], summary: "Show the totals of an organization",
    arguments: [Argument("ORG", "the organization")],
    examples: [Example("syncline kpi show RIO -o csv", "for a spreadsheet")], needs: [.database]
  ) { invocation in
    let organization = try invocation.argument("ORG")
    let table = try await Database.report(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      return try Table(try KPIReports.summary(session, organization: organization), KPIColumns.summary)
    }
    try invocation.output.write(table)
    return .ok
  }
}
