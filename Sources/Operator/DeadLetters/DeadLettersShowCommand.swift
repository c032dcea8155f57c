import Postgres
import SyncDomain
import SyncStore

/// `syncline dead-letters show ID`: one message with its bytes, headers, what was wrong with it, and what became of it.
enum DeadLettersShowCommand {
  private static let columns = [
    Column("id", .integer), Column("organization_id"), Column("topic"), Column("partition", .integer),
    Column("kafka_offset", .integer), Column("message_key", .json), Column("message_value", .json),
    Column("headers", .json), Column("code"), Column("cause"), Column("attempts", .integer), Column("status"),
    Column("replays", .integer), Column("replayed_at", .time), Column("resolved_at", .time), Column("decided_by"),
    Column("reason"), Column("trace"), Column("produced_at", .time), Column("created_at", .time),
    Column("updated_at", .time),
  ]

  static let command = Command(
    path: ["dead-letters", "show"], summary: "Show one message that could not be applied, and what became of it",
    discussion: """
      Key and value are text, or {"base64": …} when they are not UTF-8, or null when the message has none. The history \
      has every replay and discard with who and why, and what workers met, the newest last.
      """,
    arguments: [Argument("ID", "its number")],
    examples: [Example("syncline dead-letters show 7 -o json", "with every byte")], needs: [.database]
  ) { invocation in
    let id = try invocation.argument("ID")
    let (cells, history, remedy) = try await Database.read(invocation) { session in
      let number = try DeadLetterSelection.number(id)
      guard let row = try DeadLetterReports.letter(session, number) else { throw DeadLetterSelection.notFound(id) }
      let cells = try columns.map { column in
        switch column.name {
        case "message_key", "message_value": content(try row.bytea(column.name))
        default: try Cell(try row.field(column.name), column.kind)
        }
      }
      return (cells, try Table(try DeadLetterReports.history(session, number), HistoryColumns.ofOne), try advice(row))
    }
    try invocation.output.show(columns, cells, with: ("history", history))
    if let remedy { invocation.output.message(remedy) }
    return .ok
  }

  /// What is to be done about it; nil: it is not open.
  private static func advice(_ row: PGRow) throws -> String? {
    guard try row.string("status") == "open" else { return nil }
    let remedy = LetterRemedy(try row.string("code"))
    let commands = remedy.commands(" \(try row.integer("id"))", organization: try row.text("organization_id"))
    return "do: " + ((remedy.advice.map { [$0] } ?? []) + commands.map { "'\($0)'" }).joined(separator: "; ")
  }

  /// A message's key or value, exact to the byte.
  static func content(_ bytes: [UInt8]?) -> Cell {
    guard let bytes else { return .null }
    if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
    return .json("{\"base64\": \"\(Base64.encode(bytes))\"}")
  }
}
