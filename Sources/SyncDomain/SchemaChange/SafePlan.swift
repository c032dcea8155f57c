/// Builds safe steps of a list of changes: what can be made beforehand, beside what is there, becomes steps; what is
/// left takes a moment and becomes the last transaction, in the order of the list.
///
/// A column whose type changes is filled anew beside the old one, in its final form; so the list's other changes of it
/// need nothing of their own. A new column is there from the first step on, so that constraints can rest on it.
struct SafePlan {
  private let planner: SchemaPlanner
  private let before: ProjectSchema
  private let after: ProjectSchema
  private let large: Set<SchemaID>
  /// Columns that are filled anew, by table.
  private var replaced: [SchemaID: Set<SchemaID>] = [:]
  /// Those, and the ones whose type changes in a moment.
  private var retyped: [SchemaID: Set<SchemaID>] = [:]
  private var result = SafeSteps()
  /// Comes behind all of the list: constraints of columns that are filled anew, once those have their place, and what
  /// is needed no more.
  private var end: [SchemaStatement] = []

  init(planner: SchemaPlanner, before: ProjectSchema, after: ProjectSchema, large: Set<SchemaID>) {
    self.planner = planner
    self.before = before
    self.after = after
    self.large = large
  }

  private var names: TargetNames { planner.names }

  func finished() -> SafeSteps {
    var result = result
    result.last += end
    return result
  }

  // MARK: What stands in the way

  /// Looks at a change before any is planned: which columns are filled anew, and whether there are steps at all.
  mutating func note(
    _ change: SchemaChange, _ statements: [SchemaStatement], _ old: ProjectSchema, _ new: ProjectSchema
  ) throws(SchemaFault) {
    switch change {
    case .addColumn(let id, let column) where large.contains(id):
      if try before.table(id).has(column.id) { throw refusal(change, id, "column \(column.id) is dropped before it") }
    case .alterType(let id, let column, _) where large.contains(id):
      guard retyped[id, default: []].insert(column).inserted else {
        throw refusal(change, id, "column \(column) has its type changed twice")
      }
      guard isCostly(statements) else { return }
      guard try before.table(id).has(column) else { throw refusal(change, id, "column \(column) is new") }
      guard after.tables.contains(where: { $0.id == id && $0.has(column) }) else {
        throw refusal(change, id, "column \(column) is dropped after it")
      }
      replaced[id, default: []].insert(column)
      if let why = try bond(column, of: id) { throw refusal(change, id, why) }
    case .addUnique(let id, let unique) where isCostly(statements):
      if before.tables.contains(where: { $0.uniques.contains { $0.id == unique.id } }) {
        throw refusal(change, id, "constraint \(unique.id) is dropped before it")
      }
    case .addForeignKey(let id, let key) where isCostly(statements):
      if try before.table(id).foreignKeys.contains(where: { $0.id == key.id }) {
        throw refusal(change, id, "constraint \(key.id) is dropped before it")
      }
      let key = try new.table(id).foreignKey(key.id)
      guard before.isUnique(key.targetColumns, of: key.target) else {
        throw refusal(change, id, "it leads to what another change of the list makes")
      }
    default: break
    }
  }

  /// What rests on a column so that no other can take its place; nil: nothing.
  private func bond(_ column: SchemaID, of id: SchemaID) throws(SchemaFault) -> String? {
    if try before.table(id).primaryKey.contains(column) { return "column \(column) is part of its key" }
    for table in before.tables + after.tables {
      for key in table.foreignKeys
      where (table.id == id && key.columns.contains(column)) || (key.target == id && key.targetColumns.contains(column))
      {
        return "foreign key \(key.id) rests on column \(column)"
      }
    }
    return nil
  }

  private func refusal(_ change: SchemaChange, _ table: SchemaID, _ why: String) -> SchemaFault {
    SchemaFault(
      .tableTooLarge,
      "\(change.kind.rawValue) would keep everybody out of the large table \(table), and has no safe steps here: \(why)"
    )
  }

  private func isCostly(_ statements: [SchemaStatement]) -> Bool {
    statements.contains { $0.isCostly && $0.table.map(large.contains) ?? false }
  }

  // MARK: Steps

  /// Plans the next change; `statements` are what it takes at once, `new` is the schema with it.
  mutating func add(
    _ change: SchemaChange, _ statements: [SchemaStatement], _ new: ProjectSchema
  ) throws(SchemaFault) {
    switch change {
    case .addColumn(let id, let column) where large.contains(id): addColumn(id, column)
    case .alterType(let id, let column, _) where isReplaced(column, of: id):
      try replace(id, try before.table(id).column(column))
    case .alterDefault(let id, let column, _) where isReplaced(column, of: id): break
    case .alterNullable(let id, let column, _) where isReplaced(column, of: id): break
    case .alterNullable(let id, let column, false) where isCostly(statements):
      setNotNull(id, column, names.column(column))
    case .addForeignKey(let id, let key) where isCostly(statements):
      addForeignKey(id, try new.table(id).foreignKey(key.id), new)
    case .addUnique(let id, let unique) where isCostly(statements):
      addUnique(id, unique, index: names.unique(unique.id))
    default:
      // What rested on a column goes with it when another takes its place.
      let gone = before.tables.flatMap { table in
        table.uniques.filter { rests($0, of: table.id) }.map { planner.dropUnique(table.id, $0.id) }
      }
      result.last += statements.filter { !gone.contains($0) }
    }
  }

