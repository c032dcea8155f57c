import Postgres
import Runtime
import SyncDomain
import SyncStore

/// `syncline schema apply`: ask for a schema change, and wait for it when told to.
enum SchemaApplyCommand {
  static let command = Command(
    path: ["schema", "apply"], summary: "Change the schema of a project",
    discussion: """
      Puts the change on the topic; a worker applies it to the organization's target database and then to the \
      project. Prints the job; with --wait its row of the history when it has ended.

      Types of changes: \(SchemaChange.Kind.allCases.map(\.rawValue).joined(separator: ", ")). A list of changes is \
      one transaction. What drops something with data needs --confirm with its name.
      """,
    arguments: SchemaSubject.arguments,
    options: SchemaSubject.options + [
      .integer(
        "current-version", "N", "the version the change was made for; default: the project's", in: 0...2_147_483_647),
      .text("user", "NAME", "who asks; default: this login"),
      .text("confirm", "NAME", "the table, column or project that may be dropped with its data"),
      .flag("wait", "wait until the change has ended"),
      .integer(
        "timeout", "SECONDS", "give up waiting after this long; the change ends by itself", in: 1...3_600, default: 70),
    ],
    examples: [
      Example(
        "syncline schema apply plan --organization RIO --change '{\"type\":\"create_project\",\"name\":\"Plan\"}' --wait",
        "a project"),
      Example("syncline schema apply plan --file orders.json --wait", "a change from a file"),
      Example(
        "syncline schema apply plan --change '{\"type\":\"drop_table\",\"table_id\":\"orders\"}' --confirm Orders --wait",
        "drop a table with its rows"),
    ], needs: [.database, .kafka], change: .alters
  ) { invocation in
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      let subject = try await SchemaSubject.read(invocation, connection)
      try await invocation.confirm("change the schema of project \(subject.project)")
      let jobId = try await publish(subject, settings, invocation, connection)
      guard invocation.flag("wait") else {
        try JobTicket(id: jobId, organization: subject.organization, kind: "schema_change").show(invocation.output)
        try await JobTicket.warn(connection, invocation, kind: "schema_change")
        return .ok
      }
      let deadline = Deadline(after: .seconds(invocation.integer("timeout") ?? 70))
      let poll = JobPoll(
        connection: connection, output: invocation.output, group: settings.group, deadline: deadline)
      return try await SchemaWait(poll: poll).run(jobId)
    }
  }

  private static func publish(
    _ subject: SchemaSubject, _ settings: Settings, _ invocation: Invocation, _ connection: PGConnection
  ) async throws -> String {
    let version = invocation.integer("current-version").map { Int32(clamping: $0) } ?? subject.version
    var request = SchemaChangeRequest(
      organization: subject.organization, project: subject.project, change: subject.json, currentVersion: version,
      user: invocation.actor)
    request.requiresConfirmation = true
    request.confirm = invocation.option("confirm")
    request.allowsBlocking = invocation.flag("blocking")
    request.reason = invocation.reason
    let event = CloudEvent(
      id: UUIDText.random(), source: "syncline-cli", type: SchemaChangeRequest.type, time: timestamp(.now),
      organization: subject.organization, data: request.encoded())
    return try await RequestPublisher(invocation: invocation, settings: settings, connection: connection).publish(
      event, kind: "schema_change", organization: subject.organization, to: settings.topics.schemaChange,
      key: subject.project)
  }
}
