import SyncStore

/// `syncline timeline show ORG`: the earliest and latest dates of an organization's active records.
enum TimelineShowCommand {
  static let command = Command(
    path: ["timeline", "show"], summary: "Show the earliest and latest dates of an organization",
    arguments: [Argument("ORG", "the organization")],
    examples: [Example("syncline timeline show RIO", "its bounds")], needs: [.database]
  ) { invocation in
    let organization = try invocation.argument("ORG")
    let cells = try await Database.report(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      guard let row = try KPIReports.timeline(session, organization: organization) else {
        throw Subjects.noOrganization(organization)
      }
      return try Cell.cells(row, KPIColumns.timeline)
    }
    try invocation.output.show(KPIColumns.timeline, cells)
    return .ok
  }
}
