/// Changes that touch large tables in steps that let readers and writers go on: each step is a transaction of its own,
/// and only the last one, which takes a moment, makes the changes and writes the ledger.
package struct SafeSteps: Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    /// One statement, which takes its lock for a moment, or one that lets others go on.
    case once(SchemaStatement)
    /// A statement for the rows that stand between two places of the table, `$1` and `$2`: for each stretch of it.
    case pass(SchemaStatement)
    /// The same, again from the start until there is nothing left to change: rows that others write meanwhile move.
    case passes(SchemaStatement)

    package var statement: SchemaStatement {
      switch self {
      case .once(let statement), .pass(let statement), .passes(let statement): statement
      }
    }
  }

  /// Takes away what an earlier attempt has left, and a failed one: nothing of it is part of the schema yet.
  package internal(set) var cleanup: [SchemaStatement] = []
  package internal(set) var steps: [Step] = []
  /// With the ledger's row, in one transaction. Maybe none: then the steps have made all of it.
  package internal(set) var last: [SchemaStatement] = []

  /// The statements of the steps before it.
  package var before: [SchemaStatement] { steps.map(\.statement) }

  /// Pages of 8 kB that a batch looks at.
  package static let batchPages: Int64 = 256

  /// What is made first is taken away last.
  mutating func add(_ steps: [Step], undo: [SchemaStatement]) {
    self.steps += steps
    cleanup = undo + cleanup
  }
}

extension SchemaPlanner {
  /// The tables that the changes would write anew, or read under a lock that keeps writers out: safe steps are for
  /// those that are large.
  package func costlyTables(_ changes: [SchemaChange], on before: ProjectSchema) throws(SchemaFault) -> Set<SchemaID> {
    var tables: Set<SchemaID> = []
    try walk(changes, on: before) { _, statements, _, _ throws(SchemaFault) in
      tables.formUnion(statements.filter(\.isCostly).compactMap(\.table))
    }
    return tables.intersection(before.tables.map(\.id))
  }

  /// Safe steps for changes of which some are costly for large tables; nil when none is. The order of the changes is
  /// kept where they meet.
  ///
  /// Throws TABLE_TOO_LARGE when there are no steps for one of them in this list, or none at all.
  package func safeSteps(
    for changes: [SchemaChange], from before: ProjectSchema, large: Set<SchemaID>
  ) throws(SchemaFault) -> SafeSteps? {
    // A table that the list drops is large no more.
    let dropped = changes.compactMap { change -> SchemaID? in if case .dropTable(let id) = change { id } else { nil } }
    let large = large.subtracting(dropped).intersection(before.tables.map(\.id))
    guard try !costlyTables(changes, on: before).isDisjoint(with: large) else { return nil }
    var plan = SafePlan(planner: self, before: before, after: try before.applying(changes), large: large)
    try walk(changes, on: before) { change, statements, old, new throws(SchemaFault) in
      try plan.note(change, statements, old, new)
    }
    // Columns that are filled anew come first: an index of the list may be on one.
    for isFirst in [true, false] {
      try walk(changes, on: before) { change, statements, old, new throws(SchemaFault) in
        if plan.replaces(change) == isFirst { try plan.add(change, statements, new) }
      }
    }
    return plan.finished()
  }

  /// Each change with its statements at once, and the schema before and after it.
  private func walk(
    _ changes: [SchemaChange], on before: ProjectSchema,
    _ body: (SchemaChange, [SchemaStatement], ProjectSchema, ProjectSchema) throws(SchemaFault) -> Void
  ) throws(SchemaFault) {
    var schema = before
    for change in changes {
      let old = schema
      try schema.apply(change)
      try body(change, try statements(for: change, from: old, to: schema), old, schema)
    }
  }
}

extension SchemaStatement {
  /// Others wait for as long as all rows are read or written.
  var isCostly: Bool { (rewrites || scans) && lock.keepsWritersOut }
}
