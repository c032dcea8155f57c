import SyncStore

/// `syncline schema status`: projects, their versions and leases.
enum SchemaStatusCommand {
  static let command = Command(
    path: ["schema", "status"], summary: "Show projects, their versions and who changes them now",
    arguments: [Argument("PROJECT", "only this project", .optional)], options: [.organization, .limit(100)],
    examples: [
      Example("syncline schema status", "all projects"),
      Example("syncline schema status plan -o json", "one, for a script"),
    ], needs: [.database]
  ) { invocation in
    let project = invocation.optionalArgument("PROJECT")
    let table = try await Database.read(invocation) { session in
      if let organization = invocation.option("organization") {
        try Subjects.requireOrganization(session, organization)
      }
      if let project, project.utf8.contains(0) { throw SchemaSubject.noProject(project) }
      let projects = try SchemaReports.projects(
        session, project: project, organization: invocation.option("organization"),
        limit: invocation.integer("limit") ?? 100)
      if let project, projects.rowCount == 0 { throw SchemaSubject.noProject(project) }
      return try Table(projects, SchemaColumns.projects)
    }
    try invocation.output.write(table)
    return .ok
  }
}
