/// Turns changes into statements: pure, and the only place where SQL for a target is made of a message.
package struct SchemaPlanner: Sendable {
  package let names: TargetNames

  package init(_ schema: TargetSchema) { names = TargetNames(schema) }

  /// The statements, in order, and the schema they lead to. Throws INVALID_CHANGE when a change does not fit.
  package func plan(
    _ changes: [SchemaChange], on before: ProjectSchema
  ) throws(SchemaFault) -> (statements: [SchemaStatement], after: ProjectSchema) {
    var schema = before
    var statements: [SchemaStatement] = []
    for change in changes {
      let old = schema
      try schema.apply(change)
      statements += try self.statements(for: change, from: old, to: schema)
    }
    return (statements, schema)
  }

  func statements(
    for change: SchemaChange, from old: ProjectSchema, to new: ProjectSchema
  ) throws(SchemaFault) -> [SchemaStatement] {
    switch change {
    case .createProject: return []
    case .dropProject: return dropAll(old)
    case .addTable(let table): return add(try new.table(table.id), new)
    case .dropTable(let id):
      return old.references(to: id).map { dropForeignKey($0.table, $0.key.id) } + [drop(id)]
    case .renameTable(let id, let name): return [comment(id, nil, name)]
    case .addColumn(let id, let column):
      let isVolatile = column.fallback?.isVolatile ?? false
      return [
        alter(id, "ADD COLUMN " + definition(column), rewrites: isVolatile, scans: column.check != nil),
        comment(id, column.id, column.name),
      ]
    case .dropColumn(let id, let column): return try dropColumn(id, column, old)
    case .renameColumn(let id, let column, let name): return [comment(id, column, name)]
    case .alterType(let id, let column, _):
      return alterType(id, try old.table(id).column(column), try new.table(id).column(column))
    case .alterDefault(let id, let column, _):
      let column = try new.table(id).column(column)
      return [alter(id, "ALTER COLUMN \(names.column(column.id)) " + setDefault(column))]
    case .alterNullable(let id, let column, let isNullable):
      let verb = isNullable ? "DROP" : "SET"
      return [alter(id, "ALTER COLUMN \(names.column(column)) \(verb) NOT NULL", scans: !isNullable)]
    case .addForeignKey(let id, let key): return [addForeignKey(id, try new.table(id).foreignKey(key.id), new)]
    case .dropForeignKey(let id, let key): return [dropForeignKey(id, key)]
    case .addUnique(let id, let unique):
      return [alter(id, "ADD " + definition(unique), scans: true)]
    case .dropUnique(let id, let unique):
      let found = try old.table(id).unique(unique)
      return old.keys(leadingTo: found, of: id).map { dropForeignKey($0.table, $0.key.id) } + [dropUnique(id, unique)]
    }
  }

  // MARK: Tables

  private func add(_ table: TableDefinition, _ schema: ProjectSchema) -> [SchemaStatement] {
    let key = table.primaryKey.isEmpty ? TargetNames.rowID : names.columns(table.primaryKey)
    let own = table.primaryKey.isEmpty ? [TargetNames.rowID + " uuid DEFAULT gen_random_uuid()"] : []
    let parts =
      own + table.columns.map { definition($0) } + ["PRIMARY KEY (\(key))"] + table.uniques.map { definition($0) }
    let create = SchemaStatement(
      "CREATE TABLE " + names.table(table.id) + " (" + parts.joined(separator: ", ") + ")", .none, table.id)
    return [create, comment(table.id, nil, table.name)]
      + table.columns.map { comment(table.id, $0.id, $0.name, isNew: true) }
      + table.foreignKeys.map { addForeignKey(table.id, $0, schema) }
  }

  func drop(_ id: SchemaID) -> SchemaStatement {
    SchemaStatement("DROP TABLE " + names.table(id), .accessExclusive, id)
  }

  func drop(_ id: SchemaID, _ column: SchemaID) -> SchemaStatement { alter(id, "DROP COLUMN " + names.column(column)) }

  /// Foreign keys first: then no table needs another.
  private func dropAll(_ schema: ProjectSchema) -> [SchemaStatement] {
    schema.tables.flatMap { table in table.foreignKeys.map { dropForeignKey(table.id, $0.id) } }
      + schema.tables.map { drop($0.id) }
  }

  // MARK: Columns

  func definition(_ column: ColumnDefinition) -> String {
    var text = names.column(column.id) + " " + column.type.sql
    if let fallback = column.fallback { text += " DEFAULT " + fallback.sql(column.type) }
    if !column.isNullable { text += " NOT NULL" }
    if column.check != nil { text += " " + check(column) }
    return text
  }

  func check(_ column: ColumnDefinition) -> String {
    guard let check = column.check else { return "" }
    return "CONSTRAINT " + names.check(column.id) + " CHECK (" + check.sql(names.column(column.id), column.type) + ")"
  }

  private func dropColumn(
    _ id: SchemaID, _ column: SchemaID, _ old: ProjectSchema
  ) throws(SchemaFault) -> [SchemaStatement] {
    // What rests on the column goes by its own name: a CASCADE would take with it what the master knows nothing of.
    var statements: [SchemaStatement] = []
    let table = try old.table(id)
    for unique in table.uniques where unique.columns.contains(column) {
      statements += old.keys(leadingTo: unique, of: id).map { dropForeignKey($0.table, $0.key.id) }
      statements.append(dropUnique(id, unique.id))
    }
    for key in table.foreignKeys where key.columns.contains(column) {
      let statement = dropForeignKey(id, key.id)
      if !statements.contains(statement) { statements.append(statement) }
    }
    return statements + [drop(id, column)]
  }

  func alterType(_ id: SchemaID, _ old: ColumnDefinition, _ new: ColumnDefinition) -> [SchemaStatement] {
    let column = names.column(new.id)
    // A default and a check hold constants of the old type.
    var actions: [String] = []
    if old.check != nil { actions.append("DROP CONSTRAINT " + names.check(new.id)) }
    if old.fallback != nil { actions.append("ALTER COLUMN \(column) DROP DEFAULT") }
    let value = old.type.conversion(column, to: new.type)
    actions.append("ALTER COLUMN \(column) TYPE \(new.type.sql)" + (value == column ? "" : " USING " + value))
    if new.fallback != nil { actions.append("ALTER COLUMN \(column) " + setDefault(new)) }
    if new.check != nil { actions.append("ADD " + check(new)) }
    let rewrites = old.type.rewrites(to: new.type)
    return [alter(id, actions.joined(separator: ", "), rewrites: rewrites, scans: new.check != nil)]
  }

  func setDefault(_ column: ColumnDefinition) -> String {
    column.fallback.map { "SET DEFAULT " + $0.sql(column.type) } ?? "DROP DEFAULT"
  }

  // MARK: Constraints

  private func definition(_ unique: UniqueConstraint) -> String {
    "CONSTRAINT " + names.unique(unique.id) + " UNIQUE (" + names.columns(unique.columns) + ")"
  }

  func dropUnique(_ id: SchemaID, _ unique: SchemaID) -> SchemaStatement {
    alter(id, "DROP CONSTRAINT " + names.unique(unique))
  }

  private func addForeignKey(_ id: SchemaID, _ key: ForeignKey, _ schema: ProjectSchema) -> SchemaStatement {
    SchemaStatement(
      "ALTER TABLE " + names.table(id) + " ADD " + foreignKey(key, schema), .shareRowExclusive, id, scans: true)
  }

  func foreignKey(_ key: ForeignKey, _ schema: ProjectSchema) -> String {
    var there = key.targetColumns
    if there.isEmpty { there = schema.tables.first { $0.id == key.target }?.primaryKey ?? [] }
    return "CONSTRAINT " + names.foreignKey(key.id) + " FOREIGN KEY (" + names.columns(key.columns) + ") REFERENCES "
      + names.table(key.target) + " (" + (there.isEmpty ? TargetNames.rowID : names.columns(there)) + ") ON DELETE "
      + key.onDelete.rawValue.uppercased()
  }

  private func dropForeignKey(_ id: SchemaID, _ key: SchemaID) -> SchemaStatement {
    alter(id, "DROP CONSTRAINT " + names.foreignKey(key))
  }

  // MARK: Statements

  func alter(
    _ id: SchemaID, _ action: String, lock: SchemaStatement.Lock = .accessExclusive, rewrites: Bool = false,
    scans: Bool = false
  ) -> SchemaStatement {
    SchemaStatement("ALTER TABLE " + names.table(id) + " " + action, lock, id, rewrites: rewrites, scans: scans)
  }

  /// Names that people gave are comments: a rename locks nobody out and changes no query.
  func comment(_ id: SchemaID, _ column: SchemaID?, _ name: String, isNew: Bool = false) -> SchemaStatement {
    let subject = column.map { "COLUMN " + names.table(id) + "." + names.column($0) } ?? "TABLE " + names.table(id)
    return SchemaStatement(
      "COMMENT ON " + subject + " IS " + SQLQuote.literal(name), isNew ? .none : .shareUpdateExclusive, id)
  }
}
