import Postgres
import Runtime
import SyncStore

/// `syncline dead-letters replay`: publishes messages again as they came, for workers to apply.
enum DeadLettersReplayCommand {
  /// Letters of one transaction when no rate is asked for.
  private static let portion = 500

  static let command = Command(
    path: ["dead-letters", "replay"], summary: "Publish messages again that could not be applied",
    discussion: """
      The original bytes, key and headers go to the original topic, any number of times: order and content decide what \
      has an effect, an old record can only end as stale. Workers publish and apply them. A message that is applied \
      leaves its letter resolved; one that is refused again leaves it open, with one more attempt.
      """,
    arguments: DeadLetterSelection.arguments,
    options: DeadLetterSelection.options + [
      Option.integer("rate", "N", "at most this many a second", in: 1...1_000_000)
    ],
    examples: [
      Example("syncline dead-letters replay 7 --yes", "one of them"),
      Example(
        "syncline dead-letters replay --code UNKNOWN_ORGANIZATION --rate 100 --yes --reason 'RIO was added'",
        "all of a cause, slowly"),
    ],
    needs: [.database], change: .alters
  ) { invocation in
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      let letters = try await DeadLetterSelection.letters(invocation, settings, connection)
      let count = counted(letters.rows.count, "message")
      if invocation.flag("dry-run") || letters.rows.isEmpty {
        try invocation.output.write(DeadLetterSelection.shown(letters, invocation.output.format))
        invocation.output.message(letters.rows.isEmpty ? "no dead letter matches" : "would replay \(count)")
        return .ok
      }
      try await invocation.confirm("replay \(count)")
      let done = try await replay(letters.rows.compactMap(DeadLetterSelection.id), invocation, connection)
      invocation.output.message("replayed \(counted(done, "message")); workers publish and apply them")
      return .ok
    }
  }

  /// In the order they were kept, a portion a transaction; with a rate a portion a second. Returns how many. What was
  /// replayed before an interruption or a failure is told, and stays.
  private static func replay(_ ids: [Int64], _ invocation: Invocation, _ connection: PGConnection) async throws -> Int {
    let rate = invocation.integer("rate").map { Int($0) }
    let (actor, reason) = (invocation.actor, invocation.reason)
    let columns = DeadLetterSelection.columns(for: invocation.output.format)
    var rows = invocation.output.rows(columns)
    var rest = ids[...]
    var done = 0
    do {
      while !rest.isEmpty {
        let some = Array(rest.prefix(rate ?? portion))
        rest = rest.dropFirst(some.count)
        let table = try await connection.run { session in
          try Table(try DeadLetterDecisions.replay(session, some, by: actor, reason: reason), columns)
        }
        done += table.rows.count
        for row in table.rows { try rows.append(row) }
        if rate != nil, !rest.isEmpty { try await Task.sleep(for: .seconds(1)) }
      }
    } catch {
      guard done > 0 else { throw error }
      try rows.finish()
      invocation.output.message("replayed \(done) of \(counted(ids.count, "message")); the others are as they were")
      throw error
    }
    try rows.finish()
    return done
  }
}
