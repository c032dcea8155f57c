/// Appends canonical JSON piece by piece, for generated records.
struct RecordWriter {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(768) }

  /// Text that is JSON, or the inside of a string that needs no escapes.
  mutating func raw(_ text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ piece: [UInt8]) { bytes += piece }

  /// A member whose string needs no escapes; `head` ends at the colon.
  mutating func text(_ head: String, _ value: String) {
    raw(head)
    bytes.append(ASCII.quote)
    raw(value)
    bytes.append(ASCII.quote)
  }

  mutating func flag(_ head: String, _ value: Bool) {
    raw(head)
    raw(value ? "true" : "false")
  }

  /// Days since 1970; nil writes null.
  mutating func date(_ days: Int?) {
    guard let days, let date = CivilDate(daysSinceEpoch: days) else { return raw("null") }
    bytes.append(ASCII.quote)
    civil(date)
    bytes.append(ASCII.quote)
  }

  /// Epoch milliseconds as RFC 3339 in UTC, whole seconds.
  mutating func timestamp(_ milliseconds: Int64) {
    guard let date = CivilDate(epochMilliseconds: milliseconds) else { return raw("null") }
    let second = Int(milliseconds / 1000) - date.daysSinceEpoch * 86_400
    bytes.append(ASCII.quote)
    civil(date)
    raw("T")
    padded(second / 3600, width: 2)
    raw(":")
    padded(second / 60 % 60, width: 2)
    raw(":")
    padded(second % 60, width: 2)
    raw("Z\"")
  }

  /// Cents as a number without trailing zeros; nil writes null.
  mutating func money(_ cents: Int?) {
    guard let cents else { return raw("null") }
    padded(cents / 100, width: 1)
    let rest = cents % 100
    guard rest > 0 else { return }
    bytes.append(ASCII.dot)
    bytes.append(ASCII.zero + UInt8(rest / 10))
    if rest % 10 > 0 { bytes.append(ASCII.zero + UInt8(rest % 10)) }
  }

  /// A number of 0 or more with leading zeros up to `width` digits.
  mutating func padded(_ value: Int, width: Int) {
    var divisor = 1
    var digits = 1
    while digits < width || value / divisor >= 10 {
      divisor *= 10
      digits += 1
    }
    while divisor > 0 {
      bytes.append(ASCII.zero + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }

  private mutating func civil(_ date: CivilDate) {
    padded(date.year, width: 4)
    bytes.append(ASCII.minus)
    padded(date.month, width: 2)
    bytes.append(ASCII.minus)
    padded(date.day, width: 2)
  }
}
