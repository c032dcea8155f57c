/// One node of a YAML document with the place where it begins.
package struct YAMLNode: Sendable, Equatable {
  package enum Style: Sendable { case plain, quoted, block }

  package enum Value: Sendable, Equatable {
    case scalar(String, Style)
    case sequence([YAMLNode])
    /// In the order of the file; keys are scalars and differ.
    case mapping([Entry])
  }

  package struct Entry: Sendable, Equatable {
    package let key: String
    /// Where the key stands, from 1.
    package let keyLine: Int
    package let keyColumn: Int
    package let value: YAMLNode
  }

  package let value: Value
  /// From 1.
  package let line: Int
  /// From 1.
  package let column: Int

  package init(_ value: Value, line: Int, column: Int) {
    self.value = value
    self.line = line
    self.column = column
  }

  /// The text of a scalar; nil for collections and for a plain null.
  package var string: String? {
    guard case .scalar(let text, _) = value, !isNull else { return nil }
    return text
  }

  /// A plain scalar that is empty, `~` or `null`.
  package var isNull: Bool {
    guard case .scalar(let text, .plain) = value else { return false }
    return text.isEmpty || text == "~" || text.lowercased() == "null"
  }

  /// A plain decimal integer; nil otherwise, also when quoted.
  package var int: Int? {
    guard case .scalar(let text, .plain) = value else { return nil }
    return Int(text)
  }

  /// A plain finite number; nil otherwise, also when quoted.
  package var double: Double? {
    guard case .scalar(let text, .plain) = value, let number = Double(text), number.isFinite else { return nil }
    return number
  }

  /// Plain `true` or `false`. YAML 1.1's yes, no, on and off are text here: `NO` is a country.
  package var bool: Bool? {
    guard case .scalar(let text, .plain) = value else { return nil }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: return nil
    }
  }

  package var sequence: [YAMLNode]? {
    guard case .sequence(let items) = value else { return nil }
    return items
  }

  package var mapping: [Entry]? {
    guard case .mapping(let entries) = value else { return nil }
    return entries
  }

  /// The value under a key of a mapping; nil when there is none.
  package subscript(_ key: String) -> YAMLNode? { mapping?.first { $0.key == key }?.value }

  /// "a list", "a mapping", "text": what stands here, for messages.
  package var kind: String {
    switch value {
    case .scalar: isNull ? "nothing" : "text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
