/// Finds which field of a rejected record holds the flaw, so that its issue row can name it and show the value.
enum FlawFinder {
  /// The record has passed the scanner with `flaws`.
  static func issue(_ bytes: Span<UInt8>, _ flaws: JSONFlaws) -> FieldIssue {
    var finding = Finding()
    var scanner = JSONScanner()
    // The record was scanned before: it can not fail now, and if it did the record as a whole is shown.
    try? finding.search(bytes, &scanner, isRecord: true)
    return FieldIssue(
      pfaId: finding.pfaId.map(PfaIdentifier.normalized), field: finding.field,
      code: (finding.flaws ?? flaws).code ?? IssueCode.invalidRecord,
      raw: finding.raw ?? FieldIssue.text(bytes))
  }

  private struct Finding {
    var pfaId: String?
    var field: String?
    var raw: String?
    var flaws: JSONFlaws?

    mutating func search(
      _ bytes: Span<UInt8>, _ scanner: inout JSONScanner, isRecord: Bool
    ) throws(JSONSyntaxError) {
      scanner.skipSpace(bytes)
      guard scanner.openObject(bytes) else {
        try scanner.skipValue(bytes)
        return
      }
      scanner.flaws = []
      while let key = try scanner.nextKey(bytes) {
        let name = FieldIssue.text(bytes.extracting(key.range))
        scanner.skipSpace(bytes)
        if isRecord, name == "data", scanner.flaws.isEmpty {
          try search(bytes, &scanner, isRecord: false)
        } else {
          let range = try scanner.skipValue(bytes)
          note(name, bytes, range, scanner.flaws, isRecord: isRecord)
        }
        scanner.flaws = []
      }
    }

    private mutating func note(
      _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, _ found: JSONFlaws, isRecord: Bool
    ) {
      let isString = bytes[range.lowerBound] == ASCII.quote
      if found.isEmpty {
        if isRecord, name == "pfaId", isString { pfaId = JSONText.literal(bytes, range) }
      } else if flaws == nil {
        flaws = found
        field = name
        raw = FieldIssue.text(
          bytes.extracting(isString ? (range.lowerBound + 1)..<(range.upperBound - 1) : range))
      }
    }
  }
}
