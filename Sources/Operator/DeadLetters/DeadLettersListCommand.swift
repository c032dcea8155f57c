import SyncStore

/// `syncline dead-letters list`: messages that could not be applied.
enum DeadLettersListCommand {
  private static let groups = [
    Column("count", .integer), Column("code"), Column("cause"), Column("topic"), Column("organization_id"),
    Column("status"), Column("attempts", .integer), Column("first_at", .time), Column("last_at", .time),
    Column("id", .integer),
  ]

  static let command = Command(
    path: ["dead-letters", "list"], summary: "List messages that could not be applied",
    discussion: """
      In a table those of the same cause are one line, with how many they are and the newest one's number; for programs \
      each is an object of its own. --by-cause and --each say which.
      """,
    options: DeadLetterSelection.filters + [
      DeadLetterSelection.status(default: "open"), .limit(50), Option.flag("by-cause", "one line for each cause"),
      Option.flag("each", "one line for each message"),
    ],
    examples: [
      Example("syncline dead-letters list --code UNKNOWN_ORGANIZATION", "who is not in the table?"),
      Example("syncline dead-letters list --by-cause -o json", "causes, and how often each"),
    ],
    needs: [.database]
  ) { invocation in
    let filter = DeadLetterSelection.filter(invocation, try invocation.settings())
    let limit = invocation.integer("limit")
    let isGrouped = invocation.flag("by-cause") || (invocation.output.format == .table && !invocation.flag("each"))
    let columns = DeadLetterSelection.columns(for: invocation.output.format)
    let table = try await Database.read(invocation) { session in
      isGrouped
        ? try Table(try DeadLetterReports.groups(session, filter, limit: limit), groups)
        : try Table(try DeadLetterReports.list(session, filter, limit: limit), columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
