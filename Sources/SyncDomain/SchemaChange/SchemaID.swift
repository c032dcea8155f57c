/// The id of a table, a column or a constraint: 1 to 50 ASCII letters, digits, `_` and `-`.
///
/// The only thing of a message that becomes part of an identifier, always behind a prefix and between quotes.
package struct SchemaID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  /// Nil for anything else; nothing is repaired, because two ids must never become one.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard (1...50).contains(bytes.count), bytes.allSatisfy(SchemaID.isAllowed) else { return nil }
    self.text = text
  }

  package var description: String { text }
  package static func < (left: SchemaID, right: SchemaID) -> Bool { left.text < right.text }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}

/// The schema of a target database that belongs to one organization: `org_` and 32 hexadecimal digits.
package struct TargetSchema: Hashable, Sendable {
  package let name: String

  /// Nil unless the text is exactly such a name, in lower case.
  package init?(_ name: String) {
    let bytes = name.utf8
    guard bytes.count == 36, name.hasPrefix("org_"),
      bytes.dropFirst(4).allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    self.name = name
  }

  /// Of a UUID in any case; nil for another text.
  package init?(uuid: String) {
    let groups = uuid.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
    self.init("org_" + uuid.lowercased().filter { $0 != "-" })
  }
}

/// The only ways in which text becomes part of a statement.
package enum SQLQuote {
  /// An identifier between double quotes.
  package static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

  /// A string constant; needs `standard_conforming_strings`, which the target's session sets.
  package static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
