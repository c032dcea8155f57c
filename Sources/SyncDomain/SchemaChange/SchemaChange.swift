/// One change of a project's schema, checked in itself; whether it fits the schema is told by deriving.
package enum SchemaChange: Hashable, Sendable {
  case createProject(name: String)
  case dropProject
  case addTable(TableDefinition)
  case dropTable(SchemaID)
  case renameTable(SchemaID, name: String)
  case addColumn(SchemaID, ColumnDefinition)
  case dropColumn(SchemaID, SchemaID)
  case renameColumn(SchemaID, SchemaID, name: String)
  case alterType(SchemaID, SchemaID, ColumnType)
  /// The value as canonical JSON, to be read once the column's type is known; nil takes the default away.
  case alterDefault(SchemaID, SchemaID, String?)
  case alterNullable(SchemaID, SchemaID, Bool)
  case addForeignKey(SchemaID, ForeignKey)
  case dropForeignKey(SchemaID, SchemaID)
  case addUnique(SchemaID, UniqueConstraint)
  case dropUnique(SchemaID, SchemaID)

  /// Names of types in messages, in the order of the manual.
  package enum Kind: String, CaseIterable, Sendable {
    case createProject = "create_project"
    case dropProject = "drop_project"
    case addTable = "add_table"
    case dropTable = "drop_table"
    case renameTable = "rename_table"
    case addColumn = "add_column"
    case dropColumn = "drop_column"
    case renameColumn = "rename_column"
    case alterType = "alter_column_type"
    case alterDefault = "alter_column_default"
    case alterNullable = "alter_column_nullable"
    case addForeignKey = "add_foreign_key"
    case dropForeignKey = "drop_foreign_key"
    case addUnique = "add_unique_constraint"
    case dropUnique = "drop_unique_constraint"
  }

  package var kind: Kind {
    switch self {
    case .createProject: .createProject
    case .dropProject: .dropProject
    case .addTable: .addTable
    case .dropTable: .dropTable
    case .renameTable: .renameTable
    case .addColumn: .addColumn
    case .dropColumn: .dropColumn
    case .renameColumn: .renameColumn
    case .alterType: .alterType
    case .alterDefault: .alterDefault
    case .alterNullable: .alterNullable
    case .addForeignKey: .addForeignKey
    case .dropForeignKey: .dropForeignKey
    case .addUnique: .addUnique
    case .dropUnique: .dropUnique
    }
  }
}

extension [SchemaChange] {
  /// `change_type` of an audit row: the type, or `list`.
  package var typeName: String { count == 1 ? self[0].kind.rawValue : "list" }

  package var createsProject: Bool {
    if case .createProject? = first { true } else { false }
  }

  package var dropsProject: Bool { contains(.dropProject) }
}
