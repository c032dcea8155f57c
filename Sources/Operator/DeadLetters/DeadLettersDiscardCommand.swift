import Postgres
import SyncStore

/// `syncline dead-letters discard`: gives messages up; their rows stay, with who and why.
enum DeadLettersDiscardCommand {
  static let command = Command(
    path: ["dead-letters", "discard"], summary: "Give messages up that could not be applied",
    discussion: """
      They are kept, with who gave them up and why, and can still be replayed by their numbers. What was discarded or \
      resolved before stays as it is. A message that was replayed and is on its way is not called back: applied, its \
      letter is resolved all the same.
      """,
    arguments: DeadLetterSelection.arguments, options: DeadLetterSelection.options,
    examples: [
      Example("syncline dead-letters discard 7 8 --yes --reason 'test messages'", "two of them"),
      Example("syncline dead-letters discard --code INVALID_JSON --dry-run", "which ones would it be?"),
    ],
    needs: [.database], change: .alters
  ) { invocation in
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      let letters = try await DeadLetterSelection.letters(invocation, settings, connection)
      let open = letters.rows.filter { !DeadLetterSelection.isSettled($0) }
      guard !open.isEmpty, !invocation.flag("dry-run") else {
        try invocation.output.write(DeadLetterSelection.shown(letters, invocation.output.format))
        let verb = invocation.flag("dry-run") ? "would discard" : "discarded"
        invocation.output.message(told(verb, changed: open.count, of: letters.rows))
        return .ok
      }
      try await invocation.confirm("discard \(counted(open.count, "message"))")
      let ids = letters.rows.compactMap(DeadLetterSelection.id)
      let (actor, reason) = (invocation.actor, invocation.reason)
      let (table, changed) = try await connection.run { session in
        let result = try DeadLetterDecisions.discard(session, ids, by: actor, reason: reason)
        return (
          try Table(result, DeadLetterSelection.columns), try result.rows.count { try $0.bool("changed") == true }
        )
      }
      try invocation.output.write(DeadLetterSelection.shown(table, invocation.output.format))
      invocation.output.message(told("discarded", changed: changed, of: table.rows))
      return .ok
    }
  }

  /// What was done, or would be, and what stays as it is and why.
  private static func told(_ verb: String, changed: Int, of rows: [[Cell]]) -> String {
    guard !rows.isEmpty else { return "no dead letter matches" }
    let rest = rows.count - changed
    let settled = "\(counted(rest, "message")) \(rest == 1 ? "is" : "are") discarded or resolved already"
    if changed == 0 { return "nothing changes: \(settled)" }
    return "\(verb) \(counted(changed, "message"))" + (rest == 0 ? "" : "; \(settled)")
  }
}
