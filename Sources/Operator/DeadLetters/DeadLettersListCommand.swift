import SyncStore

/// `syncline dead-letters list`: messages that could not be applied.
enum DeadLettersListCommand {
  static let columns = [
    Column("id", .integer), Column("organization_id"), Column("topic"), Column("partition", .integer),
    Column("kafka_offset", .integer), Column("code"), Column("cause"), Column("attempts", .integer), Column("status"),
    Column("produced_at", .time), Column("created_at", .time),
  ]

  static let command = Command(
    path: ["dead-letters", "list"], summary: "List messages that could not be applied",
    options: [
      Option.text("code", "CODE", "only with this code"), .organization,
      Option.choice("status", ["open", "replayed", "discarded", "all"], "only with this status", default: "open"),
      .limit(50),
    ],
    examples: [Example("syncline dead-letters list --code UNKNOWN_ORGANIZATION", "who is not in the table?")],
    needs: [.database]
  ) { invocation in
    let status = invocation.option("status")
    let table = try await Database.read(invocation) { session in
      let letters = try DeadLetterReports.list(
        session, code: invocation.option("code"), organization: invocation.option("organization"),
        status: status == "all" ? nil : status, limit: invocation.integer("limit") ?? 50)
      return try Table(letters, columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
