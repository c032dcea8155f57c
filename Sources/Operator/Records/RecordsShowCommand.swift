import Postgres
import SyncStore

/// `syncline records show ORG PFAID`: one record, where it comes from, and what people did about it.
enum RecordsShowCommand {
  static let command = Command(
    path: ["records", "show"], summary: "Show one record, its order, and what people did about it",
    discussion: """
      data is the record in effect, with --session the drafts of that session laid over; pending_base holds what PEMS \
      says in fields that edits hold; source_block and source_index are the order that a newer record must exceed.
      """,
    arguments: [Argument("ORG", "the organization"), Argument("PFAID", "the record")],
    options: RecordOptions.session + [.limit(50)],
    examples: [
      Example("syncline records show RIO PFA-1 -o json", "everything about it"),
      Example("syncline records show RIO PFA-1 --session s-17", "as session s-17 sees it"),
    ], needs: [.database]
  ) { invocation in
    let (organization, pfaId) = (try invocation.argument("ORG"), try invocation.argument("PFAID"))
    let view = try RecordOptions.view(invocation)
    let format = invocation.output.format
    let (cells, history) = try await Database.read(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      guard !pfaId.utf8.contains(0),
        let row = try RecordReports.record(session, organization: organization, pfaId, as: view)
      else { throw Subjects.noRecord(pfaId, organization) }
      let history = try RecordReports.history(
        session, organization: organization, id: try row.string("id"), pfaId: pfaId,
        limit: invocation.integer("limit") ?? 50)
      return (try Cell.cells(row, RecordColumns.one), try Table(history, RecordColumns.history(for: format)))
    }
    try invocation.output.show(RecordColumns.one, cells, with: ("history", history))
    return .ok
  }
}
