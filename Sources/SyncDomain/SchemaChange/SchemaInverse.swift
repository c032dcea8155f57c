/// What takes changes back: for plans, and for the way there and back in tests. Rows are not brought back.
extension ProjectSchema {
  /// Changes that lead from this schema with `changes` applied to this schema again, but for the order of columns.
  package func inverse(of changes: [SchemaChange]) throws(SchemaFault) -> [SchemaChange] {
    var schema = self
    var inverse: [[SchemaChange]] = []
    for change in changes {
      inverse.append(try schema.inverse(of: change))
      try schema.apply(change)
    }
    return inverse.reversed().flatMap { $0 }
  }

  private func inverse(of change: SchemaChange) throws(SchemaFault) -> [SchemaChange] {
    switch change {
    case .createProject: return [.dropProject]
    case .dropProject:
      // Tables first, then what leads from one to another.
      return tables.map { .addTable($0.withoutForeignKeys) }
        + tables.flatMap { table in table.foreignKeys.map { .addForeignKey(table.id, $0) } }
    case .addTable(let table): return [.dropTable(table.id)]
    case .dropTable(let id):
      return [.addTable(try table(id))] + references(to: id).map { .addForeignKey($0.table, $0.key) }
    case .renameTable(let id, _): return [.renameTable(id, name: try table(id).name)]
    case .addColumn(let id, let column): return [.dropColumn(id, column.id)]
    case .dropColumn(let id, let column):
      let table = try table(id)
      let uniques = table.uniques.filter { $0.columns.contains(column) }
      let others = uniques.flatMap { keys(leadingTo: $0, of: id) }
      let own = table.foreignKeys.filter { $0.columns.contains(column) }
        .filter { key in !others.contains { $0.table == id && $0.key.id == key.id } }
      return [.addColumn(id, try table.column(column))] + uniques.map { .addUnique(id, $0) }
        + own.map { .addForeignKey(id, $0) } + others.map { .addForeignKey($0.table, $0.key) }
    case .renameColumn(let id, let column, _):
      return [.renameColumn(id, column, name: try table(id).column(column).name)]
    case .alterType(let id, let column, _): return [.alterType(id, column, try table(id).column(column).type)]
    case .alterDefault(let id, let column, _):
      let old = try table(id).column(column).fallback
      let json = try old?.json()
      return [.alterDefault(id, column, json.map { String(decoding: $0.canonical(), as: UTF8.self) })]
    case .alterNullable(let id, let column, _):
      return [.alterNullable(id, column, try table(id).column(column).isNullable)]
    case .addForeignKey(let id, let key): return [.dropForeignKey(id, key.id)]
    case .dropForeignKey(let id, let key): return [.addForeignKey(id, try table(id).foreignKey(key))]
    case .addUnique(let id, let unique): return [.dropUnique(id, unique.id)]
    case .dropUnique(let id, let unique):
      let found = try table(id).unique(unique)
      return [.addUnique(id, found)] + keys(leadingTo: found, of: id).map { .addForeignKey($0.table, $0.key) }
    }
  }
}

extension TableDefinition {
  fileprivate var withoutForeignKeys: TableDefinition {
    var table = self
    table.foreignKeys = []
    return table
  }
}
