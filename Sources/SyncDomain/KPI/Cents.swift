/// Money between its decimal text and whole cents.
package enum Cents {
  /// Integer digits that `numeric(20,2)` holds.
  package static let integerDigits = 18

  /// Cents of a plain decimal number such as `-1234.5`, rounded half away from zero as Postgres does it on the way
  /// into `numeric(20,2)`; nil for another spelling or a value that does not fit there.
  package static func parse(_ text: String) -> Int128? {
    parse(Array(text.utf8).span)
  }

  static func parse(_ bytes: Span<UInt8>) -> Int128? {
    var index = 0
    let negative = bytes.count > 0 && bytes[0] == ASCII.minus
    if negative { index = 1 }
    var value: Int128 = 0
    var fractionDigits = -1
    var digits = 0
    var roundsUp = false
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == ASCII.dot, fractionDigits < 0, digits > 0 {
        fractionDigits = 0
        continue
      }
      guard byte.isDigit else { return nil }
      digits += 1
      if fractionDigits >= 0 { fractionDigits += 1 }
      if fractionDigits <= 2 {
        value = value * 10 + Int128(byte - ASCII.zero)
        guard value < limit else { return nil }
      } else if fractionDigits == 3 {
        roundsUp = byte >= 0x35
      }
    }
    guard digits > 0, fractionDigits != 0 else { return nil }
    if fractionDigits < 2 { value *= fractionDigits == 1 ? 10 : 100 }
    if roundsUp { value += 1 }
    guard value < limit else { return nil }
    return negative ? -value : value
  }

  /// Whether a canonical decimal number is an amount in cents, without anything to be rounded.
  package static func isExact(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return isExact(bytes.span, 0..<bytes.count)
  }

  @inline(__always)
  static func isExact(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound - 3 {
      if bytes[index] == ASCII.dot { return false }
      index += 1
    }
    return true
  }

  /// The first amount that does not fit.
  private static let limit: Int128 = 100_000_000_000_000_000_000

  /// Decimal text with two places, for example `-0.05`.
  package static func text(_ cents: Int128) -> String {
    let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
    return "\(cents < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}
