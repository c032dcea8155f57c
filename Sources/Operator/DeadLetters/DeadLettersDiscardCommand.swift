import SyncStore

/// `syncline dead-letters discard`: gives messages up; their rows stay, with who and why.
enum DeadLettersDiscardCommand {
  static let command = Command(
    path: ["dead-letters", "discard"], summary: "Give messages up that could not be applied",
    discussion: "They are kept, with who gave them up and why, and can still be replayed by their numbers.",
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
      let count = counted(letters.rows.count, "message")
      if invocation.flag("dry-run") || letters.rows.isEmpty {
        try invocation.output.write(DeadLetterSelection.shown(letters, invocation.output.format))
        invocation.output.message(letters.rows.isEmpty ? "no dead letter is meant" : "would discard \(count)")
        return .ok
      }
      try await invocation.confirm("discard \(count)")
      let ids = letters.rows.compactMap(DeadLetterSelection.id)
      let (actor, reason) = (invocation.actor, invocation.reason)
      let columns = DeadLetterSelection.columns(for: invocation.output.format)
      let table = try await connection.run { session in
        try Table(try DeadLetterDecisions.discard(session, ids, by: actor, reason: reason), columns)
      }
      try invocation.output.write(table)
      invocation.output.message("\(count) discarded")
      return .ok
    }
  }
}
