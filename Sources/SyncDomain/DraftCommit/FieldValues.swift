/// A value of a field as its JSON literal; numbers in one spelling, everything else as Postgres prints `jsonb`.
///
/// A missing field and null are the same.
package struct FieldValue: Hashable, Sendable {
  package let literal: [UInt8]

  package static let null = FieldValue(literal: Array("null".utf8))
  package static let yes = FieldValue(literal: Array("true".utf8))
  package static let no = FieldValue(literal: Array("false".utf8))

  private init(literal: [UInt8]) { self.literal = literal }

  /// The value of a scanned range.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    let literal = range.map { bytes[$0] }
    let isNumber = literal.first.map { $0.isDigit || $0 == ASCII.minus } ?? false
    self.literal = isNumber ? Array(JSONNumber.canonical(String(decoding: literal, as: UTF8.self)).utf8) : literal
  }

  package init(_ value: JSONValue) { literal = value.canonical() }

  package var isNull: Bool { self == .null }

  /// The text of a string; nil for another kind.
  package var text: String? {
    guard literal.first == ASCII.quote else { return nil }
    return JSONText.literal(literal.span, 0..<literal.count)
  }

  package var isNumber: Bool { literal.first.map { $0.isDigit || $0 == ASCII.minus } ?? false }

  /// A string without its quotes, anything else as it is written; for people.
  package var shown: String { text ?? String(decoding: literal, as: UTF8.self) }
}

/// The members of a JSON object by name: a record, or an edit of some of its fields.
package struct FieldValues: Hashable, Sendable {
  package private(set) var members: [String: FieldValue] = [:]

  package init() {}

  package init(_ members: [String: FieldValue]) { self.members = members }

  /// Reads a JSON object; of its members `fields` only, when given. Nil for anything that is no object.
  package init?(json bytes: [UInt8], only fields: Set<String>? = nil) {
    let span = bytes.span
    var scanner = JSONScanner()
    guard scanner.openObject(span) else { return nil }
    do throws(JSONSyntaxError) {
      while let key = try scanner.nextKey(span) {
        scanner.skipSpace(span)
        let start = scanner.position
        try scanner.skipValue(span)
        let name = JSONText.decode(span.extracting(key.range), hasEscapes: key.hasEscapes)
        if fields?.contains(name) ?? true { members[name] = FieldValue(span, start..<scanner.position) }
      }
    } catch {
      return nil
    }
  }

  /// Null for a field that is not there; setting null keeps the field, as an edit that clears it.
  package subscript(_ field: String) -> FieldValue {
    get { members[field] ?? .null }
    set { members[field] = newValue }
  }

  /// Nil for a field that is not there.
  package func known(_ field: String) -> FieldValue? { members[field] }

  package mutating func remove(_ field: String) { members[field] = nil }

  package var isEmpty: Bool { members.isEmpty }
  /// Sorted.
  package var fields: [String] { members.keys.sorted() }

  /// These values with others laid over.
  package func overlaid(_ others: FieldValues) -> FieldValues {
    FieldValues(members.merging(others.members) { _, new in new })
  }

  /// These fields only; a field that is not there is left out.
  package func picked(_ fields: [String]) -> FieldValues {
    FieldValues(Dictionary(uniqueKeysWithValues: Set(fields).compactMap { name in known(name).map { (name, $0) } }))
  }

  /// All of these fields; null for one that is not there.
  package func all(_ fields: [String]) -> FieldValues {
    FieldValues(Dictionary(uniqueKeysWithValues: Set(fields).map { ($0, self[$0]) }))
  }

  /// With flags that say no where they are null, as the table's columns do; of a whole record also those that are not
  /// there.
  package func statingFlags(isWhole: Bool = false) -> FieldValues {
    var stated = self
    for flag in EditableField.flags where self[flag].isNull && (isWhole || known(flag) != nil) { stated[flag] = .no }
    return stated
  }

  /// The JSON object, members sorted by name.
  package func encoded() -> [UInt8] {
    var out: [UInt8] = [ASCII.openBrace]
    for (index, field) in fields.enumerated() {
      if index > 0 { out.append(ASCII.comma) }
      JSONText.append(field, to: &out)
      out.append(ASCII.colon)
      out += self[field].literal
    }
    out.append(ASCII.closeBrace)
    return out
  }
}
