/// One parameter of a statement.
///
/// `text` and `json` are sent without a type, so the server takes the type that the statement needs there (date,
/// numeric, jsonb, an enum). The others name their type and travel in binary.
package enum PGValue: Sendable {
  case null
  /// No NUL inside: PostgreSQL has no such text, and the statement fails with a conversion error before anything is
  /// sent.
  case text(String)
  /// bytea.
  case bytes([UInt8])
  /// int8.
  case int(Int64)
  case int4(Int32)
  case bool(Bool)
  /// float8.
  case double(Double)
  /// A JSON document as UTF-8, for json, jsonb or text. No NUL byte inside.
  case json([UInt8])
  case uuid(String)
  case array(PGArray)

  /// Text, or null.
  package init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  /// int8, or null.
  package init(_ number: Int64?) { self = number.map { .int($0) } ?? .null }
  /// bool, or null.
  package init(_ flag: Bool?) { self = flag.map { .bool($0) } ?? .null }
}

/// One statement with its parameters, as a step of a pipeline.
package struct PGStatement: Sendable {
  package let sql: String
  package let parameters: [PGValue]

  package init(_ sql: String, _ parameters: [PGValue] = []) {
    self.sql = sql
    self.parameters = parameters
  }
}

/// Type numbers of `pg_type`; they are part of the protocol and never change.
package enum PGType {
  package static let unspecified: UInt32 = 0
  package static let bool: UInt32 = 16
  package static let bytea: UInt32 = 17
  package static let int8: UInt32 = 20
  package static let int4: UInt32 = 23
  package static let text: UInt32 = 25
  package static let json: UInt32 = 114
  package static let float8: UInt32 = 701
  package static let uuid: UInt32 = 2950

  /// The array type of an element type; nil when it is none of the above.
  package static func array(of element: UInt32) -> UInt32? {
    switch element {
    case bool: 1000
    case bytea: 1001
    case int4: 1007
    case text: 1009
    case int8: 1016
    case float8: 1022
    case json: 199
    default: nil
    }
  }
}
