/// A day of the Gregorian calendar from 0001-01-01 to 9999-12-31, without time or zone.
package struct CivilDate: Hashable, Comparable, Sendable {
  package let year: Int
  package let month: Int
  package let day: Int

  /// Nil for a day that does not exist, such as 2025-02-30.
  @inline(__always)
  package init?(year: Int, month: Int, day: Int) {
    guard 1...9999 ~= year, 1...12 ~= month, day >= 1, day <= CivilDate.daysInMonth(year: year, month: month) else {
      return nil
    }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day this many days after 1970-01-01; nil outside of years 1 to 9999.
  ///
  /// The arithmetic is Howard Hinnant's `civil_from_days` (howardhinnant.github.io/date_algorithms.html): years begin
  /// in March, so that the leap day is the last of its year, and 400 years are one cycle of 146,097 days.
  package init?(daysSinceEpoch days: Int) {
    guard CivilDate.supportedDays.contains(days) else { return nil }
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The UTC day of an instant; nil outside of years 1 to 9999.
  package init?(epochMilliseconds: Int64) {
    let (days, rest) = epochMilliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    self.init(daysSinceEpoch: Int(rest < 0 ? days - 1 : days))
  }

  /// 0001-01-01 to 9999-12-31.
  private static let supportedDays = -719_162...2_932_896

  /// Days after 1970-01-01, negative before.
  package var daysSinceEpoch: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  @inline(__always)
  package static func daysInMonth(year: Int, month: Int) -> Int {
    if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
    // 31 in January, then alternating, with July and August both long.
    return 30 + (month + month / 8) % 2
  }

  /// `YYYY-MM-DD` and nothing else; nil for another spelling or an impossible day.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10 else { return nil }
    self.init(bytes.span, at: 0)
  }

  /// The ten bytes `YYYY-MM-DD` at `start`; nil when they are something else, an impossible day, or too few.
  @inline(__always)
  package init?(_ bytes: Span<UInt8>, at start: Int) {
    guard start >= 0, start + 10 <= bytes.count, bytes[start + 4] == ASCII.minus, bytes[start + 7] == ASCII.minus,
      let century = CivilDate.pair(bytes, start), let years = CivilDate.pair(bytes, start + 2),
      let month = CivilDate.pair(bytes, start + 5), let day = CivilDate.pair(bytes, start + 8)
    else { return nil }
    self.init(year: century * 100 + years, month: month, day: day)
  }

  @inline(__always)
  private static func pair(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
    let (high, low) = (bytes[index] &- 0x30, bytes[index + 1] &- 0x30)
    return high < 10 && low < 10 ? Int(high) * 10 + Int(low) : nil
  }

  /// `YYYY-MM-DD`.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  var bytes: [UInt8] {
    func digit(_ value: Int) -> UInt8 { ASCII.zero + UInt8(value % 10) }
    return [
      digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), ASCII.minus, digit(month / 10),
      digit(month),
      ASCII.minus, digit(day / 10), digit(day),
    ]
  }

  package static func < (left: CivilDate, right: CivilDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}
