import Postgres
import SyncStore

/// `syncline kpi rebuild ORG` or `--all`: corrects totals by their differences to the records while workers go on.
enum KPIRebuildCommand {
  static let command = Command(
    path: ["kpi", "rebuild"], summary: "Correct totals that are not what the records say",
    discussion: """
      Adds what is missing to each wrong total, one transaction an organization; workers need not stop. Each correction \
      is kept with the job that made it, and shown. Nothing is written where nothing is wrong. It is done by this \
      command and at once, so 'syncline queue pause kpi_rebuild' does not hold it.
      """,
    arguments: [Argument("ORG", "the organization", .optional)],
    options: [Option.flag("all", "all organizations")],
    examples: [Example("syncline kpi rebuild RIO --yes --reason 'after restore'", "repair one")], needs: [.database],
    change: .alters
  ) { invocation in
    try invocation.requireFilter(["ORG"])
    let one = invocation.optionalArgument("ORG")
    if one != nil, invocation.flag("all") {
      throw CommandError(.usage, "INVALID_ARGUMENT", "ORG and --all exclude each other", hint: "give one of them")
    }
    return try await Database.connected(invocation, limit: nil) { connection in
      let organizations = try await connection.run { session in
        try session.reading {
          if let one {
            try Subjects.requireOrganization(session, one)
            return [one]
          }
          return try OrganizationStore.all(session).rows.map { try $0.string("id") }
        }
      }
      try await invocation.confirm("correct the totals of \(one ?? "all \(organizations.count) organizations")")
      var rows = invocation.output.rows(KPIColumns.change)
      var corrected = 0
      let decision = invocation.decision
      for organization in organizations {
        let changes = try await connection.run { session in
          try Table(
            try KPIReports.rebuild(session, organization: organization, by: decision), KPIColumns.change)
        }
        for row in changes.rows { try rows.append(row) }
        corrected += changes.rows.count
      }
      try rows.finish()
      invocation.output.message(corrected == 0 ? "nothing was wrong" : "corrected \(counted(corrected, "group"))")
      return .ok
    }
  }
}
