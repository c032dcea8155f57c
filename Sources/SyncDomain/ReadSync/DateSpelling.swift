/// The calendar date in the spellings that PEMS uses (domain.md section 1). A time of day or a zone beside it must be
/// well formed and is dropped: the date counts as it is written.
package enum DateSpelling {
  /// Nil for another spelling or a day that does not exist.
  ///
  /// Digits alone are epoch milliseconds (UTC) from eight of them on, except eight that read as `yyyyMMdd`: those
  /// would silently become a day of January 1970.
  package static func date(_ text: String) -> CivilDate? {
    let bytes = Array(text.utf8).trimmed
    if let date = CivilDate(bytes.span, at: 0) { return isTimeOrNothing(bytes[10...]) ? date : nil }
    let digits = bytes.first == ASCII.minus ? bytes.dropFirst() : bytes[...]
    if digits.count >= 8, digits.allSatisfy(\.isDigit) { return epochMilliseconds(text: bytes) }
    return monthName(bytes)
  }

  /// Of a JSON value: a string as above, a number as epoch milliseconds, or an object whose `YEAR` is epoch
  /// milliseconds.
  static func date(_ value: JSONValue) -> CivilDate? {
    switch value {
    case .string(let text): return date(text)
    case .number(let literal): return epochMilliseconds(text: Array(JSONNumber.canonical(literal).utf8))
    case .object:
      switch value["YEAR"] {
      case .number(let literal)?:
        let text = Array(JSONNumber.canonical(literal).utf8)
        // A real year where the milliseconds belong.
        return text.count <= 4 && text != [ASCII.zero] ? nil : epochMilliseconds(text: text)
      case .string(let text)? where text.utf8.count >= 8: return epochMilliseconds(text: Array(text.utf8))
      default: return nil
      }
    default: return nil
    }
  }

  private static func epochMilliseconds(text: [UInt8]) -> CivilDate? {
    guard let milliseconds = Int64(String(decoding: text, as: UTF8.self)) else { return nil }
    if text.count == 8, milliseconds > 0,
      CivilDate(year: Int(milliseconds / 10_000), month: Int(milliseconds / 100 % 100), day: Int(milliseconds % 100))
        != nil
    {
      return nil
    }
    return CivilDate(epochMilliseconds: milliseconds)
  }

  /// `15-JAN-2025`, `5-Jan-2025 08:30`, `15-jan-2025 08:30:00`.
  private static func monthName(_ bytes: [UInt8]) -> CivilDate? {
    let dateEnd = bytes.firstIndex(of: ASCII.space) ?? bytes.count
    let parts = bytes[..<dateEnd].split(separator: ASCII.minus, omittingEmptySubsequences: false)
    guard parts.count == 3, 1...2 ~= parts[0].count, let day = number(parts[0]), parts[1].count == 3,
      let month = Month.number(parts[1]), parts[2].count == 4, let year = number(parts[2]),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    return isTimeOrNothing(bytes[dateEnd...]) ? date : nil
  }

  /// Whether what follows a date is nothing, a zone, or `T` or a space with `HH:mm[:ss[.fraction]]` and perhaps a zone.
  private static func isTimeOrNothing(_ rest: ArraySlice<UInt8>) -> Bool {
    guard let first = rest.first else { return true }
    guard first | 0x20 == 0x74 || first == ASCII.space else { return isZone(rest) }
    var rest = rest.dropFirst()
    guard let hour = number(rest.prefix(2)), hour <= 24, rest.count >= 5, rest[rest.startIndex + 2] == ASCII.colon,
      let minute = number(rest.dropFirst(3).prefix(2)), minute < 60
    else { return false }
    rest = rest.dropFirst(5)
    if rest.first == ASCII.colon {
      guard rest.count >= 3, let second = number(rest.dropFirst().prefix(2)), second <= 60 else { return false }
      rest = rest.dropFirst(3)
      if rest.first == ASCII.dot || rest.first == ASCII.comma {
        let fraction = rest.dropFirst().prefix(while: \.isDigit)
        guard !fraction.isEmpty else { return false }
        rest = rest.dropFirst(1 + fraction.count)
      }
    }
    return isZone(rest)
  }

  /// Nothing, `Z`, `±hh`, `±hhmm` or `±hh:mm`.
  private static func isZone(_ rest: ArraySlice<UInt8>) -> Bool {
    guard let sign = rest.first else { return true }
    if sign | 0x20 == 0x7A { return rest.count == 1 }
    guard sign == ASCII.plus || sign == ASCII.minus else { return false }
    let digits = rest.dropFirst().filter { $0 != ASCII.colon }
    let colons = rest.count - 1 - digits.count
    guard digits.allSatisfy(\.isDigit), digits.count == 2 || digits.count == 4, colons <= 1 else { return false }
    return colons == 0 || (digits.count == 4 && rest[rest.startIndex + 3] == ASCII.colon)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - ASCII.zero) }
  }
}
