/// Reads changes from messages: the origin's `normalizeAndValidateChange`.
extension SchemaChange {
  /// One change, or a list of them in order. A column's `unique` and `references` become changes of their own.
  ///
  /// Throws INVALID_CHANGE: no object, no known type, a field of the type missing or not of the whitelist.
  package static func read(_ json: JSONValue) throws(SchemaFault) -> [SchemaChange] {
    guard case .array(let elements) = json else { return try one(json) }
    guard !elements.isEmpty else { throw .invalid("the list of changes is empty") }
    guard elements.count <= 100 else { throw .invalid("the list has more than 100 changes") }
    var changes: [SchemaChange] = []
    for element in elements { changes += try one(element) }
    let alone = changes.contains(.dropProject) && changes.count > 1
    guard !alone, !changes.dropFirst().contains(where: { $0.kind == .createProject }) else {
      throw .invalid("create_project stands first in a list, drop_project alone")
    }
    return changes
  }

  private static func one(_ json: JSONValue) throws(SchemaFault) -> [SchemaChange] {
    guard case .object = json else { throw .invalid("a change is not an object") }
    guard let type = json["type"]?.string else { throw .invalid("a change's type is missing") }
    guard let kind = Kind(rawValue: type) else {
      throw .invalid(
        "'\(type.prefix(40))' is no type of a change; there are \(Kind.allCases.map(\.rawValue).joined(separator: ", "))"
      )
    }
    let fields = try SchemaFields(json, "a change")
    switch kind {
    case .createProject: return [.createProject(name: try projectName(fields))]
    case .dropProject: return [.dropProject]
    case .addTable:
      guard let table = fields.value("table") else { throw .invalid("Table definition required") }
      return [.addTable(try SchemaDefinitionReader.table(table))]
    case .dropTable: return [.dropTable(try fields.id("table"))]
    case .renameTable:
      let table = try fields.id("table")
      guard let name = try fields.name("new_name", "name", "to") else { throw .invalid("new_name is missing") }
      return [.renameTable(table, name: name)]
    case .addColumn: return try addColumn(fields)
    case .addForeignKey:
      let table = try fields.id("table")
      return [.addForeignKey(table, try SchemaDefinitionReader.foreignKey(try part(fields, "foreign_key"), in: table))]
    case .dropForeignKey:
      let table = try fields.id("table")
      return [.dropForeignKey(table, try constraint(fields, table))]
    case .addUnique:
      let table = try fields.id("table")
      return [.addUnique(table, try SchemaDefinitionReader.unique(try part(fields, "constraint"), in: table))]
    case .dropUnique:
      let table = try fields.id("table")
      return [.dropUnique(table, try constraint(fields, table))]
    case .dropColumn, .renameColumn, .alterType, .alterDefault, .alterNullable:
      return [try ofColumn(kind, fields)]
    }
  }

  private static func ofColumn(_ kind: Kind, _ fields: SchemaFields) throws(SchemaFault) -> SchemaChange {
    let (table, column) = (try fields.id("table"), try fields.id("column"))
    switch kind {
    case .renameColumn:
      guard let name = try fields.name("new_name", "name", "to") else { throw .invalid("new_name is missing") }
      return .renameColumn(table, column, name: name)
    case .alterType:
      guard let type = fields.value("new_type", "column_type", "data_type", "to")?.string else {
        throw .invalid("new_type is missing")
      }
      return .alterType(table, column, try ColumnType(type))
    case .alterDefault:
      guard fields.has("default") || fields.has("default_value") || fields.has("new_default") else {
        throw .invalid("default is missing; null takes it away")
      }
      guard let value = fields.value("default", "default_value", "new_default") else {
        return .alterDefault(table, column, nil)
      }
      return .alterDefault(table, column, String(decoding: value.canonical(), as: UTF8.self))
    case .alterNullable:
      guard fields.value("nullable", "is_nullable") != nil else { throw .invalid("nullable is missing") }
      return .alterNullable(table, column, try fields.flag(["nullable", "is_nullable"], default: true))
    default: return .dropColumn(table, column)
    }
  }

  private static func addColumn(_ fields: SchemaFields) throws(SchemaFault) -> [SchemaChange] {
    let table = try fields.id("table")
    guard let json = fields.value("column") else { throw .invalid("Column definition required") }
    let declared = try SchemaDefinitionReader.column(json)
    guard !declared.isKey else { throw .invalid("a key can not be added to a table; make the column unique") }
    var changes: [SchemaChange] = [.addColumn(table, declared.column)]
    if declared.isUnique {
      changes.append(.addUnique(table, SchemaDefinitionReader.unique([declared.column.id], in: table)))
    }
    if let key = declared.foreignKey(in: table) { changes.append(.addForeignKey(table, key)) }
    return changes
  }

  /// The constraint by its id, or by its columns.
  private static func constraint(_ fields: SchemaFields, _ table: SchemaID) throws(SchemaFault) -> SchemaID {
    if let id = try SchemaDefinitionReader.constraintID(fields) { return id }
    guard fields.value("column_id", "column", "column_ids", "columns") != nil else {
      throw .invalid("constraint_id is missing")
    }
    return SchemaDefinitionReader.derivedID(table, try fields.ids("column"))
  }

  /// The object that describes a constraint: a member of its own, or the change itself.
  private static func part(_ fields: SchemaFields, _ name: String) throws(SchemaFault) -> SchemaFields {
    guard let object = fields.value(name), case .object = object else { return fields }
    return try SchemaFields(object, name)
  }

  private static func projectName(_ fields: SchemaFields) throws(SchemaFault) -> String {
    if let project = fields.value("project"), case .object = project,
      let name = try SchemaFields(project, "project").name("name")
    {
      return name
    }
    guard let name = try fields.name("name", "project_name") else { throw .invalid("name is missing") }
    return name
  }
}
