import SyncStore

/// `syncline organizations suspend ID`, and `--resume` to take it back.
enum OrganizationsSuspendCommand {
  static let command = Command(
    path: ["organizations", "suspend"], summary: "Suspend an organization, or resume it",
    discussion: """
      Its queued jobs wait, nothing new is read for it, and nobody may draft, commit or decide a conflict there; what \
      others send about its records is still applied.
      """,
    arguments: [Argument("ID", "the organization")],
    options: [Option.flag("resume", "make it active again")],
    examples: [
      Example("syncline organizations suspend RIO --yes", "no new work for RIO"),
      Example("syncline organizations suspend RIO --resume", "take it back"),
    ], needs: [.database], change: .alters
  ) { invocation in
    let id = try invocation.argument("ID")
    let suspends = !invocation.flag("resume")
    let status = suspends ? "suspended" : "active"
    try await Database.read(invocation) { session in try Subjects.requireOrganization(session, id) }
    try await invocation.confirm("\(suspends ? "suspend" : "resume") organization \(id)")
    let decision = invocation.decision
    let (cells, isChanged) = try await Database.run(invocation) { session in
      try session.asSystem(by: decision) {
        if let row = try OrganizationStore.set(session, id, isSuspended: suspends) {
          return (try Cell.cells(row, OrganizationColumns.all), true)
        }
        guard let row = try OrganizationStore.find(session, id) else { throw Subjects.noOrganization(id) }
        return (try Cell.cells(row, OrganizationColumns.all), false)
      }
    }
    try invocation.output.show(OrganizationColumns.all, cells)
    invocation.output.message("organization \(id) is \(status)\(isChanged ? "" : " already, nothing changed")")
    return .ok
  }
}
