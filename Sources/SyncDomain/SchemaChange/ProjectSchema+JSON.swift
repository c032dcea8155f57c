/// Schema data as JSON: what ``SchemaDefinitionReader`` reads.
extension ProjectSchema {
  /// Reads `projects.schema_data`; null, `{}` and an empty list are a schema without tables. Throws INVALID_CHANGE.
  package init(_ json: JSONValue) throws(SchemaFault) {
    guard case .object(let members) = json else {
      guard json.isNull else { throw .invalid("the project's schema data is no object") }
      return
    }
    for member in members where member.key != "tables" {
      others[member.key] = String(decoding: member.value.canonical(), as: UTF8.self)
    }
    switch json["tables"] {
    case .array(let elements)?: for element in elements { tables.append(try SchemaDefinitionReader.table(element)) }
    case .object(let members)?:
      // By id instead of as a list.
      for member in members {
        guard case .object(let definition) = member.value else {
          throw .invalid("a table's definition is not an object")
        }
        let named = definition + (member.value["id"] == nil ? [.init("id", .string(member.key))] : [])
        tables.append(try SchemaDefinitionReader.table(.object(named)))
      }
    case nil, .null?: break
    default: throw .invalid("tables of the project's schema data is neither list nor object")
    }
  }

  /// Canonical JSON.
  package func encoded() throws(SchemaFault) -> [UInt8] {
    var list: [JSONValue] = []
    for table in tables { list.append(try table.json()) }
    var members: [JSONValue.Member] = [.init("tables", .array(list))]
    for (key, text) in others {
      guard let value = try? JSONValue(parsing: Array(text.utf8)) else { continue }
      members.append(.init(key, value))
    }
    return JSONValue.object(members).canonical()
  }
}

extension TableDefinition {
  func json() throws(SchemaFault) -> JSONValue {
    var list: [JSONValue] = []
    for column in columns { list.append(try column.json()) }
    return .object([
      .init("id", .string(id.text)), .init("name", .string(name)), .init("columns", .array(list)),
      .init("primaryKey", .ids(primaryKey)), .init("uniqueConstraints", .array(uniques.map { $0.json() })),
      .init("foreignKeys", .array(foreignKeys.map { $0.json() })),
    ])
  }
}

extension ColumnDefinition {
  func json() throws(SchemaFault) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("id", .string(id.text)), .init("name", .string(name)), .init("type", .string(type.sql)),
      .init("nullable", .bool(isNullable)),
    ]
    if let fallback { members.append(.init("default", try fallback.json())) }
    if let check { members.append(.init("check", try check.json())) }
    return .object(members)
  }
}

extension UniqueConstraint {
  func json() -> JSONValue { .object([.init("id", .string(id.text)), .init("columns", .ids(columns))]) }
}

extension ForeignKey {
  func json() -> JSONValue {
    var target: [JSONValue.Member] = [.init("table", .string(self.target.text))]
    if !targetColumns.isEmpty { target.append(.init("columns", .ids(targetColumns))) }
    return .object([
      .init("id", .string(id.text)), .init("columns", .ids(columns)), .init("references", .object(target)),
      .init("onDelete", .string(onDelete.rawValue)),
    ])
  }
}

extension JSONValue {
  fileprivate static func ids(_ ids: [SchemaID]) -> JSONValue { .array(ids.map { .string($0.text) }) }
}

extension SchemaChange {
  /// The change as it would stand in a message.
  package func json() throws(SchemaFault) -> JSONValue {
    var members: [JSONValue.Member] = [.init("type", .string(kind.rawValue))]
    func put(_ name: String, _ value: JSONValue) { members.append(.init(name, value)) }
    func at(_ table: SchemaID, _ column: SchemaID? = nil) {
      put("table_id", .string(table.text))
      if let column { put("column_id", .string(column.text)) }
    }
    switch self {
    case .createProject(let name): put("name", .string(name))
    case .dropProject: break
    case .addTable(let table): put("table", try table.json())
    case .dropTable(let table): at(table)
    case .renameTable(let table, let name):
      at(table)
      put("new_name", .string(name))
    case .addColumn(let table, let column):
      at(table)
      put("column", try column.json())
    case .dropColumn(let table, let column): at(table, column)
    case .renameColumn(let table, let column, let name):
      at(table, column)
      put("new_name", .string(name))
    case .alterType(let table, let column, let type):
      at(table, column)
      put("new_type", .string(type.sql))
    case .alterDefault(let table, let column, let value):
      at(table, column)
      put("default", value.flatMap { try? JSONValue(parsing: Array($0.utf8)) } ?? .null)
    case .alterNullable(let table, let column, let isNullable):
      at(table, column)
      put("nullable", .bool(isNullable))
    case .addForeignKey(let table, let key):
      at(table)
      put("foreign_key", key.json())
    case .addUnique(let table, let unique):
      at(table)
      put("constraint", unique.json())
    case .dropForeignKey(let table, let id), .dropUnique(let table, let id):
      at(table)
      put("constraint_id", .string(id.text))
    }
    return .object(members)
  }
}

extension [SchemaChange] {
  /// One change as an object, several as a list: what ``SchemaChange/read(_:)`` reads.
  package func encoded() throws(SchemaFault) -> [UInt8] {
    var list: [JSONValue] = []
    for change in self { list.append(try change.json()) }
    return (count == 1 ? list[0] : .array(list)).canonical()
  }
}
