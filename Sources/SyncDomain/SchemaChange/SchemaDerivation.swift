/// Applies changes to a schema: the only way in which new schema data comes to be.
extension ProjectSchema {
  /// The schema after the changes, in order. Throws INVALID_CHANGE when one does not fit.
  package func applying(_ changes: [SchemaChange]) throws(SchemaFault) -> ProjectSchema {
    var schema = self
    for change in changes { try schema.apply(change) }
    return schema
  }

  mutating func apply(_ change: SchemaChange) throws(SchemaFault) {
    switch change {
    case .createProject: break
    case .dropProject: tables = []
    case .addTable(let table): try add(table)
    case .dropTable(let id):
      let index = try index(id)
      for (other, key) in references(to: id) {
        try self.change(other) { table throws(SchemaFault) in table.foreignKeys.removeAll { $0.id == key.id } }
      }
      tables.remove(at: index)
    case .renameTable(let id, let name):
      guard !tables.contains(where: { $0.name == name && $0.id != id }) else {
        throw .invalid("another table has this name already")
      }
      tables[try index(id)].name = name
    case .addColumn(let id, let column):
      try self.change(id) { table throws(SchemaFault) in
        guard !table.columns.contains(where: { $0.id == column.id || $0.name == column.name }) else {
          throw .invalid("table \(id) has a column \(column.id), or one of its name, already")
        }
        table.columns.append(column)
      }
    case .dropColumn(let id, let column): try dropColumn(id, column)
    case .renameColumn(let id, let column, let name):
      try self.change(id) { table throws(SchemaFault) in
        guard !table.columns.contains(where: { $0.name == name && $0.id != column }) else {
          throw .invalid("another column of table \(id) has this name already")
        }
        table.columns[try table.index(column)].name = name
      }
    case .alterType(let id, let column, let type):
      try changeColumn(id, column) { column throws(SchemaFault) in
        column.type = type
        if let fallback = column.fallback { column.fallback = try fallback.converted(to: type) }
        if let check = column.check { column.check = try check.converted(to: type) }
      }
    case .alterDefault(let id, let column, let value):
      try changeColumn(id, column) { column throws(SchemaFault) in
        column.fallback = nil
        guard let value else { return }
        guard let json = try? JSONValue(parsing: Array(value.utf8)) else { throw .invalid("the default is no JSON") }
        column.fallback = try ColumnDefault(json, of: column.type)
      }
    case .alterNullable(let id, let column, let isNullable):
      let isKey = try table(id).primaryKey.contains(column)
      guard !(isKey && isNullable) else { throw .invalid("column \(column) is part of the key of table \(id)") }
      try changeColumn(id, column) { column throws(SchemaFault) in column.isNullable = isNullable }
    case .addForeignKey(let id, let key):
      let key = try resolved(key)
      try check(key, of: try table(id))
      tables[try index(id)].foreignKeys.append(key)
    case .dropForeignKey(let id, let key):
      try self.change(id) { table throws(SchemaFault) in
        let found = try table.foreignKey(key)
        table.foreignKeys.removeAll { $0.id == found.id }
      }
    case .addUnique(let id, let unique):
      try check(unique, of: try table(id))
      tables[try index(id)].uniques.append(unique)
    case .dropUnique(let id, let unique): try dropUnique(id, unique)
    }
  }

  // MARK: Tables

  private mutating func add(_ table: TableDefinition) throws(SchemaFault) {
    guard !tables.contains(where: { $0.id == table.id || $0.name == table.name }) else {
      throw .invalid("there is a table \(table.id), or one of its name, already")
    }
    guard table.columns.count <= 500 else { throw .invalid("table \(table.id) has more than 500 columns") }
    for column in table.primaryKey {
      guard try !table.column(column).isNullable else { throw .invalid("column \(column) is a key and may be null") }
    }
    // Constraints are checked against the table as it grows, so that no two have one id.
    var bare = table
    bare.uniques = []
    bare.foreignKeys = []
    tables.append(bare)
    for unique in table.uniques { try apply(.addUnique(table.id, unique)) }
    for key in table.foreignKeys { try apply(.addForeignKey(table.id, key)) }
  }

