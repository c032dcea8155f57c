import SyncDomain

/// A field as a source names and delivers it.
typealias SourceField = (key: String, value: RecordCanonicalizer.SourceValue)

/// One row of a grid as names and values, whatever shape its cells have. The bytes were scanned before: they are JSON.
enum GridRow {
  /// nil when the value at `start` is not an object.
  static func fields(
    _ bytes: Span<UInt8>, at start: Int, columns: [String: String]
  ) throws(JSONSyntaxError) -> [SourceField]? {
    var scanner = JSONScanner(at: start)
    guard scanner.openObject(bytes) else { return nil }
    var fields: [SourceField] = []
    fields.reserveCapacity(32)
    while let key = try scanner.nextKey(bytes) {
      let name = JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes)
      if name == "CELL" || name == "D" || name == "DATAFIELD" {
        // The row's own attributes are no fields when it has cells.
        fields.removeAll(keepingCapacity: true)
        try readCells(bytes, &scanner, columns, into: &fields)
        return fields
      }
      fields.append((name, try value(bytes, &scanner)))
    }
    return fields
  }

  /// A list of cells, or one cell that the service did not wrap.
  private static func readCells(
    _ bytes: Span<UInt8>, _ scanner: inout JSONScanner, _ columns: [String: String], into fields: inout [SourceField]
  ) throws(JSONSyntaxError) {
    guard scanner.openArray(bytes) else { return try readCell(bytes, &scanner, columns, into: &fields) }
    while try scanner.nextElement(bytes) { try readCell(bytes, &scanner, columns, into: &fields) }
  }

  private static func readCell(
    _ bytes: Span<UInt8>, _ scanner: inout JSONScanner, _ columns: [String: String], into fields: inout [SourceField]
  ) throws(JSONSyntaxError) {
    guard scanner.openObject(bytes) else {
      try scanner.skipValue(bytes)
      return
    }
    var name: String?
    var value = RecordCanonicalizer.SourceValue.null
    while let key = try scanner.nextKey(bytes) {
      let part = JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes)
      let content = try self.value(bytes, &scanner)
      switch part {
      case "ALIAS_NAME", "FIELDNAME", "TAGNAME", "NAME", "name":
        if case .text(let text) = content { name = text }
      case "n": name = name ?? columns[number(content)]
      case "VALUE", "FIELDVALUE", "value": value = content
      default: break
      }
    }
    if let name { fields.append((name, value)) }
  }

  private static func number(_ value: RecordCanonicalizer.SourceValue) -> String {
    switch value {
    case .text(let text): text
    case .json(let bytes): String(decoding: bytes, as: UTF8.self)
    case .null: ""
    }
  }

  /// The value at the scanner's place. What can not be stored stays JSON, so that the record's rejection can show it.
  private static func value(
    _ bytes: Span<UInt8>, _ scanner: inout JSONScanner
  ) throws(JSONSyntaxError) -> RecordCanonicalizer.SourceValue {
    scanner.flaws = []
    scanner.skipSpace(bytes)
    let start = scanner.position
    if start < bytes.count, bytes[start] == 0x22 {
      let hasEscapes = try scanner.skipString(bytes)
      guard scanner.flaws.isEmpty else { return .json(copy(bytes, start..<scanner.position)) }
      return .text(JSONText.decode(bytes.extracting((start + 1)..<(scanner.position - 1)), hasEscapes: hasEscapes))
    }
    let range = try scanner.skipValue(bytes)
    return bytes[range.lowerBound] == 0x6E ? .null : .json(copy(bytes, range))
  }

  private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
  }
}
