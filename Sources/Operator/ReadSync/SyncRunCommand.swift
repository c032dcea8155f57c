import FoundationEssentials
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// `syncline sync run`: ask for a read sync, and wait for it when told to.
enum SyncRunCommand {
  static let command = Command(
    path: ["sync", "run"], summary: "Ask for a read sync of an organization",
    discussion: """
      Puts the request on the topic; a worker reads the source, and all workers apply what it brings. Prints the \
      job. With --wait shows progress until the job has ended, then its row of the sync log.

      full reads everything and discontinues what is gone upstream; incremental reads what changed since the \
      last completed run; manual reads everything and discontinues nothing. --dry-run reads and compares, writes \
      nothing, and tells what would change.
      """,
    arguments: [Argument("ORG", "organization to read")],
    options: [
      .text("source", "NAME", "a source of the jobs directory", required: true),
      .choice("mode", ReadSyncMode.allCases.map(\.rawValue), "what to read", default: "incremental"),
      .integer("page-size", "ROWS", "rows of an upstream page; default: the source's own", in: 1...10_000),
      .flag("dry-run", "tell what would change, change nothing"),
      .flag("wait", "wait until the job has ended"),
      .integer("timeout", "SECONDS", "give up waiting after this long; the job goes on", in: 1...86_400),
    ],
    examples: [
      Example("syncline sync run RIO --source pems --mode full --wait", "read all of RIO and watch it"),
      Example("syncline sync run RIO --source pems --dry-run --wait", "see what an incremental read would change"),
    ], needs: [.database, .kafka], change: .adds
  ) { invocation in
    let settings = try invocation.settings()
    let organization = try invocation.argument("ORG")
    guard let mode = ReadSyncMode(rawValue: try invocation.required("mode")) else { return .usage }
    let request = ReadSyncRequest(
      organization: organization, mode: mode, source: try invocation.required("source"),
      pageSize: invocation.integer("page-size").map { Int($0) }, dryRun: invocation.flag("dry-run"),
      requestedBy: invocation.actor, reason: invocation.reason)
    return try await Database.connected(settings) { try await run(request, invocation, settings, $0) }
  }

  private static func run(
    _ request: ReadSyncRequest, _ invocation: Invocation, _ settings: Settings, _ connection: PGConnection
  ) async throws -> ExitCode {
    try await check(request, connection)
    try checkSource(request.source, settings, invocation)
    let jobId = try await publish(request, settings, invocation, connection)
    guard invocation.flag("wait") else {
      try JobTicket(id: jobId, organization: request.organization, kind: "read_sync").show(invocation.output)
      try await JobTicket.warn(connection, invocation, kind: "read_sync")
      return .ok
    }
    let deadline = invocation.integer("timeout").map { Deadline(after: .seconds($0)) }
    let poll = JobPoll(
      connection: connection, output: invocation.output, group: settings.group, deadline: deadline)
    return try await JobWait(poll: poll).run(jobId)
  }

  /// The worker may have sources this machine does not; what is defined here is checked here. A file that can not be
  /// read counts when it names the source.
  private static func checkSource(_ name: String, _ settings: Settings, _ invocation: Invocation) throws {
    guard FileManager.default.fileExists(atPath: settings.jobsDirectory) else { return }
    do {
      let catalog = try settings.sourceCatalog(invocation.environment)
      if !catalog.sources.isEmpty, catalog.sources[name] == nil, catalog.unconfigured[name] == nil {
        _ = try catalog.source(name)
      }
    } catch let errors as CatalogErrors {
      let naming = errors.faults.filter { (try? readTextFile($0.file))?.contains(name) ?? true }
      if !naming.isEmpty { throw CatalogErrors(faults: naming) }
      invocation.output.message(
        "\(settings.jobsDirectory) has faults that do not concern \(name); see 'syncline doctor'")
    }
  }

  /// What can be refused at once is refused here; the worker checks again.
  private static func check(_ request: ReadSyncRequest, _ connection: PGConnection) async throws {
    let found = try await connection.run { session in
      try session.reading {
        (
          try OrganizationStore.find(session, request.organization) != nil,
          request.dryRun ? nil : try JobStore.openRead(session, organization: request.organization)
        )
      }
    }
    guard found.0 else { throw Subjects.noOrganization(request.organization) }
    if let running = found.1 {
      throw CommandError(
        .conflict, "JOB_ALREADY_RUNNING", "a read sync of \(request.organization) is open already: job \(running)",
        hint: "see 'syncline jobs watch \(running)'")
    }
  }

  private static func publish(
    _ request: ReadSyncRequest, _ settings: Settings, _ invocation: Invocation, _ connection: PGConnection
  ) async throws -> String {
    let event = CloudEvent(
      id: UUIDText.random(), source: "syncline-cli", type: ReadSyncMessage.requestedType, time: timestamp(.now),
      organization: request.organization, data: request.encoded())
    return try await RequestPublisher(invocation: invocation, settings: settings, connection: connection).publish(
      event, kind: "read_sync", organization: request.organization, to: settings.topics.readSync,
      key: request.organization)
  }
}
