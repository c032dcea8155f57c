import Postgres
import Runtime
import SyncDomain
import SyncStore

/// `syncline jobs retry ID`: has a job that failed done again, as a new job that names it.
enum JobsRetryCommand {
  /// How work is done again that has no job of its own to repeat, or must be decided anew.
  private static let elsewhere = [
    "write_back": "see 'syncline drafts list --state failed', then 'syncline drafts retry --help'",
    "schema_change": "see 'syncline schema status', then apply the change again for the project's present version",
    "kpi_rebuild": "see 'syncline kpi verify'; 'syncline kpi rebuild --all' corrects totals",
  ]

  static let command = Command(
    path: ["jobs", "retry"], summary: "Have a failed job done again",
    discussion: """
      Failed is final, so the work becomes a new job with the same parameters, which names the old one; it is shown. A \
      job that waits for its next attempt has it at once. A commit is asked for again with the drafts that its session \
      still has.
      """,
    arguments: [Argument("ID", "a failed, cancelled or retrying job")],
    examples: [Example("syncline jobs retry ID --reason 'password renewed' --yes", "the upstream lets us in again")],
    needs: [.database], change: .alters
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    let job = try await JobGuard.require(invocation, id, [.failed, .cancelled, .retrying], to: "be retried")
    try await invocation.confirm("retry \(job.kind) of \(job.organization), job \(id)")
    let (actor, reason) = (invocation.actor, invocation.reason)
    if job.state == .retrying {
      let isDone = try await Database.run(invocation) { try JobDecisions.hasten($0, id, by: actor, reason: reason) }
      guard isDone else { throw JobGuard.changed(id) }
      try await JobGuard.show(invocation, id)
      invocation.output.message("job \(id) is due now; a worker goes on with it")
      return .ok
    }
    let again = try await Database.run(invocation) { session in
      try JobDecisions.retry(session, id, organization: job.organization, kind: job.kind, by: actor, reason: reason)
    }
    switch again {
    case .queued(let new):
      try await JobGuard.show(invocation, new)
      invocation.output.message("job \(new) does the work of job \(id) again")
    case .requested(let new):
      try JobTicket(id: new, organization: job.organization, kind: job.kind, retryOf: id).show(invocation.output)
      invocation.output.message("job \(new) is asked for; see 'syncline jobs show \(new)'")
    case .openRead:
      throw CommandError(
        .conflict, "JOB_ALREADY_RUNNING", "another read sync of \(job.organization) is open",
        hint: "see 'syncline jobs list --organization \(shellQuoted(job.organization))'")
    case .changed: throw JobGuard.changed(id)
    case .unknown:
      throw CommandError(
        .conflict, "NOT_RETRYABLE", "a \(job.kind) is not done again by its job",
        hint: elsewhere[job.kind] ?? "see 'syncline jobs why \(id)'")
    }
    return .ok
  }
}