  /// Whether it is the change of type of a column that is filled anew.
  func replaces(_ change: SchemaChange) -> Bool {
    if case .alterType(let id, let column, _) = change { isReplaced(column, of: id) } else { false }
  }

  private func isReplaced(_ column: SchemaID, of table: SchemaID) -> Bool { replaced[table]?.contains(column) ?? false }

  private func rests(_ unique: UniqueConstraint, of table: SchemaID) -> Bool {
    unique.columns.contains { isReplaced($0, of: table) }
  }

  /// Where the values of a column are during the steps.
  private func place(_ column: SchemaID, of table: SchemaID) -> String {
    isReplaced(column, of: table) ? names.beside(column) : names.column(column)
  }

  /// A new column takes a moment, unless each old row gets a value of its own: then they get it in batches, and new
  /// rows from the default meanwhile. Without a default it can not be not null where there are rows, which is found at
  /// once.
  private mutating func addColumn(_ id: SchemaID, _ column: ColumnDefinition) {
    let name = names.column(column.id)
    let undo = [planner.alter(id, "DROP COLUMN IF EXISTS " + name)]
    if let fallback = column.fallback, fallback.isVolatile {
      let value = fallback.sql(column.type)
      result.add(
        [
          .once(planner.alter(id, "ADD COLUMN \(name) \(column.type.sql)")),
          .once(planner.alter(id, "ALTER COLUMN \(name) SET DEFAULT \(value)")),
          .passes(batch(id, set: "\(name) = \(value)", where: "\(name) IS NULL")),
        ], undo: undo)
      if !column.isNullable { setNotNull(id, column.id, name) }
    } else {
      var bare = column
      bare.check = nil
      result.add([.once(planner.alter(id, "ADD COLUMN " + planner.definition(bare)))], undo: undo)
    }
    addCheck(id, column, name, as: names.check(column.id))
    result.last.append(planner.comment(id, column.id, column.name))
  }

  /// A check that is not valid yet is there at once, and is validated beside the others' work.
  private mutating func addCheck(_ id: SchemaID, _ column: ColumnDefinition, _ place: String, as name: String) {
    guard let check = column.check else { return }
    let condition = check.sql(place, column.type)
    result.add(validated(id, name, "CHECK (\(condition))"), undo: [dropConstraint(id, name)])
  }

  /// With a valid check beside it, nothing is read when the column itself becomes not null.
  private mutating func setNotNull(_ id: SchemaID, _ column: SchemaID, _ place: String) {
    let name = names.notNull(column)
    let steps = validated(id, name, "CHECK (\(place) IS NOT NULL)")
    // A list may say it twice.
    if !steps.allSatisfy(result.steps.contains) { result.add(steps, undo: [dropConstraint(id, name)]) }
    result.last.append(planner.alter(id, "ALTER COLUMN \(names.column(column)) SET NOT NULL"))
    let drop = dropConstraint(id, name)
    end.removeAll { $0 == drop }
    end.append(drop)
  }

  private mutating func addForeignKey(_ id: SchemaID, _ key: ForeignKey, _ schema: ProjectSchema) {
    let name = names.foreignKey(key.id)
    result.add(
      [
        .once(
          planner.alter(id, "ADD " + planner.foreignKey(key, schema) + " NOT VALID", lock: .shareRowExclusive)),
        .once(validate(id, name)),
      ], undo: [dropConstraint(id, name)])
  }

  /// An index that is built beside others' work becomes the constraint.
  private mutating func addUnique(_ id: SchemaID, _ unique: UniqueConstraint, index: String) {
    let columns = unique.columns.map { place($0, of: id) }.joined(separator: ", ")
    let create = "CREATE UNIQUE INDEX CONCURRENTLY " + index + " ON " + names.table(id) + " (" + columns + ")"
    let drop = "DROP INDEX IF EXISTS " + SQLQuote.identifier(names.schema.name) + "." + index
    result.add(
      [.once(SchemaStatement(create, .shareUpdateExclusive, id, scans: true))],
      undo: [SchemaStatement(drop, .accessExclusive, id)])
    let use = planner.alter(id, "ADD CONSTRAINT \(names.unique(unique.id)) UNIQUE USING INDEX \(index)")
    if rests(unique, of: id) { end.append(use) } else { result.last.append(use) }
  }

