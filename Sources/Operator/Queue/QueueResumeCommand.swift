import SyncStore

/// `syncline queue resume`: takes a pause back.
enum QueueResumeCommand {
  static let command = Command(
    path: ["queue", "resume"], summary: "Let paused work begin again",
    discussion: "Name what was paused, as 'syncline queue list' shows it. Held messages are published again, in order.",
    arguments: QueueSubject.arguments, options: QueueSubject.options,
    examples: [Example("syncline queue resume read_sync", "reads go on")], needs: [.database], change: .alters
  ) { invocation in
    let subject = try await QueueSubject(invocation)
    try await invocation.confirm("resume \(subject.description)")
    let (actor, reason) = (invocation.actor, invocation.reason)
    let released = try await Database.run(invocation) { session in
      try QueueStore.resume(
        session, kind: subject.kind, organization: subject.organization, by: actor, reason: reason)
    }
    try await QueueColumns.show(invocation, organization: subject.organization, kind: subject.kind)
    guard let released else {
      invocation.output.message(
        "\(subject.description) is not paused by itself, nothing changed; 'syncline queue list' shows what is")
      return .ok
    }
    let messages = released == 0 ? "" : "; \(counted(Int(released), "held message")) published again"
    invocation.output.message("\(subject.description) goes on\(messages)")
    return .ok
  }
}
