/// The `Retry-After` header of HTTP (RFC 9110, 10.2.3): seconds, or a date.
package enum RetryAfter {
  /// Seconds to wait from `now` (epoch seconds); 0 for a date that is past, nil for a value of neither form.
  package static func seconds(_ value: String, now: Double) -> Double? {
    let text = Array(value.utf8).trimmed
    if !text.isEmpty, text.allSatisfy(\.isDigit) { return Double(String(decoding: text, as: UTF8.self)) }
    guard let instant = fixedDate(text) else { return nil }
    return max(0, Double(instant) - now)
  }

  /// Epoch seconds of an IMF-fixdate, for example `Sun, 06 Nov 1994 08:49:37 GMT`. The name of the day is not
  /// checked: it adds nothing.
  static func fixedDate(_ bytes: [UInt8]) -> Int64? {
    let parts = bytes.split(separator: ASCII.space)
    guard parts.count == 6, parts[0].last == ASCII.comma, parts[0].count == 4, parts[5].elementsEqual("GMT".utf8),
      let day = number(parts[1], 2), let month = Month.number(parts[2]), let year = number(parts[3], 4),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    let clock = parts[4].split(separator: ASCII.colon, omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = number(clock[0], 2), let minute = number(clock[1], 2),
      let second = number(clock[2], 2), hour < 24, minute < 60, second <= 60
    else { return nil }
    return Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  private static func number(_ digits: ArraySlice<UInt8>, _ width: Int) -> Int? {
    guard digits.count == width, digits.allSatisfy(\.isDigit) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}

/// English month names, as HTTP and PEMS write them.
enum Month {
  private static let names = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ].map { Array($0.utf8) }

  /// 1 to 12 for a name of three letters in any case; nil for anything else.
  static func number(_ name: ArraySlice<UInt8>) -> Int? {
    let lower = name.map { $0 | 0x20 }
    return names.firstIndex(of: lower).map { $0 + 1 }
  }
}

extension [UInt8] {
  /// Without ASCII white space at both ends.
  var trimmed: [UInt8] {
    guard let first = firstIndex(where: { !$0.isJSONSpace }), let last = lastIndex(where: { !$0.isJSONSpace }) else {
      return []
    }
    return first == 0 && last == count - 1 ? self : Array(self[first...last])
  }
}
