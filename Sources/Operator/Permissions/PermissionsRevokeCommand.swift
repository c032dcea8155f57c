import SyncStore

/// `syncline permissions revoke USER ORG`: the user's next commit is refused.
enum PermissionsRevokeCommand {
  static let command = Command(
    path: ["permissions", "revoke"], summary: "Take away what a user may do in an organization",
    discussion: "It counts from the next commit on, also for drafts that were made before.",
    arguments: PermissionSubject.arguments,
    examples: [Example("syncline permissions revoke ann RIO --reason 'left the site'", "ann edits RIO no more")],
    needs: [.database], change: .alters
  ) { invocation in
    let subject = try await PermissionSubject(invocation)
    try await invocation.confirm("revoke what \(subject.user) may do in \(subject.organization)")
    let decision = invocation.decision
    let isDone = try await Database.run(invocation) { session in
      try session.asSystem(by: decision) {
        try PermissionStore.revoke(session, user: subject.user, organization: subject.organization)
      }
    }
    guard isDone else {
      throw CommandError(
        .notFound, "PERMISSION_NOT_FOUND", "\(subject.user) has no permission in \(subject.organization)",
        hint: "see 'syncline permissions list'")
    }
    try invocation.output.show(
      [Column("organization_id"), Column("user_id"), Column("level")],
      [.text(subject.organization), .text(subject.user), .null])
    return .ok
  }
}
