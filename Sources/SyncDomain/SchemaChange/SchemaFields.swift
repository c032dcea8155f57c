/// The members of a change, a table or a column, under either spelling (`table_id`, `tableId`), in the object itself or
/// in its `data`. All throw INVALID_CHANGE.
struct SchemaFields {
  private let object: JSONValue
  private let data: JSONValue?

  init(_ value: JSONValue, _ what: String) throws(SchemaFault) {
    guard case .object = value else { throw .invalid("\(what) is not an object") }
    object = value
    if case .object? = value["data"] { data = value["data"] } else { data = nil }
  }

  /// The first of these that is there; null counts as absent.
  func value(_ names: String...) -> JSONValue? {
    for name in names {
      for spelling in [name, SchemaFields.camelCase(name)] {
        for place in [object, data] {
          if let value = place?[spelling], !value.isNull { return value }
        }
      }
    }
    return nil
  }

  /// Whether the member stands there at all, null too.
  func has(_ name: String) -> Bool { object[name] != nil || data?[name] != nil }

  func flag(_ names: [String], default fallback: Bool) throws(SchemaFault) -> Bool {
    for name in names {
      guard let value = value(name) else { continue }
      guard case .bool(let flag) = value else { throw .invalid("\(name) is not true or false") }
      return flag
    }
    return fallback
  }

  /// An id that stands as text or number under `<thing>_id`, under `<thing>`, or as `id` of the object there.
  func id(_ thing: String) throws(SchemaFault) -> SchemaID {
    guard let value = value(thing + "_id", thing) else { throw .invalid("\(thing)_id is missing") }
    return try SchemaFields.id(value["id"] ?? value, thing)
  }

  /// A name people read: 1 to 100 characters, none of them a control character.
  func name(_ names: String...) throws(SchemaFault) -> String? {
    for name in names {
      guard let value = value(name) else { continue }
      guard let text = value.string, (1...100).contains(text.count),
        !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
      else { throw .invalid("\(name) is not 1 to 100 characters of text") }
      return text
    }
    return nil
  }

  /// A list of objects, or of ids; absent is empty.
  func list(_ names: String...) throws(SchemaFault) -> [JSONValue] {
    for name in names {
      guard let value = value(name) else { continue }
      guard case .array(let elements) = value else { throw .invalid("\(name) is not a list") }
      guard elements.count <= 1000 else { throw .invalid("\(name) has more than 1,000 elements") }
      return elements
    }
    return []
  }

  /// Ids under `<thing>_ids` or `<thing>s`, or the one under `<thing>`.
  func ids(_ thing: String) throws(SchemaFault) -> [SchemaID] {
    var ids: [SchemaID] = []
    for element in try list(thing + "_ids", thing + "s") {
      ids.append(try SchemaFields.id(element["id"] ?? element, thing))
    }
    if ids.isEmpty { ids = [try id(thing)] }
    guard Set(ids).count == ids.count else { throw .invalid("a \(thing) is named twice") }
    return ids
  }

  static func id(_ value: JSONValue, _ what: String) throws(SchemaFault) -> SchemaID {
    var text = value.string
    if let number = value.integer, number >= 0 { text = String(number) }
    guard let id = text.flatMap({ SchemaID($0) }) else {
      throw .invalid("an id of a \(what) is not 1 to 50 letters, digits, _ or -")
    }
    return id
  }

  private static func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_")
    return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
  }
}
