/// Reads and writes the inside of JSON string literals.
package enum JSONText {
  /// The text between the quotes of a literal that the scanner found free of flaws; bytes that are not UTF-8 become
  /// U+FFFD.
  package static func decode(_ bytes: Span<UInt8>, hasEscapes: Bool) -> String {
    if !hasEscapes, let text = try? UTF8Span(validating: bytes) { return String(copying: text) }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == ASCII.backslash, index + 1 < bytes.count else {
        out.append(bytes[index])
        index += 1
        continue
      }
      index += 2
      switch bytes[index - 1] {
      case 0x62: out.append(0x08)
      case 0x66: out.append(0x0C)
      case 0x6E: out.append(ASCII.newline)
      case 0x72: out.append(ASCII.carriageReturn)
      case 0x74: out.append(ASCII.tab)
      case ASCII.lowerU:
        let (scalar, length) = escapedScalar(bytes, at: index - 2)
        out.append(contentsOf: String(Character(scalar)).utf8)
        index += length - 2
      case let byte: out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The text of the string literal at `range`, quotes included.
  package static func literal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    let inside = (range.lowerBound + 1)..<(range.upperBound - 1)
    var hasEscapes = false
    for index in inside where bytes[index] == ASCII.backslash { hasEscapes = true }
    return decode(bytes.extracting(inside), hasEscapes: hasEscapes)
  }

  /// The four hexadecimal digits at `index`; nil when they are not.
  static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
    guard index + 4 <= bytes.count else { return nil }
    var unit: UInt32 = 0
    for offset in index..<(index + 4) {
      guard let digit = bytes[offset].hexValue else { return nil }
      unit = unit << 4 | digit
    }
    return unit
  }

  /// The code unit of the `\uXXXX` at `index`; nil when something else stands there.
  static func escapedUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
    guard index + 6 <= bytes.count, bytes[index] == ASCII.backslash, bytes[index + 1] == ASCII.lowerU else {
      return nil
    }
    return codeUnit(bytes, at: index + 2)
  }

  /// The scalar of the `\uXXXX` (or pair of them) at `index` and how many bytes it takes.
  private static func escapedScalar(_ bytes: Span<UInt8>, at index: Int) -> (Unicode.Scalar, Int) {
    guard let high = escapedUnit(bytes, at: index) else { return ("\u{FFFD}", 2) }
    if (0xD800..<0xDC00).contains(high), let low = escapedUnit(bytes, at: index + 6), (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    {
      return (scalar, 12)
    }
    return (Unicode.Scalar(high) ?? "\u{FFFD}", 6)
  }

  /// Appends `text` as a literal with its quotes, escaping only what must be (short forms first, else `\u00xx`).
  package static func append(_ text: String, to out: inout [UInt8]) {
    out.append(ASCII.quote)
    for byte in text.utf8 {
      if byte >= 0x20, byte != ASCII.quote, byte != ASCII.backslash {
        out.append(byte)
      } else {
        appendEscaped(byte, to: &out)
      }
    }
    out.append(ASCII.quote)
  }

  private static func appendEscaped(_ byte: UInt8, to out: inout [UInt8]) {
    out.append(ASCII.backslash)
    switch byte {
    case ASCII.quote, ASCII.backslash: out.append(byte)
    case 0x08: out.append(0x62)
    case 0x0C: out.append(0x66)
    case ASCII.newline: out.append(0x6E)
    case ASCII.carriageReturn: out.append(0x72)
    case ASCII.tab: out.append(0x74)
    default:
      out += [ASCII.lowerU, ASCII.zero, ASCII.zero]
      for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? ASCII.zero + digit : 0x57 + digit) }
    }
  }
}
