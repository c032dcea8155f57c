import Postgres
import Runtime
import SyncDomain
import SyncStore

/// `syncline drafts commit`: brings a session's drafts into effect, all or nothing.
enum DraftsCommitCommand {
  static let command = Command(
    path: ["drafts", "commit"], summary: "Bring the drafts of a session into effect",
    discussion: """
      Queues the commit; a worker applies the whole session or nothing. Prints the job. With --wait tells what became \
      of it: 0 applied, 9 conflicts, 40 values that a record can not have. --partial applies what can be applied and \
      leaves the rest as conflicts.
      """,
    arguments: DraftSession.arguments,
    options: DraftSession.options + [
      .flag("partial", "apply what can be applied"), .flag("wait", "wait until the commit is decided"),
      .integer("timeout", "SECONDS", "give up waiting after this long; the commit goes on", in: 1...86_400),
    ],
    examples: [Example("syncline drafts commit --session s-17 --user ann --reason 'weekly plan' --wait", "and see it")],
    needs: [.database], change: .alters
  ) { invocation in
    let session = try await DraftSession(invocation)
    try await invocation.confirm("commit the drafts of \(session.user) in session \(session.id)")
    let (partial, reason) = (invocation.flag("partial"), invocation.reason)
    let id = try await DraftErrors.naming(user: session.user, organization: session.organization) {
      try await Database.run(invocation) { connection in
        let id = try DraftStore.commit(
          connection, organization: session.organization, user: session.user, session: session.id, reason: reason,
          partial: partial)
        // Apart from the commit, which the application's role does and this one could not.
        try connection.asSystem {
          try JobRequestStore.record(
            connection, job: id, organization: session.organization, kind: "draft_commit", event: id,
            key: CloudEvent(id: id, source: "syncline", type: DraftCommitRequest.type, data: []).requestKey(
              session.organization),
            parameters: DraftCommitRequest(
              organization: session.organization, commitId: id, userId: session.user, sessionId: session.id,
              changeReason: reason, partial: partial
            ).encoded(), place: nil, by: session.user)
        }
        return id
      }
    }
    guard invocation.flag("wait") else {
      try JobTicket(id: id, organization: session.organization, kind: "draft_commit").show(invocation.output)
      try await Database.connected(invocation) { try await JobTicket.warn($0, invocation, kind: "draft_commit") }
      return .ok
    }
    let deadline = invocation.integer("timeout").map { Deadline(after: .seconds($0)) }
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      let poll = JobPoll(
        connection: connection, output: invocation.output, group: settings.group, deadline: deadline)
      return try await end(id, try await poll.run(id), session, invocation.output, connection)
    }
  }

  /// The job with its log row and issues, and below it the conflicts.
  private static func end(
    _ id: String, _ status: JobStatus, _ subject: DraftSession, _ output: Output, _ connection: PGConnection
  ) async throws -> ExitCode {
    let format = output.format
    let (report, conflicts) = try await connection.run { session in
      try session.reading {
        (
          try JobReport(session, id, issues: 100, format: format),
          try Table(
            try DraftReports.conflicts(session, organization: nil, status: "open", commit: id, limit: 1_000),
            DraftColumns.conflicts(for: format))
        )
      }
    }
    try report.write(to: output, adding: ("conflicts", conflicts))
    let exit = JobEnd.exit(status)
    if status.state == .succeeded { return exit }
    let code = status.errorCode ?? "FAILED"
    throw CommandError(
      exit, code, status.errorMessage ?? "commit \(id) failed",
      hint: try await hint(exit, code, id, subject, connection))
  }

  /// What to do about a commit that failed.
  private static func hint(
    _ exit: ExitCode, _ code: String, _ id: String, _ subject: DraftSession, _ connection: PGConnection
  ) async throws -> String {
    let organization = subject.organization
    let (tenant, session, who) = (shellQuoted(organization), shellQuoted(subject.id), shellQuoted(subject.user))
    switch exit {
    case .conflict: return "see 'syncline conflicts list --organization \(tenant)'"
    case .invalid:
      return
        "see 'syncline drafts check \(tenant) --session \(session) --user \(who)'; correct the drafts, or give "
        + "them up: 'syncline drafts discard \(tenant) --session \(session) --user \(who)'"
    default:
      guard code == EditCode.forbidden else { return "see 'syncline jobs why \(id)'" }
      let status = try await connection.run { connection in
        try connection.reading { try OrganizationStore.find(connection, organization)?.string("status") }
      }
      return DraftErrors.forbidden(
        user: subject.user, organization: organization, isSuspended: status == "suspended")
    }
  }
}
