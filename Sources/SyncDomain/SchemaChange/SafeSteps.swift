/// A change of a large table in steps that let its readers and writers go on: each step is a transaction of its own,
/// and only the last one, which takes a moment, writes the ledger.
package struct SafeSteps: Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    /// One statement, which takes its lock for a moment, or one that lets others go on.
    case once(SchemaStatement)
    /// A statement for the rows that stand between two places of the table, `$1` and `$2`: for each stretch of it, and
    /// again from the start until there is nothing left to change.
    case batches(SchemaStatement)
  }

  /// Takes away what an earlier attempt has left, and a failed one: nothing of it is part of the schema yet.
  package let cleanup: [SchemaStatement]
  package let steps: [Step]
  /// With the ledger's row, in one transaction.
  package let last: [SchemaStatement]

  /// The statements of the steps before it.
  package var before: [SchemaStatement] {
    steps.map { step in
      switch step {
      case .once(let statement), .batches(let statement): statement
      }
    }
  }

  /// Pages of 8 kB that a batch looks at.
  package static let batchPages: Int64 = 256
}

extension SchemaPlanner {
  /// The safe steps for a change that would rewrite its table, or read all of it under a lock that keeps others out;
  /// nil when there are none for it: then it is done at once, whatever it takes.
  package func safeSteps(
    for change: SchemaChange, from old: ProjectSchema, to new: ProjectSchema
  ) throws(SchemaFault) -> SafeSteps? {
    switch change {
    case .alterNullable(let id, let column, false): return setNotNull(id, column)
    case .addForeignKey(let id, let key): return addForeignKeySafely(id, try new.table(id).foreignKey(key.id), new)
    case .addUnique(let id, let unique): return addUniqueSafely(id, unique)
    case .addColumn(let id, let column) where column.fallback?.isVolatile == true: return backfill(id, column)
    case .alterType(let id, let column, let type):
      let table = try old.table(id)
      let before = try table.column(column)
      guard before.type.rewrites(to: type), isFree(column, table, old) else { return nil }
      return replace(id, before, try new.table(id).column(column))
    default: return nil
    }
  }

  /// Nothing rests on the column that would have to be built anew with it.
  private func isFree(_ column: SchemaID, _ table: TableDefinition, _ schema: ProjectSchema) -> Bool {
    let own = table.primaryKey + table.uniques.flatMap(\.columns) + table.foreignKeys.flatMap(\.columns)
    return !own.contains(column) && table.columns.allSatisfy { $0.id != column || $0.check == nil }
  }

  /// A check that is not valid yet is there at once, is validated beside the others' work, and spares the scan.
  private func setNotNull(_ id: SchemaID, _ column: SchemaID) -> SafeSteps {
    let name = SQLQuote.identifier("nn_" + column.text)
    let drop = alter(id, "DROP CONSTRAINT IF EXISTS " + name)
    return SafeSteps(
      cleanup: [drop],
      steps: [
        .once(alter(id, "ADD CONSTRAINT \(name) CHECK (\(names.column(column)) IS NOT NULL) NOT VALID")),
        .once(alter(id, "VALIDATE CONSTRAINT \(name)", lock: .shareUpdateExclusive, scans: true)),
      ],
      last: [alter(id, "ALTER COLUMN \(names.column(column)) SET NOT NULL"), drop])
  }

  private func addForeignKeySafely(_ id: SchemaID, _ key: ForeignKey, _ schema: ProjectSchema) -> SafeSteps {
    let name = names.foreignKey(key.id)
    return SafeSteps(
      cleanup: [alter(id, "DROP CONSTRAINT IF EXISTS " + name)],
      steps: [.once(alter(id, "ADD " + foreignKey(key, schema) + " NOT VALID", lock: .shareRowExclusive))],
      last: [alter(id, "VALIDATE CONSTRAINT " + name, lock: .shareUpdateExclusive, scans: true)])
  }

  private func addUniqueSafely(_ id: SchemaID, _ unique: UniqueConstraint) -> SafeSteps {
    let name = names.unique(unique.id)
    let qualified = SQLQuote.identifier(names.schema.name) + "." + name
    let index =
      "CREATE UNIQUE INDEX CONCURRENTLY " + name + " ON " + names.table(id) + " (" + names.columns(unique.columns) + ")"
    return SafeSteps(
      cleanup: [SchemaStatement("DROP INDEX IF EXISTS " + qualified, .accessExclusive, id)],
      steps: [.once(SchemaStatement(index, .shareUpdateExclusive, id, scans: true))],
      last: [alter(id, "ADD CONSTRAINT \(name) UNIQUE USING INDEX \(name)")])
  }

  /// A new column whose rows get their values in batches; new rows get them from the default meanwhile.
  private func backfill(_ id: SchemaID, _ column: ColumnDefinition) -> SafeSteps {
    let name = names.column(column.id)
    let value = column.fallback?.sql(column.type) ?? "NULL"
    return SafeSteps(
      cleanup: [alter(id, "DROP COLUMN IF EXISTS " + name)],
      steps: [
        .once(alter(id, "ADD COLUMN " + name + " " + column.type.sql)),
        .once(alter(id, "ALTER COLUMN \(name) SET DEFAULT \(value)")),
        .batches(batch(id, set: "\(name) = \(value)", where: "\(name) IS NULL")),
      ],
      last: [comment(id, column.id, column.name)]
        + (column.isNullable ? [] : [alter(id, "ALTER COLUMN \(name) SET NOT NULL", scans: true)])
        + (column.check == nil ? [] : [alter(id, "ADD " + check(column), scans: true)]))
  }

  /// A column of the new type beside the old one, filled in batches, that takes its place. What is written to the old
  /// one meanwhile is found by comparing, under the lock.
  private func replace(_ id: SchemaID, _ old: ColumnDefinition, _ new: ColumnDefinition) -> SafeSteps {
    let (name, beside) = (names.column(old.id), SQLQuote.identifier("n_" + old.id.text))
    let value = "\(name)::\(new.type.sql)"
    var last = [
      SchemaStatement("LOCK TABLE " + names.table(id) + " IN ACCESS EXCLUSIVE MODE", .accessExclusive, id),
      SchemaStatement(
        "UPDATE " + names.table(id)
          + " SET \(beside) = \(value) WHERE \(beside)::text IS DISTINCT FROM (\(value))::text",
        .accessExclusive, id, scans: true),
      alter(id, "DROP COLUMN " + name), alter(id, "RENAME COLUMN \(beside) TO \(name)"),
    ]
    if new.fallback != nil { last.append(alter(id, "ALTER COLUMN \(name) " + setDefault(new))) }
    if !new.isNullable { last.append(alter(id, "ALTER COLUMN \(name) SET NOT NULL", scans: true)) }
    last.append(comment(id, new.id, new.name))
    return SafeSteps(
      cleanup: [alter(id, "DROP COLUMN IF EXISTS " + beside)],
      steps: [
        .once(alter(id, "ADD COLUMN " + beside + " " + new.type.sql)),
        .batches(batch(id, set: "\(beside) = \(value)", where: "\(beside) IS NULL AND \(name) IS NOT NULL")),
      ],
      last: last)
  }

  private func batch(_ id: SchemaID, set: String, where condition: String) -> SchemaStatement {
    SchemaStatement(
      "UPDATE " + names.table(id) + " SET " + set + " WHERE ctid >= $1::tid AND ctid < $2::tid AND " + condition, .none,
      id, rewrites: true)
  }
}
