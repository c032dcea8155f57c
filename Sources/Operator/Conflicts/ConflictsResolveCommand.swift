import Postgres
import SyncDomain
import SyncStore

/// `syncline conflicts resolve ID`: decides a conflict; who, when and why is kept.
enum ConflictsResolveCommand {
  static let command = Command(
    path: ["conflicts", "resolve"], summary: "Decide a conflict",
    discussion: """
      mine puts the edit on top of what PEMS says now and pushes it; theirs gives the edit up; --set takes the edit \
      with other values and pushes that: of every conflicting field, or --take decides those that it does not name. \
      It is done with the rights of the edit's own user, or of --user; the histories keep who decided: --user, else \
      SYNCLINE_ACTOR, else the login.
      """,
    arguments: [Argument("ID", "the conflict")],
    options: [
      .choice("take", ["mine", "theirs"], "whose values hold"), FieldAssignment.option,
      .text(
        "user", "ID", "who decides, and needs write permission then; default: whoever runs this, for the edit's user"),
    ],
    examples: [
      Example("syncline conflicts resolve ID --take theirs --reason 'agreed with the site'", "give it up"),
      Example("syncline conflicts resolve ID --set forecastEnd=2026-08-31", "meet in the middle"),
      Example("syncline conflicts resolve ID --set dor=BEO --take theirs", "one field so, the others as PEMS has them"),
    ], needs: [.database], change: .alters
  ) { invocation in
    let id = try ConflictsShowCommand.conflictId(invocation)
    let choice = try chosen(invocation)
    try await invocation.confirm("decide conflict \(id)")
    let (user, reason) = (invocation.actor, invocation.reason)
    let rights: ConflictStore.Rights = invocation.option("user") == nil ? .editor : .own
    let cells = try await Database.run(invocation) { session in
      guard let row = try session.reading({ try DraftReports.conflict(session, id) }) else {
        throw DraftErrors.noConflict(id)
      }
      let organization = try row.string("organization_id")
      do {
        _ = try ConflictStore.resolve(
          session, id, organization: organization, choice: choice, user: user, with: rights, reason: reason)
      } catch let failure as ConflictStore.Failure {
        throw DraftErrors.explain(failure, id, organization: organization)
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
    case ("mine", false): return .set(values, rest: .mine)
    case ("theirs", false): return .set(values, rest: .theirs)
    case (_, false): return .set(values)
    case (_, true):
      throw CommandError(
        .usage, "CHOICE_REQUIRED", "nothing says how the conflict is to be decided",
        hint: "give one of --take mine (the edit holds), --take theirs (PEMS holds), --set FIELD=VALUE (something else)"
      )
    }
  }
}
