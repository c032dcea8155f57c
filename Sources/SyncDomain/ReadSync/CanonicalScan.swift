/// Recognises a record message that is canonical already, in one pass over its bytes and without a tree.
///
/// Nil from ``match(_:)`` says nothing against the record: it is merely written in another way, and the general path
/// decides. A match must mean that the general path would give the same bytes; a property test holds the two against
/// each other.
struct CanonicalScan: Sendable {
  private let organization: [UInt8]
  /// The keys of ``FieldTable`` in their order, one after the other; row n ends at `ends[n]`.
  private let keys: [UInt8]
  private let ends: [Int]
  private let kinds: [FieldTable.Kind]

  private static let pfaIdRow = row("pfaId")
  private static let discontinuedRow = row("isDiscontinued")
  private static let lastModifiedRow = row("lastModified")

  private static func row(_ key: String) -> Int { FieldTable.fields.firstIndex { $0.key == key } ?? -1 }

  init(organization: String) {
    self.organization = Array(organization.utf8)
    var keys: [UInt8] = []
    var ends: [Int] = []
    for field in FieldTable.fields {
      keys += field.key.utf8
      ends.append(keys.count)
    }
    (self.keys, self.ends) = (keys, ends)
    kinds = FieldTable.fields.map(\.kind)
  }

  /// Where things stand in a canonical record.
  struct Match {
    var data = 0..<0
    /// Inside the quotes; ASCII without escapes.
    var pfaId = 0..<0
    var order: SourceOrder?
    /// What `data.isDiscontinued` says; nil when it is absent or null.
    var discontinued: Bool?
    /// The member with the comma after it, counted from the start of `data`; empty when there is none.
    var lastModified = 0..<0
  }

