import SyncStore

/// `syncline queue list`: what waits and runs by kind and organization, and what is paused.
enum QueueListCommand {
  static let command = Command(
    path: ["queue", "list"], summary: "List waiting and running work, and what is paused",
    discussion: "An empty kind or organization means every one. Held messages wait for their work to be resumed.",
    options: [
      .organization, Option.choice("kind", JobsListCommand.kinds, "only of this kind"), .history, .limit(50),
    ],
    examples: [
      Example("syncline queue list", "who waits for what?"),
      Example("syncline queue list --history", "who paused and resumed what, when and why"),
    ], needs: [.database]
  ) { invocation in
    let organization = invocation.option("organization")
    if let organization {
      try await Database.read(invocation) { try Subjects.requireOrganization($0, organization) }
    }
    guard invocation.flag("history") else {
      try await QueueColumns.show(invocation, organization: organization, kind: invocation.option("kind"))
      return .ok
    }
    let table = try await Database.read(invocation) { session in
      try Table(
        try QueueStore.pauses(
          session, organization: organization, kind: invocation.option("kind"),
          limit: invocation.integer("limit") ?? 50), QueueColumns.pauses)
    }
    try invocation.output.write(table)
    return .ok
  }
}