  private mutating func dropColumn(_ id: SchemaID, _ column: SchemaID) throws(SchemaFault) {
    let table = try table(id)
    _ = try table.index(column)
    guard !table.primaryKey.contains(column) else {
      throw .invalid("column \(column) is part of the key of table \(id)")
    }
    for unique in table.uniques where unique.columns.contains(column) { try dropUnique(id, unique.id) }
    try change(id) { table throws(SchemaFault) in
      table.foreignKeys.removeAll { $0.columns.contains(column) }
      table.columns.remove(at: try table.index(column))
    }
  }

  /// With the foreign keys that lead to its columns: they can not live without it.
  private mutating func dropUnique(_ id: SchemaID, _ unique: SchemaID) throws(SchemaFault) {
    let found = try table(id).unique(unique)
    for (other, key) in keys(leadingTo: found, of: id) {
      try change(other) { table throws(SchemaFault) in table.foreignKeys.removeAll { $0.id == key.id } }
    }
    try change(id) { table throws(SchemaFault) in table.uniques.removeAll { $0.id == found.id } }
  }

  /// Foreign keys, of any table, that rest on a unique constraint.
  func keys(leadingTo unique: UniqueConstraint, of id: SchemaID) -> [(table: SchemaID, key: ForeignKey)] {
    tables.flatMap { table in
      table.foreignKeys.filter { $0.target == id && Set($0.targetColumns) == Set(unique.columns) }.map {
        (table.id, $0)
      }
    }
  }

  // MARK: Constraints

  /// A foreign key that names the key `id`, which is no column of the definition, leads to the table's key.
  func resolved(_ key: ForeignKey) throws(SchemaFault) -> ForeignKey {
    let target = try table(key.target)
    guard target.primaryKey.isEmpty, key.targetColumns.map(\.text) == ["id"],
      !target.columns.contains(where: { $0.id.text == "id" })
    else { return key }
    var key = key
    key.targetColumns = []
    return key
  }

  private func check(_ key: ForeignKey, of table: TableDefinition) throws(SchemaFault) {
    guard !table.foreignKeys.contains(where: { $0.id == key.id }) else {
      throw .invalid("table \(table.id) has a foreign key \(key.id) already")
    }
    for column in key.columns { _ = try table.index(column) }
    let target = try self.table(key.target)
    let there = key.targetColumns.isEmpty ? target.primaryKey : key.targetColumns
    for column in there { _ = try target.index(column) }
    guard key.columns.count == max(1, there.count) else {
      throw .invalid("foreign key \(key.id) and what it leads to have different numbers of columns")
    }
    guard
      key.targetColumns.isEmpty || Set(there) == Set(target.primaryKey)
        || target.uniques.contains(where: { Set($0.columns) == Set(there) })
    else { throw .invalid("foreign key \(key.id) leads to columns that are not unique") }
  }

  private func check(_ unique: UniqueConstraint, of table: TableDefinition) throws(SchemaFault) {
    // An index, whose name is one of the whole schema.
    guard !tables.contains(where: { $0.uniques.contains { $0.id == unique.id } }) else {
      throw .invalid("there is a unique constraint \(unique.id) already")
    }
    for column in unique.columns { _ = try table.index(column) }
  }

  // MARK: Steps

  private mutating func change(
    _ id: SchemaID, _ body: (inout TableDefinition) throws(SchemaFault) -> Void
  ) throws(SchemaFault) {
    try body(&tables[try index(id)])
  }

  private mutating func changeColumn(
    _ id: SchemaID, _ column: SchemaID, _ body: (inout ColumnDefinition) throws(SchemaFault) -> Void
  ) throws(SchemaFault) {
    try change(id) { table throws(SchemaFault) in try body(&table.columns[try table.index(column)]) }
  }
}
