import Postgres
import Runtime
import SyncStore

/// Which dead letters a command line means: by number, or by what they have in common.
enum DeadLetterSelection {
  static let columns = [
    Column("id", .integer), Column("organization_id"), Column("topic"), Column("partition", .integer),
    Column("kafka_offset", .integer), Column("code"), Column("cause"), Column("attempts", .integer), Column("status"),
    Column("replays", .integer), Column("replayed_at", .time), Column("resolved_at", .time), Column("decided_by"),
    Column("reason"), Column("produced_at", .time), Column("created_at", .time),
  ]

  /// All of them for programs, the telling ones for people.
  static func columns(for format: OutputFormat) -> [Column] {
    guard format == .table else { return columns }
    let names: Set = ["id", "organization_id", "topic", "code", "cause", "attempts", "status", "replays", "created_at"]
    return columns.filter { names.contains($0.name) }
  }

  /// A table under ``columns`` as this format shows it.
  static func shown(_ table: Table, _ format: OutputFormat) -> Table {
    let chosen = columns(for: format)
    let places = columns.indices.filter { index in chosen.contains { $0.name == columns[index].name } }
    return Table(chosen, rows: table.rows.map { row in places.map { row[$0] } })
  }

  static let filters = [
    Option.text("code", "CODE", "only with this code"),
    Option.text("cause", "TEXT", "only with this in their cause"),
    Option.text("topic", "TOPIC", "only of this topic, with or without its prefix"), .organization,
  ]

  static func status(default fallback: String) -> Option {
    .choice("status", ["open", "replayed", "resolved", "discarded", "all"], "only with this status", default: fallback)
  }

  /// For verbs that change letters: numbers, or a filter, or `--all`. Without numbers only letters of `--status` are
  /// meant.
  static let arguments = [Argument("ID", "their numbers", .any)]
  static let options =
    filters + [
      Option.flag("all", "every one with this status"), status(default: "open"),
      Option.flag("dry-run", "show which ones, change nothing"),
    ]

  static func filter(_ invocation: Invocation, _ settings: Settings) -> DeadLetterFilter {
    var filter = DeadLetterFilter()
    filter.code = invocation.option("code")
    filter.cause = invocation.option("cause")
    filter.topic = invocation.option("topic").map { settings.topics.published($0) }
    filter.organization = invocation.option("organization")
    filter.status = invocation.option("status").flatMap { $0 == "all" ? nil : $0 }
    return filter
  }

  /// The letters a changing verb is about, oldest first. Throws when it does not say which, or one does not exist.
  static func letters(_ invocation: Invocation, _ settings: Settings, _ connection: PGConnection) async throws -> Table
  {
    let names = ["ID", "code", "cause", "topic", "organization"]
    try invocation.requireFilter(names)
    var filter = filter(invocation, settings)
    let ids = invocation.arguments("ID")
    if !ids.isEmpty {
      guard !invocation.flag("all"), names.dropFirst().allSatisfy({ invocation.option($0) == nil }) else {
        throw CommandError(
          .usage, "INVALID_ARGUMENT", "numbers and filters exclude each other", hint: "give one of them")
      }
      filter = DeadLetterFilter()
      filter.ids = try ids.map(number)
    }
    let wanted = filter
    let table = try await connection.run { session in
      try session.reading { try Table(try DeadLetterReports.list(session, wanted, limit: nil), columns) }
    }
    let found = Set(table.rows.compactMap(id))
    for id in wanted.ids ?? [] where !found.contains(id) { throw notFound("\(id)") }
    return Table(columns, rows: table.rows.sorted { (id($0) ?? 0) < (id($1) ?? 0) })
  }

  /// The number of a row under ``columns``.
  static func id(_ row: [Cell]) -> Int64? {
    if case .integer(let id)? = row.first { id } else { nil }
  }

  /// Whether there is nothing to give up in a row under ``columns``: it is discarded, or was applied.
  static func isSettled(_ row: [Cell]) -> Bool {
    guard let place = columns.firstIndex(where: { $0.name == "status" }), case .text(let status) = row[place] else {
      return false
    }
    return status == "discarded" || status == "resolved"
  }

  static func number(_ text: String) throws(CommandError) -> Int64 {
    guard let number = Int64(text) else { throw notFound(text) }
    return number
  }

  static func notFound(_ id: String) -> CommandError {
    CommandError(
      .notFound, "DEAD_LETTER_NOT_FOUND", "there is no dead letter '\(id)'", hint: "see 'syncline dead-letters list'")
  }
}
