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
    // The worker may have sources this machine does not; what is defined here is checked here.
    if let catalog = try? settings.sourceCatalog(invocation.environment), !catalog.sources.isEmpty,
      catalog.sources[request.source] == nil, catalog.unconfigured[request.source] == nil
    {
      _ = try catalog.source(request.source)
    }
    let ticket = try await JobTicket.send(
      JobTicket.event(ReadSyncMessage.requestedType, organization: request.organization, request.encoded()),
      to: settings.topics.readSync, key: request.organization, organization: request.organization, kind: "read_sync",
      settings, invocation)
    guard invocation.flag("wait") else {
      try ticket.show(invocation.output)
      return .ok
    }
    let deadline = invocation.integer("timeout").map { Deadline(after: .seconds($0)) }
    let wait = JobWait(
      connection: connection, output: invocation.output, deadline: deadline, endsAtApproval: true)
    return try await end(ticket.id, try await wait.end(of: ticket.id), invocation.output, connection)
  }

  /// Its row of the log, or what a dry run found.
  private static func end(
    _ jobId: String, _ status: JobStatus, _ output: Output, _ connection: PGConnection
  ) async throws -> ExitCode {
    if status.state == .failed || status.state == .cancelled {
      let code = status.errorCode ?? status.state.rawValue.uppercased()
      throw CommandError(
        code == "JOB_ALREADY_RUNNING" ? .conflict : .failure, code,
        status.errorMessage ?? "job \(jobId) was \(status.state.rawValue)", hint: "syncline jobs show \(jobId)")
    }
    if status.isDryRun {
      try DryRunReport(json: status.progress).write(output)
      return .ok
    }
    let cells = try await connection.run { session in
      try session.reading { try LogReports.log(session, job: jobId).map { try Cell.cells($0, LogColumns.all) } }
    }
    if let cells { try output.show(LogColumns.all, cells) }
    guard status.state == .awaitingApproval else { return .ok }
    output.message(JobWait.announcement(jobId, status))
    return .findings
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
    guard found.0 else {
      throw CommandError(
        .notFound, "UNKNOWN_ORGANIZATION", "no organization is named \(request.organization)",
        hint: "syncline organizations add \(request.organization)")
    }
    if let running = found.1 {
      throw CommandError(
        .conflict, "JOB_ALREADY_RUNNING", "a read sync of \(request.organization) is open already: job \(running)",
        hint: "syncline jobs watch \(running)")
    }
  }
}
