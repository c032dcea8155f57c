/// Some fields of a record with their canonical values; a missing field and null are the same.
package struct FieldValues: Sendable, Equatable {
  private var values: [String: [UInt8]] = [:]

  package init() {}

  /// The members of an object; of anything else, none.
  package init(_ object: JSONValue?) {
    guard case .object(let members)? = object else { return }
    for member in members { self[member.key] = member.value }
  }

  /// The members of a JSON object as text; nil when it is none.
  package init?(json: [UInt8]) {
    guard let value = try? JSONValue(parsing: json), case .object = value else { return nil }
    self.init(value)
  }

  package subscript(_ field: String) -> JSONValue {
    get { values[field].flatMap { try? JSONValue(parsing: $0) } ?? .null }
    set { values[field] = newValue.canonical() }
  }

  package func has(_ field: String) -> Bool { values[field] != nil }

  package var fields: Set<String> { Set(values.keys) }

  package var isEmpty: Bool { values.isEmpty }

  package func equals(_ other: FieldValues, _ field: String) -> Bool {
    (values[field] ?? FieldValues.null) == (other.values[field] ?? FieldValues.null)
  }

  /// Only these fields, null where there is no value.
  package func only(_ fields: some Sequence<String>) -> FieldValues {
    var result = FieldValues()
    for field in fields { result.values[field] = values[field] ?? FieldValues.null }
    return result
  }

  /// With the other's fields in place of its own.
  package func overlaid(_ other: FieldValues) -> FieldValues {
    var result = self
    result.values.merge(other.values) { _, new in new }
    return result
  }

  /// In order of name.
  package var members: [JSONValue.Member] {
    values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { .init($0, self[$0]) }
  }

  /// A canonical JSON object.
  package var json: [UInt8] { JSONValue.object(members).canonical() }

  private static let null = Array("null".utf8)
}
