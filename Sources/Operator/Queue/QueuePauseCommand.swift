import SyncStore

/// `syncline queue pause`: work of a kind or an organization does not begin until it is resumed.
enum QueuePauseCommand {
  static let command = Command(
    path: ["queue", "pause"], summary: "Let no work of a kind or an organization begin",
    discussion: """
      Its jobs stay queued and its messages are held, visibly; the work of others goes on, and so does what runs \
      already ('syncline jobs cancel JOB' ends it). Nothing is lost, and nothing has to be sent again. What a command does \
      by itself is not held: 'syncline kpi rebuild'.
      """,
    arguments: QueueSubject.arguments, options: QueueSubject.options,
    examples: [
      Example("syncline queue pause read_sync --yes --reason 'PEMS is being upgraded'", "no reads for now"),
      Example("syncline queue pause --kind write_back --organization RIO --yes", "no pushes of RIO"),
    ], needs: [.database], change: .alters
  ) { invocation in
    let subject = try await QueueSubject(invocation)
    try await invocation.confirm("pause \(subject.description)")
    let (actor, reason) = (invocation.actor, invocation.reason)
    let isNew = try await Database.run(invocation) { session in
      try QueueStore.pause(
        session, kind: subject.kind, organization: subject.organization, by: actor, reason: reason)
    }
    try await QueueColumns.show(invocation, organization: subject.organization, kind: subject.kind)
    invocation.output.message("\(subject.description) is paused\(isNew ? "" : " already, nothing changed")")
    if subject.kind == "kpi_rebuild" {
      invocation.output.message("this holds what is asked for by message; 'syncline kpi rebuild' is done at once")
    }
    return .ok
  }
}
