/// JSON number literals as decimal text: what Postgres' numeric takes, and one spelling for one value.
package enum JSONNumber {
  /// Digits before and after the decimal point that numeric can hold.
  static let integerLimit = 131_072
  static let fractionLimit = 16_383

  /// The parts of a literal of valid grammar: sign, digits without the point, how many of them stand after it.
  private struct Parts {
    var negative = false
    var digits: [UInt8] = []
    /// Digits after the decimal point once the exponent is applied; negative when zeros are to be appended.
    var scale = 0
  }

  /// Whether Postgres' numeric can hold the literal. The grammar must have been checked.
  static func isStorable(_ literal: Span<UInt8>) -> Bool {
    let parts = split(literal)
    guard parts.scale <= fractionLimit else { return false }
    guard let first = parts.digits.firstIndex(where: { $0 != ASCII.zero }) else { return true }
    return parts.digits.count - first - parts.scale <= integerLimit
  }

  /// The only spelling of the literal's value: no exponent, no trailing zeros after the point, no plus, no minus
  /// zero. A value with more than `limit` digits comes back as it was written.
  package static func canonical(_ literal: String, limit: Int = 64) -> String {
    let bytes = Array(literal.utf8)
    if isCanonical(bytes.span) { return literal }
    let parts = split(bytes.span)
    guard let first = parts.digits.firstIndex(where: { $0 != ASCII.zero }) else { return "0" }
    guard parts.digits.count - first + abs(parts.scale) <= limit else { return literal }
    var digits = Array(parts.digits[first...])
    var scale = parts.scale
    while scale > 0, digits.last == ASCII.zero {
      digits.removeLast()
      scale -= 1
    }
    if scale < 0 { digits += Array(repeating: ASCII.zero, count: -scale) }
    var out: [UInt8] = parts.negative ? [ASCII.minus] : []
    if scale > 0 {
      let padding = max(0, scale + 1 - digits.count)
      digits = Array(repeating: ASCII.zero, count: padding) + digits
      out += digits[..<(digits.count - scale)]
      out.append(ASCII.dot)
      out += digits[(digits.count - scale)...]
    } else {
      out += digits
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Whether the literal is already in the spelling of ``canonical(_:limit:)``; also false for what is no number.
  static func isCanonical(_ literal: Span<UInt8>) -> Bool {
    canonicalEnd(literal, at: 0) == literal.count
  }

  /// The end of the canonical number that starts at `start`; nil when there is none or its spelling is another.
  @inline(__always)
  static func canonicalEnd(_ bytes: Span<UInt8>, at start: Int) -> Int? {
    var index = start
    let negative = index < bytes.count && bytes[index] == ASCII.minus
    if negative { index += 1 }
    let leading = index
    while index < bytes.count, bytes[index].isDigit { index += 1 }
    guard index > leading else { return nil }
    let isZero = bytes[leading] == ASCII.zero
    if isZero, index > leading + 1 { return nil }
    guard index < bytes.count else { return isZero && negative ? nil : index }
    if bytes[index] == ASCII.dot {
      index += 1
      let fraction = index
      while index < bytes.count, bytes[index].isDigit { index += 1 }
      guard index > fraction, bytes[index - 1] != ASCII.zero else { return nil }
    } else if isZero, negative {
      return nil
    }
    if index < bytes.count, bytes[index] | 0x20 == ASCII.lowerE { return nil }
    return index
  }

  private static func split(_ literal: Span<UInt8>) -> Parts {
    var parts = Parts()
    var index = 0
    var seenPoint = false
    while index < literal.count, literal[index] | 0x20 != ASCII.lowerE {
      switch literal[index] {
      case ASCII.minus: parts.negative = true
      case ASCII.dot: seenPoint = true
      case let byte where byte.isDigit:
        parts.digits.append(byte)
        if seenPoint { parts.scale += 1 }
      default: break
      }
      index += 1
    }
    parts.scale -= exponent(literal, at: index + 1)
    return parts
  }

  /// The exponent whose sign or first digit is at `start`; 0 when there is none. Far beyond the limits it stops
  /// growing.
  private static func exponent(_ literal: Span<UInt8>, at start: Int) -> Int {
    var index = start
    var value = 0
    while index < literal.count {
      if literal[index].isDigit, value < 1_000_000_000 { value = value * 10 + Int(literal[index] - ASCII.zero) }
      index += 1
    }
    return start < literal.count && literal[start] == ASCII.minus ? -value : value
  }
}
