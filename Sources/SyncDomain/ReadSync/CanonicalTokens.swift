/// The tokens of canonical JSON. Each gives the place after the token, or nil when something else stands there.
extension CanonicalScan {
  @inline(__always)
  static func accept(_ literal: String, _ bytes: Span<UInt8>, _ start: Int) -> Int? {
    var index = start
    for byte in literal.utf8 {
      guard index < bytes.count, bytes[index] == byte else { return nil }
      index += 1
    }
    return index
  }

  /// A string whose escapes, if any, are the short ones.
  @inline(__always)
  static func stringEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    var index = start + 1
    while index < bytes.count {
      let byte = bytes[index]
      if byte == ASCII.quote { return index + 1 }
      if byte >= 0x80 {
        let length = UTF8Check.sequenceLength(bytes, at: index)
        guard length > 0 else { return nil }
        index += length
      } else if byte == ASCII.backslash {
        guard index + 1 < bytes.count else { return nil }
        switch bytes[index + 1] {
        case ASCII.quote, ASCII.backslash, 0x62, 0x66, 0x6E, 0x72, 0x74: index += 2
        default: return nil
        }
      } else if byte < 0x20 {
        return nil
      } else {
        index += 1
      }
    }
    return nil
  }

  /// A string in ASCII without escapes, not empty and not blank at its start: it is its own normal form.
  @inline(__always)
  static func identifierEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    guard start + 1 < bytes.count, bytes[start] == ASCII.quote, bytes[start + 1] > 0x20 else { return nil }
    var index = start + 1
    while index < bytes.count {
      let byte = bytes[index]
      if byte == ASCII.quote {
        return index > start + 1 && index - start <= RecordCanonicalizer.pfaIdLimit ? index + 1 : nil
      }
      guard byte >= 0x20, byte < 0x80, byte != ASCII.backslash else { return nil }
      index += 1
    }
    return nil
  }

  /// `"yyyy-MM-ddTHH:mm:ss[.fraction]Z"`, one spelling of an instant.
  @inline(__always)
  static func instantEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    guard start + 21 < bytes.count, CivilDate(bytes, at: start + 1) != nil, bytes[start + 11] == 0x54 else {
      return nil
    }
    for (place, limit, follower) in [(12, 24, ASCII.colon), (15, 60, ASCII.colon), (18, 60, bytes[start + 20])] {
      let (ten, one) = (bytes[start + place], bytes[start + place + 1])
      guard ten.isDigit, one.isDigit, bytes[start + place + 2] == follower,
        Int(ten - ASCII.zero) * 10 + Int(one - ASCII.zero) < limit
      else { return nil }
    }
    var index = start + 20
    if bytes[index] == ASCII.dot {
      let first = index + 1
      index = first
      while index < bytes.count, bytes[index].isDigit { index += 1 }
      guard index > first else { return nil }
    }
    return accept("Z\"", bytes, index)
  }

  /// A 64-bit integer without a leading zero or minus zero.
  @inline(__always)
  static func integer(_ bytes: Span<UInt8>, _ start: Int) -> (Int64, Int)? {
    guard start < bytes.count else { return nil }
    let negative = bytes[start] == ASCII.minus
    var index = negative ? start + 1 : start
    let first = index
    var value: Int64 = 0
    while index < bytes.count, bytes[index].isDigit {
      let digit = Int64(bytes[index] - ASCII.zero)
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowAgain) = product.subtractingReportingOverflow(digit)
      guard !overflow, !overflowAgain else { return nil }
      value = sum
      index += 1
    }
    guard index > first, bytes[first] != ASCII.zero || (index == first + 1 && !negative) else { return nil }
    guard negative || value != .min else { return nil }
    return (negative ? value : -value, index)
  }

  /// How the name that starts at `start` and ends at a quote compares with a key: below 0, 0, above 0.
  @inline(__always)
  static func compare(_ bytes: Span<UInt8>, _ start: Int, _ keys: Span<UInt8>, _ key: Range<Int>) -> Int {
    var index = start
    var offset = key.lowerBound
    while index < bytes.count {
      let byte = bytes[index]
      if offset == key.upperBound { return byte == ASCII.quote ? 0 : 1 }
      if byte != keys[offset] { return byte == ASCII.quote || byte < keys[offset] ? -1 : 1 }
      index += 1
      offset += 1
    }
    return -1
  }

  /// Whether the first name comes strictly before the second, by bytes.
  static func isAscending(_ bytes: Span<UInt8>, _ first: Range<Int>, _ second: Range<Int>) -> Bool {
    for offset in 0..<min(first.count, second.count) {
      let (left, right) = (bytes[first.lowerBound + offset], bytes[second.lowerBound + offset])
      if left != right { return left < right }
    }
    return first.count < second.count
  }

  static func areEqual(_ bytes: Span<UInt8>, _ first: Range<Int>, _ second: Range<Int>) -> Bool {
    guard first.count == second.count else { return false }
    for offset in 0..<first.count where bytes[first.lowerBound + offset] != bytes[second.lowerBound + offset] {
      return false
    }
    return true
  }

  static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    let part = bytes.extracting(range)
    return [UInt8](capacity: part.count) { output in
      for index in 0..<part.count { output.append(part[index]) }
    }
  }
}
