/// A constant of a column's type: the default of a column, or what a check compares with.
package struct ColumnValue: Hashable, Sendable {
  /// Canonical JSON, as it stands in schema data.
  package let json: String
  /// What PostgreSQL reads as a value of the type.
  private let text: String

  /// Throws INVALID_CHANGE when the value is none of the type. Moments and numbers out of range are left to the target.
  package init(_ value: JSONValue, of type: ColumnType) throws(SchemaFault) {
    json = String(decoding: value.canonical(), as: UTF8.self)
    guard json.utf8.count <= 10_000 else { throw .invalid("a value has more than 10,000 bytes") }
    guard let text = ColumnValue.text(value, of: type, json: json) else {
      throw .invalid("a value is none of type \(type.sql)")
    }
    self.text = text
  }

  /// A quoted constant with its type: whatever the value holds, it is one constant.
  package func sql(_ type: ColumnType) -> String { SQLQuote.literal(text) + "::" + type.sql }

  /// The value again, for another type.
  func value() throws(SchemaFault) -> JSONValue {
    guard let value = try? JSONValue(parsing: Array(json.utf8)) else { throw .invalid("a value is no JSON") }
    return value
  }

  private static func text(_ value: JSONValue, of type: ColumnType, json: String) -> String? {
    if type.isJSON { return json }
    switch value {
    case .number where type.isNumber:
      return type.isInteger && Int64(json) == nil ? nil : json
    case .bool(let flag) where type.base == .boolean: return flag ? "true" : "false"
    case .string(let text):
      if text.utf8.contains(0) { return nil }
      if type.isText { return text.unicodeScalars.count <= type.arguments.first ?? .max ? text : nil }
      if type.isNumber { return isNumber(text) && (!type.isInteger || Int64(text) != nil) ? text : nil }
      if type.base == .date { return CivilDate(text) == nil ? nil : text }
      if type.isMoment { return isMoment(text) ? text : nil }
      if type.base == .uuid { return TargetSchema(uuid: text) == nil ? nil : text.lowercased() }
      return nil
    default: return nil
    }
  }

  private static func isNumber(_ text: String) -> Bool {
    guard text.utf8.count <= 100, case .number? = try? JSONValue(parsing: Array(text.utf8)) else { return false }
    return true
  }

  private static func isMoment(_ text: String) -> Bool {
    (1...40).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isDigit || "T:+-. Z".utf8.contains($0) }
  }
}

/// What a new row gets where it names no value.
package enum ColumnDefault: Hashable, Sendable {
  case value(ColumnValue)
  /// The moment of the transaction.
  case now
  case randomUUID

  /// A constant, or one of the functions `now()` and `gen_random_uuid()` where the type fits. Throws INVALID_CHANGE.
  package init(_ json: JSONValue, of type: ColumnType) throws(SchemaFault) {
    switch json.string?.lowercased() {
    case "now()", "current_timestamp", "current_date":
      if type.isMoment {
        self = .now
        return
      }
    case "gen_random_uuid()", "uuid_generate_v4()":
      if type.base == .uuid {
        self = .randomUUID
        return
      }
    default: break
    }
    self = .value(try ColumnValue(json, of: type))
  }

  package func sql(_ type: ColumnType) -> String {
    switch self {
    case .value(let value): value.sql(type)
    case .now: type.base == .timestamptz ? "now()" : "now()::" + type.sql
    case .randomUUID: "gen_random_uuid()"
    }
  }

  /// Each row gets another value, so a column that is added is written into every row.
  package var isVolatile: Bool { self == .randomUUID }

  /// The same default of a column with another type; throws INVALID_CHANGE when it is none of that.
  func converted(to type: ColumnType) throws(SchemaFault) -> ColumnDefault { try ColumnDefault(try json(), of: type) }

  func json() throws(SchemaFault) -> JSONValue {
    switch self {
    case .value(let value): try value.value()
    case .now: .string("now()")
    case .randomUUID: .string("gen_random_uuid()")
    }
  }
}

/// What every value of a column must satisfy: a comparison with a constant, or a list of constants.
package struct ColumnCheck: Hashable, Sendable {
  package enum Comparison: String, CaseIterable, Sendable {
    case equal = "="
    case unequal = "<>"
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case oneOf = "in"
  }

  package let comparison: Comparison
  /// One, or some for `in`.
  package let values: [ColumnValue]

  /// Reads `{"operator": ">=", "value": 0}` and `{"operator": "in", "values": [...]}`. Throws INVALID_CHANGE, also for
  /// SQL text.
  package init(_ json: JSONValue, of type: ColumnType) throws(SchemaFault) {
    guard case .object = json else { throw .invalid("a check is an object with operator and value, never SQL text") }
    guard let comparison = json["operator"]?.string.flatMap(Comparison.init(rawValue:)) else {
      throw .invalid("a check's operator is one of \(Comparison.allCases.map(\.rawValue).joined(separator: " "))")
    }
    guard !type.isJSON, type.base != .bytea else { throw .invalid("a column of type \(type.sql) takes no check") }
    var values: [ColumnValue] = []
    if comparison == .oneOf {
      guard case .array(let elements)? = json["values"], (1...1000).contains(elements.count) else {
        throw .invalid("a check with operator in has a list of 1 to 1,000 values")
      }
      for element in elements { values.append(try ColumnValue(element, of: type)) }
    } else {
      guard let value = json["value"] else { throw .invalid("a check has a value") }
      values = [try ColumnValue(value, of: type)]
    }
    self.comparison = comparison
    self.values = values
  }

  /// The condition on a quoted column.
  package func sql(_ column: String, _ type: ColumnType) -> String {
    let constants = values.map { $0.sql(type) }.joined(separator: ", ")
    return comparison == .oneOf ? "\(column) IN (\(constants))" : "\(column) \(comparison.rawValue) \(constants)"
  }

  func json() throws(SchemaFault) -> JSONValue {
    var list: [JSONValue] = []
    for value in values { list.append(try value.value()) }
    let tail: JSONValue.Member = comparison == .oneOf ? .init("values", .array(list)) : .init("value", list[0])
    return .object([.init("operator", .string(comparison.rawValue)), tail])
  }

  func converted(to type: ColumnType) throws(SchemaFault) -> ColumnCheck { try ColumnCheck(try json(), of: type) }
}