  /// `{"data":{…},"discontinued":…,"order":{"block":…,"index":…},"pfaId":"…"}` with the members in this order and no
  /// white space.
  func match(_ bytes: Span<UInt8>) -> Match? {
    var match = Match()
    guard var index = CanonicalScan.accept(#"{"data":"#, bytes, 0) else { return nil }
    var dataId = 0..<0
    guard let dataEnd = members(bytes, index, &match, &dataId) else { return nil }
    match.data = index..<dataEnd
    index = dataEnd
    if let flag = CanonicalScan.accept(#","discontinued":"#, bytes, index) {
      // Only when the data says the same does the flag add nothing.
      guard let discontinued = match.discontinued,
        let end = CanonicalScan.accept(discontinued ? "true" : "false", bytes, flag)
      else { return nil }
      index = end
    }
    if let block = CanonicalScan.accept(#","order":{"block":"#, bytes, index) {
      guard let (first, blockEnd) = CanonicalScan.integer(bytes, block),
        let second = CanonicalScan.accept(#","index":"#, bytes, blockEnd),
        let (last, orderEnd) = CanonicalScan.integer(bytes, second),
        let end = CanonicalScan.accept("}", bytes, orderEnd)
      else { return nil }
      match.order = SourceOrder(block: first, index: last)
      index = end
    }
    guard let idStart = CanonicalScan.accept(#","pfaId":"#, bytes, index),
      let idEnd = CanonicalScan.identifierEnd(bytes, idStart),
      CanonicalScan.accept("}", bytes, idEnd) == bytes.count
    else { return nil }
    match.pfaId = (idStart + 1)..<(idEnd - 1)
    guard CanonicalScan.areEqual(bytes, match.pfaId, dataId) else { return nil }
    return match
  }

  // MARK: The data object

  private func members(
    _ bytes: Span<UInt8>, _ start: Int, _ match: inout Match, _ dataId: inout Range<Int>
  ) -> Int? {
    let keys = self.keys.span
    let ends = self.ends.span
    guard start < bytes.count, bytes[start] == ASCII.openBrace else { return nil }
    var index = start
    var row = 0
    var previous = 0..<0
    var hasOrganization = false
    repeat {
      // At the opening brace or a comma.
      index += 1
      guard index < bytes.count, bytes[index] == ASCII.quote else { return nil }
      let keyStart = index + 1
      var keyEnd = keyStart
      var known = -1
      search: while row < ends.count {
        let first = row == 0 ? 0 : ends[row - 1]
        switch CanonicalScan.compare(bytes, keyStart, keys, first..<ends[row]) {
        case 0:
          known = row
          keyEnd = keyStart + ends[row] - first
          row += 1
          break search
        case ..<0: break search
        default: row += 1
        }
      }
      if known < 0 {
        guard let end = CanonicalScan.identifierEnd(bytes, index) else { return nil }
        keyEnd = end - 1
        guard previous.isEmpty || CanonicalScan.isAscending(bytes, previous, keyStart..<keyEnd) else { return nil }
      }
      previous = keyStart..<keyEnd
      guard keyEnd + 1 < bytes.count, bytes[keyEnd + 1] == ASCII.colon else { return nil }
      let value = keyEnd + 2
      guard let end = valueEnd(bytes, value, known < 0 ? nil : kinds[known]), end < bytes.count else { return nil }
      if known >= 0 {
        if known == CanonicalScan.pfaIdRow {
          dataId = (value + 1)..<(end - 1)
        } else if kinds[known] == .id {
          guard isOrganization(bytes, (value + 1)..<(end - 1)) else { return nil }
          hasOrganization = true
        } else if known == CanonicalScan.discontinuedRow {
          match.discontinued = bytes[value] == 0x6E ? nil : bytes[value] == 0x74
        } else if known == CanonicalScan.lastModifiedRow {
          match.lastModified = (keyStart - 1 - start)..<(end + 1 - start)
        }
      }
      index = end
    } while bytes[index] == ASCII.comma
    guard bytes[index] == ASCII.closeBrace, hasOrganization, !dataId.isEmpty else { return nil }
    return index + 1
  }

  /// The end of a canonical value of the kind; nil kind: of an unknown field. Containers are left to the general path.
  @inline(__always)
  private func valueEnd(_ bytes: Span<UInt8>, _ start: Int, _ kind: FieldTable.Kind?) -> Int? {
    guard start < bytes.count else { return nil }
    let first = bytes[start]
    switch kind {
    case .id: return CanonicalScan.identifierEnd(bytes, start)
    case .text where first == ASCII.quote: return CanonicalScan.stringEnd(bytes, start)
    case .date where first == ASCII.quote:
      guard start + 11 < bytes.count, bytes[start + 11] == ASCII.quote, CivilDate(bytes, at: start + 1) != nil else {
        return nil
      }
      return start + 12
    case .instant where first == ASCII.quote: return CanonicalScan.instantEnd(bytes, start)
    case .money where first != 0x6E:
      guard let end = JSONNumber.canonicalEnd(bytes, at: start), end - start < Cents.integerDigits,
        Cents.isExact(bytes, start..<end)
      else { return nil }
      return end
    case .boolean where first == 0x74: return CanonicalScan.accept("true", bytes, start)
    case .boolean where first == 0x66: return CanonicalScan.accept("false", bytes, start)
    case .source where first == ASCII.quote:
      return CanonicalScan.accept(#""Rental""#, bytes, start) ?? CanonicalScan.accept(#""Purchase""#, bytes, start)
    case nil where first == ASCII.quote: return CanonicalScan.stringEnd(bytes, start)
    case nil where first == ASCII.minus || first.isDigit:
      guard let end = JSONNumber.canonicalEnd(bytes, at: start), end - start <= 64 else { return nil }
      return end
    case nil where first == 0x74: return CanonicalScan.accept("true", bytes, start)
    case nil where first == 0x66: return CanonicalScan.accept("false", bytes, start)
    default: return CanonicalScan.accept("null", bytes, start)
    }
  }

  private func isOrganization(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count == organization.count else { return false }
    for offset in 0..<range.count where bytes[range.lowerBound + offset] != organization[offset] { return false }
    return true
  }
}
