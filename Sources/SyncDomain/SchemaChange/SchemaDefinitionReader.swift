/// Reads definitions of tables, columns and constraints, from messages and from schema data alike.
enum SchemaDefinitionReader {
  /// A table with what its columns declare beside themselves. Throws INVALID_CHANGE.
  static func table(_ json: JSONValue) throws(SchemaFault) -> TableDefinition {
    let fields = try SchemaFields(json, "a table's definition")
    let (id, name) = try identity(fields, "table")
    var table = TableDefinition(id: id, name: name)
    for element in try fields.list("columns") {
      let column = try self.column(element)
      guard !table.columns.contains(where: { $0.id == column.column.id || $0.name == column.column.name }) else {
        throw .invalid("table \(id) has two columns \(column.column.id)")
      }
      table.columns.append(column.column)
      if column.isKey { table.primaryKey.append(column.column.id) }
      if column.isUnique { table.uniques.append(unique([column.column.id], in: id)) }
      if let key = column.foreignKey(in: id) { table.foreignKeys.append(key) }
    }
    if fields.value("primary_key") != nil {
      var key: [SchemaID] = []
      for element in try fields.list("primary_key") {
        key.append(try SchemaFields.id(element["id"] ?? element, "column"))
      }
      guard Set(key).count == key.count else { throw .invalid("a column is named twice") }
      table.primaryKey = key
    }
    for element in try fields.list("unique_constraints", "uniques") {
      table.uniques.append(try unique(SchemaFields(element, "a unique constraint"), in: id))
    }
    for element in try fields.list("foreign_keys") {
      table.foreignKeys.append(try foreignKey(SchemaFields(element, "a foreign key"), in: id))
    }
    return table
  }

  struct DeclaredColumn {
    var column: ColumnDefinition
    var isUnique: Bool
    var isKey: Bool
    /// Where it leads, when it is a foreign key; its id is given by the table.
    var reference: ForeignKey?

    func foreignKey(in table: SchemaID) -> ForeignKey? {
      guard var key = reference else { return nil }
      key.id = derivedID(table, key.columns)
      return key
    }
  }

  static func column(_ json: JSONValue) throws(SchemaFault) -> DeclaredColumn {
    let fields = try SchemaFields(json, "a column's definition")
    let (id, name) = try identity(fields, "column")
    guard let type = fields.value("type", "data_type")?.string else { throw .invalid("column \(id) has no type") }
    var column = ColumnDefinition(id: id, name: name, type: try ColumnType(type))
    let isKey = try fields.flag(["primary_key", "is_primary_key"], default: false)
    column.isNullable = try fields.flag(["nullable", "is_nullable"], default: !isKey)
    if let value = fields.value("default", "default_value") {
      column.fallback = try ColumnDefault(value, of: column.type)
    }
    if let check = fields.value("check") { column.check = try ColumnCheck(check, of: column.type) }
    var reference: ForeignKey?
    if let target = fields.value("references") {
      reference = try self.reference(target)
      reference?.columns = [id]
    }
    return DeclaredColumn(
      column: column, isUnique: try fields.flag(["unique", "is_unique"], default: false), isKey: isKey,
      reference: reference)
  }

  static func unique(_ fields: SchemaFields, in table: SchemaID) throws(SchemaFault) -> UniqueConstraint {
    let columns = try fields.ids("column")
    guard let id = try constraintID(fields) else { return unique(columns, in: table) }
    return UniqueConstraint(id: id, columns: columns)
  }

  static func unique(_ columns: [SchemaID], in table: SchemaID) -> UniqueConstraint {
    UniqueConstraint(id: derivedID(table, columns), columns: columns)
  }

  /// `{columns, references: {table, columns?}}`, or the members `references_table` and `references_column` beside.
  static func foreignKey(_ fields: SchemaFields, in table: SchemaID) throws(SchemaFault) -> ForeignKey {
    let columns = try fields.ids("column")
    let target: JSONValue
    if let references = fields.value("references") {
      target = references
    } else {
      guard
        let id = fields.value(
          "references_table_id", "references_table", "referenced_table_id", "referenced_table",
          "ref_table_id", "target_table_id")
      else { throw .invalid("references is missing") }
      var members: [JSONValue.Member] = [.init("table", id)]
      if let column = fields.value(
        "references_column_id", "references_column", "referenced_column_id",
        "referenced_column", "ref_column_id", "target_column_id")
      {
        members.append(.init("column", column))
      }
      target = .object(members)
    }
    var key = try reference(target)
    key.columns = columns
    key.id = try constraintID(fields) ?? derivedID(table, columns)
    if let action = fields.value("on_delete") { key.onDelete = try self.action(action) }
    return key
  }

  /// The id of a constraint that a change names; nil when it names none.
  static func constraintID(_ fields: SchemaFields) throws(SchemaFault) -> SchemaID? {
    guard let value = fields.value("constraint_id", "constraint", "foreign_key_id", "foreign_key", "id", "name") else {
      return nil
    }
    return try SchemaFields.id(value["id"] ?? value, "constraint")
  }

  /// What a constraint without an id is called: readable while that fits, else a hash.
  static func derivedID(_ table: SchemaID, _ columns: [SchemaID]) -> SchemaID {
    let text = ([table] + columns).map(\.text).joined(separator: "_")
    if let id = SchemaID(text) { return id }
    let hash = String(XXH64.hash(Array(text.utf8)), radix: 16)
    return SchemaID("h" + hash) ?? table
  }

  /// Where a foreign key leads; its id and columns are the caller's.
  private static func reference(_ json: JSONValue) throws(SchemaFault) -> ForeignKey {
    var json = json
    if json.string != nil { json = .object([.init("table", json)]) }
    let fields = try SchemaFields(json, "references")
    let target = try fields.id("table")
    let there = fields.value("column", "column_id", "columns", "column_ids") == nil ? [] : try fields.ids("column")
    var key = ForeignKey(id: target, columns: [], target: target, targetColumns: there)
    if let action = fields.value("on_delete") { key.onDelete = try self.action(action) }
    return key
  }

  private static func action(_ json: JSONValue) throws(SchemaFault) -> ForeignKey.Action {
    let word = json.string?.lowercased().replacing("_", with: " ") ?? ""
    guard let action = ForeignKey.Action(rawValue: word) else {
      throw .invalid("on_delete is one of \(ForeignKey.Action.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return action
  }

  /// Id and name; either may stand for the other where it can.
  private static func identity(_ fields: SchemaFields, _ what: String) throws(SchemaFault) -> (SchemaID, String) {
    let name = try fields.name("name", "label")
    if let id = fields.value("id", what + "_id") {
      let id = try SchemaFields.id(id, what)
      return (id, name ?? id.text)
    }
    guard let name, let id = SchemaID(name) else { throw .invalid("a \(what) has no id, and no name that can be one") }
    return (id, name)
  }
}
