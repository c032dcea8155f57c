import Postgres
import SyncStore

/// `syncline jobs cancel ID`: ends a job; what it has applied stays, and counts in its log row.
enum JobsCancelCommand {
  static let command = Command(
    path: ["jobs", "cancel"], summary: "End a job that has not ended yet",
    discussion: """
      Its worker stops at the edge of a page. What was applied until then stays applied. What was asked for and no worker \
      has begun is not done at all.
      """,
    arguments: [Argument("ID", "the job")],
    examples: [Example("syncline jobs cancel ID --reason 'wrong source' --yes", "end it")], needs: [.database],
    change: .alters
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    if let request = try await JobGuard.waiting(invocation, id) {
      try await invocation.confirm(
        "cancel \(request.kind) of \(request.organization), job \(id), which no worker has begun")
      let decision = invocation.decision
      let isDone = try await Database.run(invocation) { try JobRequestStore.cancel($0, id, by: decision) }
      return try await end(invocation, id, isDone)
    }
    let job = try await JobGuard.require(
      invocation, id, [.queued, .running, .retrying, .awaitingApproval], to: "be cancelled")
    try await invocation.confirm("cancel \(job.kind) of \(job.organization), job \(id), which is \(job.state.rawValue)")
    let (actor, reason) = (invocation.actor, invocation.reason)
    let isDone = try await Database.run(invocation) { session in
      try JobDecisions.cancel(session, id, organization: job.organization, by: actor, reason: reason)
    }
    return try await end(invocation, id, isDone)
  }

  private static func end(_ invocation: Invocation, _ id: String, _ isDone: Bool) async throws -> ExitCode {
    guard isDone else { throw JobGuard.changed(id) }
    try await JobGuard.show(invocation, id)
    invocation.output.message("job \(id) is cancelled")
    return .ok
  }
}
