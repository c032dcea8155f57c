import Postgres
import SyncDomain
import SyncStore

/// `syncline conflicts resolve ID`: decides a conflict; who, when and why is kept.
enum ConflictsResolveCommand {
  static let command = Command(
    path: ["conflicts", "resolve"], summary: "Decide a conflict",
    discussion: """
      mine puts the edit on top of what PEMS says now and pushes it; theirs gives the edit up; --set takes the edit \
      with other values and pushes that.
      """,
    arguments: [Argument("ID", "the conflict")],
    options: [
      .choice("take", ["mine", "theirs"], "whose values hold"), FieldAssignment.option,
      .text("user", "ID", "who decides; needs write permission; default: this login"),
    ],
    examples: [
      Example("syncline conflicts resolve ID --take theirs --user ann --reason 'agreed with the site'", "give it up"),
      Example("syncline conflicts resolve ID --set forecastEnd=2026-08-31 --user ann", "meet in the middle"),
    ], needs: [.database], change: .alters
  ) { invocation in
    let id = try ConflictsShowCommand.conflictId(invocation)
    let choice = try chosen(invocation)
    try await invocation.confirm("decide conflict \(id)")
    let (user, reason) = (invocation.actor, invocation.reason)
    let cells = try await Database.run(invocation) { session in
      guard let row = try session.reading({ try DraftReports.conflict(session, id) }) else {
        throw DraftErrors.noConflict(id)
      }
      let organization = try row.string("organization_id")
      do {
        _ = try ConflictStore.resolve(
          session, id, organization: organization, choice: choice, user: user, reason: reason)
      } catch let failure as ConflictStore.Failure {
        throw DraftErrors.explain(failure, id, user: user, organization: organization)
      }
      return try session.reading {
        try DraftReports.conflict(session, id).map { try Cell.cells($0, DraftColumns.conflict) }
      }
    }
    if let cells { try invocation.output.show(DraftColumns.conflict, cells) }
    return .ok
  }

  private static func chosen(_ invocation: Invocation) throws(CommandError) -> ConflictResolution.Choice {
    let values = try FieldAssignment.values(invocation.options("set"))
    switch (invocation.option("take"), values.isEmpty) {
    case ("mine", true): return .mine
    case ("theirs", true): return .theirs
    case (nil, false): return .set(values)
    case (nil, true): throw choice("nothing says how the conflict is to be decided")
    default: throw choice("--take and --set exclude each other")
    }
  }

  private static func choice(_ fault: String) -> CommandError {
    CommandError(
      .usage, "CHOICE_REQUIRED", fault,
      hint: "give one of --take mine (the edit holds), --take theirs (PEMS holds), --set FIELD=VALUE (something else)")
  }
}
