import SyncDomain
import SyncStore

/// `syncline schema target`: where the tables of organizations are.
enum SchemaTargetCommand {
  static let command = Command(
    path: ["schema", "target"], summary: "Show or set where the tables of organizations are",
    discussion: """
      Without --set shows the deployment configurations. --set writes the one of --organization, or the shared one \
      that counts for every organization without its own. The target is 'master', this database, or the name of a \
      variable that holds a connection string, for workers and for 'schema plan' (with _FILE behind it: of a file). \
      An organization whose own configuration is not active can not change its schemas; the shared one is no \
      stand-in for it.
      """,
    options: [
      .organization, .flag("set", "write the configuration"), .history,
      .text("target", "NAME", "master, or the name of a variable", default: Deployment.master),
      .text("schema", "NAME", "org_ and 32 hexadecimal digits; default: made of the organization's id"),
      .choice("status", ["active", "migrating", "inactive"], "whether changes are applied there", default: "active"),
    ],
    examples: [
      Example("syncline schema target --set --yes", "the tables of all organizations in this database"),
      Example("syncline schema target --set --organization RIO --target RIO_DATABASE --yes", "RIO's somewhere else"),
    ], needs: [.database], change: .alters
  ) { invocation in
    let organization = invocation.option("organization")
    guard invocation.flag("set") else {
      let table = try await Database.read(invocation) { session in
        if let organization { try Subjects.requireOrganization(session, organization) }
        if invocation.flag("history") {
          let events = try OperatorHistory.list(session, .deployment, organization: organization, limit: 1_000)
          return try Table(events, HistoryColumns.all)
        }
        return try Table(try SchemaReports.deployments(session), SchemaColumns.deployments)
      }
      try invocation.output.write(table)
      return .ok
    }
    let target = try invocation.required("target")
    let schema = invocation.option("schema")
    let isName =
      !target.isEmpty
      && target.utf8.allSatisfy { $0 == 0x5F || (0x30...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    guard isName else {
      throw CommandError(
        .invalid, "INVALID_TARGET", "the target is the name of a variable, never a connection string",
        hint: "put the connection string into a variable and name that")
    }
    if let schema, TargetSchema(schema) == nil {
      throw CommandError(.invalid, "INVALID_SCHEMA", "the schema is not org_ and 32 hexadecimal digits")
    }
    if let organization {
      try await Database.read(invocation) { session in try Subjects.requireOrganization(session, organization) }
    }
    let status = try invocation.required("status")
    try await invocation.confirm(
      "change where the tables of \(organization ?? "all organizations without their own") are")
    let decision = invocation.decision
    let cells = try await Database.run(invocation) { session in
      try session.asSystem(by: decision) {
        try Cell.cells(
          try SchemaReports.setDeployment(
            session, organization: organization, target: target, schema: schema, status: status),
          SchemaColumns.deployments)
      }
    }
    try invocation.output.show(SchemaColumns.deployments, cells)
    return .ok
  }
}
