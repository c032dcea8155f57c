/// The instant a record was last modified, in the spellings of domain.md section 1; what has no zone is UTC.
package enum InstantSpelling {
  /// Epoch milliseconds; nil for another spelling.
  package static func milliseconds(_ value: JSONValue) -> Int64? {
    // What names no day names no instant.
    guard DateSpelling.date(value) != nil else { return nil }
    return switch value {
    case .number: value.integer
    case .string(let text): milliseconds(text)
    case .object: value["YEAR"].flatMap(milliseconds)
    default: nil
    }
  }

  package static func milliseconds(_ text: String) -> Int64? {
    guard let date = DateSpelling.date(text) else { return nil }
    let bytes = Array(text.utf8).trimmed
    if let number = Int64(String(decoding: bytes, as: UTF8.self)) { return number }
    let midnight = Int64(date.daysSinceEpoch) * 86_400_000
    guard let colon = bytes.firstIndex(of: 0x3A), colon >= 2 else { return midnight }
    // DateSpelling has checked the grammar: HH:mm[:ss[.fraction]][zone] stands around the first colon.
    var rest = bytes[(colon - 2)...]
    func number(_ count: Int) -> Int64 {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reduce(0) { $0 * 10 + Int64($1 &- 0x30) }
    }
    var time = number(2) * 3_600_000
    rest = rest.dropFirst()
    time += number(2) * 60_000
    if rest.first == 0x3A {
      rest = rest.dropFirst()
      time += number(2) * 1_000
      if rest.first == 0x2E || rest.first == 0x2C {
        let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(1 + digits.count)
        time += (Array(digits.prefix(3)) + Array(repeating: 0x30, count: max(0, 3 - digits.count)))
          .reduce(0) { $0 * 10 + Int64($1 - 0x30) }
      }
    }
    guard let sign = rest.first, sign == 0x2B || sign == 0x2D else { return midnight + time }
    let zone = rest.dropFirst().filter { $0 != 0x3A }.map { Int64($0 - 0x30) }
    let minutes = (zone[0] * 10 + zone[1]) * 60 + (zone.count == 4 ? zone[2] * 10 + zone[3] : 0)
    return midnight + time - (sign == 0x2B ? 1 : -1) * minutes * 60_000
  }

  /// `2025-01-31T09:30:00.250Z`; whole seconds without a fraction.
  package static func text(_ milliseconds: Int64) -> String {
    let days = milliseconds >= 0 ? milliseconds / 86_400_000 : (milliseconds - 86_399_999) / 86_400_000
    let rest = Int(milliseconds - days * 86_400_000)
    guard let date = CivilDate(daysSinceEpoch: Int(days)) else { return String(milliseconds) }
    func pad(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let fraction = rest % 1_000 == 0 ? "" : "." + pad(rest % 1_000, 3)
    return "\(date.text)T\(pad(rest / 3_600_000, 2)):\(pad(rest / 60_000 % 60, 2)):\(pad(rest / 1_000 % 60, 2))"
      + fraction + "Z"
  }
}
