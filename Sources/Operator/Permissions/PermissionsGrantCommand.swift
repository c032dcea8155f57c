import Runtime
import SyncStore

/// `syncline permissions grant USER ORG`: lets a user do something in an organization.
enum PermissionsGrantCommand {
  static let command = Command(
    path: ["permissions", "grant"], summary: "Let a user read, edit or administer the records of an organization",
    discussion: "A user has one level in an organization; another one replaces it.",
    arguments: PermissionSubject.arguments,
    options: [.choice("level", PermissionStore.levels, "what the user may do", default: "write")],
    examples: [Example("syncline permissions grant ann RIO --level write --reason 'site planner'", "ann may edit RIO")],
    needs: [.database], change: .alters
  ) { invocation in
    let subject = try await PermissionSubject(invocation)
    let level = try invocation.required("level")
    try await invocation.confirm("grant \(level) in \(subject.organization) to \(subject.user)")
    let decision = invocation.decision
    let (table, isNew) = try await Database.run(invocation) { session in
      try session.asSystem(by: decision) {
        let isNew = try PermissionStore.grant(
          session, user: subject.user, organization: subject.organization, level: level)
        return (try subject.table(session), isNew)
      }
    }
    try invocation.output.write(table)
    if !isNew { invocation.output.message("\(subject.user) has \(level) in \(subject.organization) already") }
    return .ok
  }
}
