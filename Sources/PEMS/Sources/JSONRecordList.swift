import SyncDomain

/// Finds the records in a body that is a JSON array, an object with one under `records`, `data` or `items`, or NDJSON.
struct JSONRecordList {
  /// Where each record stands.
  private(set) var records: [Range<Int>] = []
  /// `next` of an object; nil when absent or null.
  private(set) var next: String?
  private(set) var total: Int?
  /// Epoch milliseconds.
  private(set) var serverTime: Int64?
  private(set) var alerts: [String] = []

  /// Throws when the bytes break off or are not JSON. A broken line of NDJSON is only a broken record, unless it is
  /// the last one and has no line break: then the body was cut.
  init(_ body: [UInt8]) throws(JSONSyntaxError) {
    let bytes = body.span
    let hasMark = body.starts(with: [0xEF, 0xBB, 0xBF])
    var scanner = JSONScanner(at: hasMark ? 3 : 0)
    let start = scanner.position
    if scanner.openArray(bytes) {
      while try scanner.nextElement(bytes) { records.append(try scanner.skipValue(bytes)) }
      try scanner.finish(bytes)
      return
    }
    if try readEnvelope(bytes, from: start) { return }
    records = []
    // A page of HTML has lines too.
    scanner.skipSpace(bytes)
    if scanner.position < body.count, body[scanner.position] != 0x7B { try scanner.finish(bytes) }
    try readLines(body, from: start)
  }

  /// False when the body is not one object with a list of records.
  private mutating func readEnvelope(_ bytes: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Bool {
    // Two objects in a row are NDJSON: only the end tells, so a first failure is no verdict yet.
    var whole = JSONScanner(at: start)
    guard (try? whole.skipValue(bytes)) != nil, (try? whole.finish(bytes)) != nil else { return false }
    var scanner = JSONScanner(at: start)
    guard scanner.openObject(bytes) else { return false }
    var hasList = false
    while let key = try scanner.nextKey(bytes) {
      let name = JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes)
      switch name {
      case "records" where scanner.openArray(bytes), "items" where scanner.openArray(bytes),
        "data" where scanner.openArray(bytes):
        hasList = true
        while try scanner.nextElement(bytes) { records.append(try scanner.skipValue(bytes)) }
      default:
        let range = try scanner.skipValue(bytes)
        guard let value = try? JSONValue(parsing: bytes.extracting(range)) else { continue }
        switch name {
        case "next": next = value.string.flatMap { $0.isEmpty ? nil : $0 }
        case "total": total = value.integer.map { Int($0) }
        case "serverTime", "SERVERTIMESTAMP": serverTime = InstantSpelling.milliseconds(value)
        case "ErrorAlert": alerts = GridAnswer.messages(value)
        default: break
        }
      }
    }
    return hasList || !alerts.isEmpty
  }

  private mutating func readLines(_ body: [UInt8], from start: Int) throws(JSONSyntaxError) {
    var position = start
    while position < body.count {
      let end = body[position...].firstIndex(of: 0x0A) ?? body.count
      let line = position..<end
      if body[line].contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
        if end == body.count {
          var scanner = JSONScanner(at: position)
          try scanner.skipValue(body.span)
        }
        records.append(line)
      }
      position = end + 1
    }
  }
}
