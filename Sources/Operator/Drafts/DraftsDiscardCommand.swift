import SyncStore

/// `syncline drafts discard`: forgets the drafts of a session.
enum DraftsDiscardCommand {
  static let command = Command(
    path: ["drafts", "discard"], summary: "Forget the drafts of a session",
    discussion: "What they were is kept in the history; committed edits are not touched.",
    arguments: DraftSession.arguments, options: DraftSession.options,
    examples: [Example("syncline drafts discard --session s-17 --user ann --yes", "start over")], needs: [.database],
    change: .destroys
  ) { invocation in
    let session = try await DraftSession(invocation)
    try await invocation.confirm("discard the drafts of \(session.user) in session \(session.id)")
    let reason = invocation.reason
    let count = try await Database.run(invocation) { connection in
      try DraftStore.discard(
        connection, organization: session.organization, user: session.user, session: session.id, reason: reason)
    }
    try invocation.output.show(
      [Column("organization_id"), Column("session_id"), Column("user_id"), Column("discarded", .integer)],
      [.text(session.organization), .text(session.id), .text(session.user), .integer(count)])
    return .ok
  }
}
