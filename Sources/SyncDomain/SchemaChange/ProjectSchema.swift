/// The tables of a project as the master keeps them (`projects.schema_data`).
package struct ProjectSchema: Hashable, Sendable {
  package var tables: [TableDefinition] = []
  /// Further members of the schema data, by name, as canonical JSON: not ours, kept as they are.
  package var others: [String: String] = [:]

  package init() {}

  func index(_ id: SchemaID) throws(SchemaFault) -> Int {
    guard let index = tables.firstIndex(where: { $0.id == id }) else { throw .invalid("there is no table \(id)") }
    return index
  }

  package func table(_ id: SchemaID) throws(SchemaFault) -> TableDefinition { tables[try index(id)] }

  /// Foreign keys of other tables that lead to this table, with the tables they are of.
  func references(to id: SchemaID) -> [(table: SchemaID, key: ForeignKey)] {
    tables.filter { $0.id != id }.flatMap { table in
      table.foreignKeys.filter { $0.target == id }.map { (table.id, $0) }
    }
  }
}

/// One table: `t_<id>` in the target, with the key `id` unless columns of its own are its key.
package struct TableDefinition: Hashable, Sendable {
  package var id: SchemaID
  /// What people call it: the table's comment in the target.
  package var name: String
  package var columns: [ColumnDefinition]
  /// Empty: the column `id`, a random UUID.
  package var primaryKey: [SchemaID] = []
  package var uniques: [UniqueConstraint] = []
  package var foreignKeys: [ForeignKey] = []

  package init(id: SchemaID, name: String, columns: [ColumnDefinition] = []) {
    self.id = id
    self.name = name
    self.columns = columns
  }

  func index(_ column: SchemaID) throws(SchemaFault) -> Int {
    guard let index = columns.firstIndex(where: { $0.id == column }) else {
      throw .invalid("table \(id) has no column \(column)")
    }
    return index
  }

  package func column(_ id: SchemaID) throws(SchemaFault) -> ColumnDefinition { columns[try index(id)] }

  func unique(_ id: SchemaID) throws(SchemaFault) -> UniqueConstraint {
    guard let found = uniques.first(where: { $0.id == id }) else {
      throw .invalid("table \(self.id) has no unique constraint \(id)")
    }
    return found
  }

  func foreignKey(_ id: SchemaID) throws(SchemaFault) -> ForeignKey {
    guard let found = foreignKeys.first(where: { $0.id == id }) else {
      throw .invalid("table \(self.id) has no foreign key \(id)")
    }
    return found
  }
}

/// One column: `c_<id>` in the target.
package struct ColumnDefinition: Hashable, Sendable {
  package var id: SchemaID
  package var name: String
  package var type: ColumnType
  package var isNullable = true
  package var fallback: ColumnDefault?
  package var check: ColumnCheck?

  package init(id: SchemaID, name: String, type: ColumnType) {
    self.id = id
    self.name = name
    self.type = type
  }
}

/// `uq_<id>` in the target.
package struct UniqueConstraint: Hashable, Sendable {
  package var id: SchemaID
  package var columns: [SchemaID]

  package init(id: SchemaID, columns: [SchemaID]) {
    self.id = id
    self.columns = columns
  }
}

/// `fk_<id>` in the target.
package struct ForeignKey: Hashable, Sendable {
  package enum Action: String, CaseIterable, Sendable {
    case noAction = "no action"
    case restrict, cascade
    case setNull = "set null"
  }

  package var id: SchemaID
  package var columns: [SchemaID]
  /// The table it leads to, of the same project.
  package var target: SchemaID
  /// Columns there; empty: its key.
  package var targetColumns: [SchemaID]
  /// What becomes of rows whose target is deleted.
  package var onDelete = Action.noAction

  package init(id: SchemaID, columns: [SchemaID], target: SchemaID, targetColumns: [SchemaID] = []) {
    self.id = id
    self.columns = columns
    self.target = target
    self.targetColumns = targetColumns
  }
}
