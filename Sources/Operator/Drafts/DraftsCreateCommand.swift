import Postgres
import SyncDomain
import SyncStore

/// `syncline drafts create ORG PFAID`: edits a record in a session.
enum DraftsCreateCommand {
  static let command = Command(
    path: ["drafts", "create"], summary: "Edit a record in a session",
    discussion: """
      Creates the session's draft of the record or extends it. Nobody else sees it before it is committed. A field \
      that is set back to what it was is dropped.
      """,
    arguments: [Argument("ORG", "the organization"), Argument("PFAID", "the record")],
    options: DraftSession.options + [
      FieldAssignment.option,
      .integer(
        "base-version", "N", "the version the user saw; default: the present one", in: 1...Int64(Int32.max)),
    ],
    examples: [
      Example(
        "syncline drafts create RIO PFA-1 --user ann --session s-17 --set forecastEnd=2026-09-30",
        "move the end of a forecast")
    ], needs: [.database], change: .adds
  ) { invocation in
    let organization = try invocation.argument("ORG")
    let (pfaId, user) = (try invocation.argument("PFAID"), try invocation.required("user"))
    let id = try invocation.required("session")
    let delta = try FieldAssignment.values(invocation.options("set"))
    guard !delta.isEmpty else {
      throw CommandError(.usage, "MISSING_OPTION", "nothing is edited", hint: "give --set FIELD=VALUE")
    }
    // A commit would refuse it.
    let findings = EditRules.findings(in: delta)
    guard findings.isEmpty else { throw DraftErrors.refused(findings) }
    let columns = DraftColumns.list(for: invocation.output.format)
    let (draft, cells) = try await DraftErrors.naming(user: user, organization: organization) {
      try await Database.run(invocation) { session -> ((isFound: Bool, id: String?), [Cell]?) in
        try session.reading { try Subjects.requireOrganization(session, organization) }
        let draft = try DraftStore.create(
          session, organization: organization, pfaId: pfaId, user: user, session: id, delta: delta,
          baseVersion: invocation.integer("base-version"))
        guard let made = draft.id else { return (draft, nil) }
        let row = try session.reading {
          try DraftReports.list(
            session, organization: organization, session: id, user: user, state: "draft", limit: 100_000
          ).rows.first { try $0.string("id") == made }
        }
        return (draft, try row.map { try Cell.cells($0, columns) })
      }
    }
    guard draft.isFound else {
      throw Subjects.noRecord(pfaId, organization)
    }
    guard let cells else {
      invocation.output.message("nothing differs from the record, so there is no draft of it")
      return .ok
    }
    try invocation.output.show(columns, cells)
    return .ok
  }
}
