/// A column's type: one of a fixed list, with checked numbers where it takes some. Its SQL is ours, never the
/// message's.
package struct ColumnType: Hashable, Sendable {
  package enum Base: String, CaseIterable, Sendable {
    case text, varchar, integer, bigint, smallint, numeric, real, boolean, date, time, timestamp, timestamptz, uuid
    case json, jsonb, bytea
    case double = "double precision"
  }

  package let base: Base
  /// The length of a varchar; precision and scale of a numeric; else empty.
  package let arguments: [Int]

  /// Reads `varchar(20)`, `numeric(12, 2)`, `timestamp with time zone` and the usual other names. Throws
  /// INVALID_CHANGE.
  package init(_ text: String) throws(SchemaFault) {
    let fault = SchemaFault.invalid("\(ColumnType.shown(text)) is no known type")
    guard text.utf8.count <= 63 else { throw fault }
    let spelled = text.lowercased().split(separator: " ").joined(separator: " ")
    let parts = spelled.split(separator: "(", omittingEmptySubsequences: false)
    let words = (parts.first ?? "").split(separator: " ").joined(separator: " ")
    guard parts.count <= 2, let base = ColumnType.names[words] else { throw fault }
    var arguments: [Int] = []
    if parts.count == 2 {
      guard parts[1].hasSuffix(")") else { throw fault }
      for number in parts[1].dropLast().split(separator: ",", omittingEmptySubsequences: false) {
        let digits = number.filter { $0 != " " }
        guard (1...8).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit), let value = Int(digits) else {
          throw fault
        }
        arguments.append(value)
      }
    }
    guard ColumnType.isValid(base, arguments) else { throw fault }
    self.base = base
    self.arguments = base == .numeric && arguments.count == 1 ? arguments + [0] : arguments
  }

  /// The only spelling, as SQL and in schema data.
  package var sql: String {
    base.rawValue + (arguments.isEmpty ? "" : "(" + arguments.map(String.init).joined(separator: ",") + ")")
  }

  package var isInteger: Bool { [.smallint, .integer, .bigint].contains(base) }
  package var isNumber: Bool { isInteger || [.numeric, .real, .double].contains(base) }
  package var isText: Bool { base == .text || base == .varchar }
  package var isJSON: Bool { base == .json || base == .jsonb }
  package var isMoment: Bool { [.timestamp, .timestamptz, .date, .time].contains(base) }

  /// Whether PostgreSQL writes every row anew for a change to another type: it does not when each old value is a new
  /// one as it stands.
  package func rewrites(to new: ColumnType) -> Bool {
    if self == new { return false }
    switch (base, new.base) {
    case (.varchar, .text), (.text, .text): return false
    case (.text, .varchar): return !new.arguments.isEmpty
    case (.varchar, .varchar): return !(new.arguments.isEmpty || (arguments.first ?? .max) <= new.arguments[0])
    case (.numeric, .numeric):
      if new.arguments.isEmpty { return false }
      return arguments.isEmpty || arguments[1] != new.arguments[1] || arguments[0] > new.arguments[0]
    default: return true
    }
  }

  /// A value of this type as one of another. Text is assigned, never cast: a cast would cut off silently what is too
  /// long.
  func conversion(_ value: String, to new: ColumnType) -> String {
    isText && new.isText ? value : value + "::" + new.sql
  }

  private static func isValid(_ base: Base, _ arguments: [Int]) -> Bool {
    switch (base, arguments.count) {
    case (_, 0): true
    case (.varchar, 1): (1...10_485_760).contains(arguments[0])
    case (.numeric, 1): (1...1000).contains(arguments[0])
    case (.numeric, 2): (1...1000).contains(arguments[0]) && arguments[1] <= arguments[0]
    default: false
    }
  }

  private static let names: [String: Base] = {
    var names = Dictionary(uniqueKeysWithValues: Base.allCases.map { ($0.rawValue, $0) })
    let others: [(String, Base)] = [
      ("string", .text), ("character varying", .varchar), ("int", .integer), ("int4", .integer), ("int8", .bigint),
      ("int2", .smallint), ("decimal", .numeric), ("number", .numeric), ("float4", .real), ("float8", .double),
      ("float", .double), ("double", .double), ("bool", .boolean), ("datetime", .timestamptz),
      ("timestamp with time zone", .timestamptz), ("timestamp without time zone", .timestamp),
      ("time without time zone", .time),
    ]
    for (name, base) in others { names[name] = base }
    return names
  }()

  private static func shown(_ text: String) -> String { "'" + text.prefix(40) + "'" }
}