  /// A column of the new type beside the old one, kept equal by a trigger and filled in batches, that takes its place.
  private mutating func replace(_ id: SchemaID, _ old: ColumnDefinition) throws(SchemaFault) {
    let table = try before.table(id)
    let new = try after.table(id).column(old.id)
    let (name, beside) = (names.column(old.id), names.beside(old.id))
    let function = names.keeper(of: old.id, in: id)
    let (trigger, at) = (names.trigger(old.id), names.table(id))
    let body =
      "BEGIN NEW.\(beside) := \(old.type.conversion("NEW." + name, to: new.type)); RETURN NEW; END"
    result.add(
      [
        .once(planner.alter(id, "ADD COLUMN \(beside) \(new.type.sql)")),
        .once(
          SchemaStatement(
            "CREATE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql AS " + SQLQuote.literal(body), .none,
            id)),
        .once(
          SchemaStatement(
            "CREATE TRIGGER " + trigger + " BEFORE INSERT OR UPDATE ON " + at + " FOR EACH ROW EXECUTE FUNCTION "
              + function + "()",
            .shareRowExclusive, id)),
        .pass(
          batch(
            id, set: "\(beside) = \(old.type.conversion(name, to: new.type))",
            where: "\(beside) IS NULL AND \(name) IS NOT NULL")),
      ],
      undo: [
        SchemaStatement("DROP TRIGGER IF EXISTS " + trigger + " ON " + at, .accessExclusive, id),
        SchemaStatement("DROP FUNCTION IF EXISTS " + function + "()", .none, id),
        planner.alter(id, "DROP COLUMN IF EXISTS " + beside),
      ])
    addCheck(id, new, beside, as: names.besideCheck(old.id))
    result.last += [
      SchemaStatement("LOCK TABLE " + at + " IN ACCESS EXCLUSIVE MODE", .accessExclusive, id),
      SchemaStatement("DROP TRIGGER " + trigger + " ON " + at, .accessExclusive, id),
      SchemaStatement("DROP FUNCTION " + function + "()", .none, id),
      planner.alter(id, "DROP COLUMN " + name), planner.alter(id, "RENAME COLUMN \(beside) TO \(name)"),
    ]
    if new.check != nil {
      result.last.append(planner.alter(id, "RENAME CONSTRAINT \(names.besideCheck(old.id)) TO \(names.check(old.id))"))
    }
    if new.fallback != nil { result.last.append(planner.alter(id, "ALTER COLUMN \(name) " + planner.setDefault(new))) }
    if !new.isNullable { setNotNull(id, old.id, beside) }
    result.last.append(planner.comment(id, new.id, new.name))
    let kept = try after.table(id).uniques
    for unique in table.uniques
    where unique.columns.contains(old.id) && kept.contains(unique) && isLast(old.id, of: unique, id) {
      addUnique(id, unique, index: names.besideUnique(unique.id))
    }
  }

  /// Of the columns of a constraint that are filled anew the last one brings it.
  private func isLast(_ column: SchemaID, of unique: UniqueConstraint, _ table: SchemaID) -> Bool {
    unique.columns.last { isReplaced($0, of: table) } == column
  }

  // MARK: Statements

  private func validated(_ id: SchemaID, _ name: String, _ definition: String) -> [SafeSteps.Step] {
    [
      .once(planner.alter(id, "ADD CONSTRAINT \(name) \(definition) NOT VALID")), .once(validate(id, name)),
    ]
  }

  private func validate(_ id: SchemaID, _ name: String) -> SchemaStatement {
    planner.alter(id, "VALIDATE CONSTRAINT " + name, lock: .shareUpdateExclusive, scans: true)
  }

  private func dropConstraint(_ id: SchemaID, _ name: String) -> SchemaStatement {
    planner.alter(id, "DROP CONSTRAINT IF EXISTS " + name)
  }

  private func batch(_ id: SchemaID, set: String, where condition: String) -> SchemaStatement {
    SchemaStatement(
      "UPDATE " + names.table(id) + " SET " + set + " WHERE ctid >= $1::tid AND ctid < $2::tid AND " + condition, .none,
      id,
      rewrites: true)
  }
}

extension TableDefinition {
  fileprivate func has(_ column: SchemaID) -> Bool { columns.contains { $0.id == column } }
}

extension ProjectSchema {
  /// Whether a foreign key may lead to these columns of a table; none: to its key.
  fileprivate func isUnique(_ columns: [SchemaID], of id: SchemaID) -> Bool {
    guard let table = tables.first(where: { $0.id == id }) else { return false }
    return columns.isEmpty || Set(columns) == Set(table.primaryKey)
      || table.uniques.contains { Set($0.columns) == Set(columns) }
  }
}
