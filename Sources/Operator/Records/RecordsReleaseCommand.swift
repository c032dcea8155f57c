import SyncStore

/// `syncline records release ORG PFAID`: takes the order of a record back, so that PEMS' next word counts.
enum RecordsReleaseCommand {
  static let command = Command(
    path: ["records", "release"], summary: "Let the next record that PEMS sends count as newer, whatever its order",
    discussion: """
      For a record whose order is so far ahead that nothing PEMS sends ever beats it: 'syncline doctor' finds those. \
      The data stay as they are until PEMS is read again, in full.
      """,
    arguments: [Argument("ORG", "the organization"), Argument("PFAID", "the record")],
    examples: [
      Example("syncline records release RIO PFA-1 --reason 'clock of the plant was wrong' --yes", "mend one record")
    ], needs: [.database], change: .alters
  ) { invocation in
    let (organization, pfaId) = (try invocation.argument("ORG"), try invocation.argument("PFAID"))
    try await Database.read(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      guard !pfaId.utf8.contains(0),
        try RecordReports.record(session, organization: organization, pfaId, as: RecordView()) != nil
      else { throw Subjects.noRecord(pfaId, organization) }
    }
    try await invocation.confirm("release the order of record \(pfaId) of \(organization)")
    let decision = invocation.decision
    let (isNew, cells) = try await Database.run(invocation) { session in
      let isNew = try RecordReports.release(session, organization: organization, pfaId, by: decision)
      return try session.reading {
        let row = try RecordReports.record(session, organization: organization, pfaId, as: RecordView())
        return (isNew, try row.map { try Cell.cells($0, RecordColumns.one) })
      }
    }
    if let cells { try invocation.output.show(RecordColumns.one, cells) }
    if !isNew { invocation.output.message("record \(pfaId) has no order, nothing changed") }
    return .ok
  }
}
