import Postgres
import SyncStore

/// `syncline jobs approve ID`: a job that was stopped for a person's consent goes on.
enum JobsApproveCommand {
  static let command = Command(
    path: ["jobs", "approve"], summary: "Let a job that waits for approval go on",
    discussion: "See first what it would do: 'syncline jobs why ID'. The next worker takes it over at once.",
    arguments: [Argument("ID", "the job")],
    examples: [Example("syncline jobs approve ID --reason 'plant closed' --yes", "yes, discontinue them")],
    needs: [.database], change: .alters
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    let job = try await JobGuard.require(invocation, id, [.awaitingApproval], to: "be approved")
    let why = job.errorMessage.map { " (\($0))" } ?? ""
    try await invocation.confirm("approve \(job.kind) of \(job.organization), job \(id)\(why)")
    let (actor, reason) = (invocation.actor, invocation.reason)
    let isDone = try await Database.run(invocation) { session in
      try JobDecisions.approve(session, id, by: actor, reason: reason)
    }
    guard isDone else { throw JobGuard.changed(id) }
    try await JobGuard.show(invocation, id)
    invocation.output.message("job \(id) is approved; a worker goes on with it")
    return .ok
  }
}
