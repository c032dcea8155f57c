import SyncDomain

/// What one grid answer says, found in one pass over its bytes; rows stay where they are until they are read one by
/// one (R22).
///
/// Metadata is taken wherever it stands outside the rows, because the two dialects and the versions of the product
/// nest it differently.
struct GridAnswer {
  /// Whether it is an object, as every answer of the service is.
  let isObject: Bool
  /// Rows that match the filters (`RECORDS`, `TOTAL-COUNT`, `TOTALROWS`); nil when the answer does not tell, or only
  /// roughly (`500+`).
  private(set) var total: Int?
  /// Rows in this answer, as it says itself.
  private(set) var clientRows: Int?
  /// `MORERECORDPRESENT`.
  private(set) var more: Bool?
  /// `CURRENTCURSORPOSITION`: the next page begins one behind it.
  private(set) var position: Int?
  /// Epoch milliseconds.
  private(set) var serverTime: Int64?
  /// Messages of `ErrorAlert`; not empty means the call failed, whatever its status.
  private(set) var alerts: [String] = []
  /// Messages of `ConfirmationAlert`; not empty means that a change was not taken.
  private(set) var questions: [String] = []
  /// Where each row stands.
  private(set) var rows: [Range<Int>] = []
  /// Whether there was a list of rows at all, also an empty one.
  private(set) var hasRows = false
  /// Column names by number, for rows that number their cells.
  private(set) var columns: [String: String] = [:]

  /// Throws when the bytes are not JSON, for example because they end early.
  init(_ bytes: Span<UInt8>) throws(JSONSyntaxError) {
    let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
    var scanner = JSONScanner(at: hasMark ? 3 : 0)
    scanner.skipSpace(bytes)
    isObject = scanner.position < bytes.count && bytes[scanner.position] == 0x7B
    try readValue(bytes, &scanner, depth: 0)
    try scanner.finish(bytes)
  }

  private mutating func readValue(
    _ bytes: Span<UInt8>, _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONSyntaxError) {
    guard depth < 16 else {
      try scanner.skipValue(bytes)
      return
    }
    if scanner.openArray(bytes) {
      while try scanner.nextElement(bytes) { try readValue(bytes, &scanner, depth: depth + 1) }
      return
    }
    guard scanner.openObject(bytes) else {
      try scanner.skipValue(bytes)
      return
    }
    while let key = try scanner.nextKey(bytes) {
      let name = JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes)
      switch name {
      case "ROW", "DATARECORD": try readRows(bytes, &scanner)
      case "ErrorAlert": alerts += try readAlerts(bytes, &scanner)
      case "ConfirmationAlert": questions += try readAlerts(bytes, &scanner)
      // A record as a screen answers it: what its fields are called says nothing about the call.
      case "USERDEFINEDSCREENFIELDVALUELIST": try scanner.skipValue(bytes)
      case "FIELD": try readColumns(bytes, &scanner)
      case "RECORDS", "TOTAL-COUNT", "TOTALROWS", "TOTALCOUNT":
        total = GridAnswer.number(try value(bytes, &scanner)).map { Int($0) } ?? total
      case "CLIENTROWS": clientRows = GridAnswer.number(try value(bytes, &scanner)).map { Int($0) }
      case "CURRENTCURSORPOSITION": position = GridAnswer.number(try value(bytes, &scanner)).map { Int($0) }
      case "SERVERTIMESTAMP": serverTime = try value(bytes, &scanner).flatMap(InstantSpelling.milliseconds)
      case "MORERECORDPRESENT": more = GridAnswer.flag(try value(bytes, &scanner))
      default: try readValue(bytes, &scanner, depth: depth + 1)
      }
    }
  }

  /// A list of rows, or one row that the service did not wrap.
  private mutating func readRows(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONSyntaxError) {
    guard scanner.openArray(bytes) else {
      let range = try scanner.skipValue(bytes)
      hasRows = true
      if bytes[range.lowerBound] == 0x7B { rows.append(range) }
      return
    }
    hasRows = true
    while try scanner.nextElement(bytes) { rows.append(try scanner.skipValue(bytes)) }
  }

  private mutating func readColumns(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONSyntaxError) {
    guard case .array(let fields)? = try value(bytes, &scanner) else { return }
    for field in fields {
      guard let number = field["aliasnum"] ?? field["order"], let name = field["name"]?.string else { continue }
      columns[GridAnswer.text(number)] = name
    }
  }

  /// An alert that can not be read is one all the same.
  private func readAlerts(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONSyntaxError) -> [String] {
    guard let value = try value(bytes, &scanner) else { return ["an alert that can not be read"] }
    return GridAnswer.messages(value)
  }

  /// nil when the value holds what can not be read.
  private func value(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONSyntaxError) -> JSONValue? {
    let range = try scanner.skipValue(bytes)
    return try? JSONValue(parsing: bytes.extracting(range))
  }

  // MARK: Loose spellings

  static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text), .number(let text): text
    default: ""
    }
  }

  private static func number(_ value: JSONValue?) -> Int64? { value.flatMap { Int64(text($0)) } }

  private static func flag(_ value: JSONValue?) -> Bool? {
    switch value {
    case .bool(let flag)?: return flag
    case .string(let text)?:
      switch text.uppercased() {
      case "+", "Y", "YES", "TRUE", "1", "-1": return true
      case "-", "N", "NO", "FALSE", "0": return false
      default: return nil
      }
    default: return nil
    }
  }

  /// The texts of an alert list: objects with `Message`, or plain strings.
  static func messages(_ value: JSONValue?) -> [String] {
    switch value {
    case .string(let text)?: return text.isEmpty ? [] : [text]
    case .array(let items)?: return items.flatMap { messages($0) }
    case .object(let members)?:
      guard !members.isEmpty else { return [] }
      let names = ["message", "text", "name"]
      let named = names.compactMap { name in members.first { $0.key.lowercased() == name }?.value.string }
      return [named.first ?? "an alert without a message"]
    default: return []
    }
  }
}
