import SyncStore

/// `syncline schema history`: every attempt of a change, the newest first.
enum SchemaHistoryCommand {
  static let command = Command(
    path: ["schema", "history"], summary: "Show the newest schema changes and what became of them",
    arguments: [Argument("PROJECT", "only of this project", .optional)],
    options: [.organization, .flag("errors", "only what was not applied"), .limit(20)],
    examples: [
      Example("syncline schema history plan", "how a project came to be"),
      Example("syncline schema history --errors", "what went wrong lately"),
    ], needs: [.database]
  ) { invocation in
    let columns = SchemaColumns.changes(for: invocation.output.format)
    let table = try await Database.report(invocation) { session in
      if let organization = invocation.option("organization") {
        try Subjects.requireOrganization(session, organization)
      }
      let project = invocation.optionalArgument("PROJECT")
      if let project, project.utf8.contains(0) { throw SchemaSubject.noProject(project) }
      let history = try SchemaReports.history(
        session, project: project, organization: invocation.option("organization"),
        onlyErrors: invocation.flag("errors"), limit: invocation.integer("limit") ?? 20)
      if let project, history.rowCount == 0, try SchemaReports.project(session, project) == nil {
        throw SchemaSubject.noProject(project)
      }
      return try Table(history, columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
