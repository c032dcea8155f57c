import Runtime

/// Checks JSON text (RFC 8259) and takes the white space between its tokens out, so that it can stand inside other
/// JSON, on one line.
struct JSONText {
  /// Deeper nesting than this counts as not JSON; it would only be an attack on somebody's stack.
  private static let deepest = 512

  /// The text without white space, with characters that could drive a terminal escaped; nil when it is not one JSON
  /// value.
  static func compact(_ text: String) -> String? {
    var scanner = JSONText(Array(text.utf8))
    scanner.skipSpace()
    guard scanner.value(depth: 0) else { return nil }
    scanner.skipSpace()
    guard scanner.index == scanner.bytes.count else { return nil }
    let compacted = String(decoding: scanner.out, as: UTF8.self)
    // Outside strings JSON has only printable characters, so escaping the rest changes strings only.
    return compacted.unicodeScalars.contains(where: isUnprintable) ? escaped(compacted) : compacted
  }

  /// True for the text of one JSON number and nothing else.
  static func isNumber(_ text: String) -> Bool {
    var scanner = JSONText(Array(text.utf8))
    return scanner.number() && scanner.index == scanner.bytes.count
  }

  private let bytes: [UInt8]
  private var index = 0
  private var out: [UInt8] = []

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      guard isUnprintable(scalar) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      result += printableJSONString(String(scalar)).dropFirst().dropLast()
    }
    return result
  }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func take(_ expected: Character) -> Bool {
    guard let byte, byte == expected.asciiValue else { return false }
    out.append(byte)
    index += 1
    return true
  }

  private mutating func value(depth: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "{"): depth < JSONText.deepest && members("{", "}", depth: depth) { $0.member(depth: depth + 1) }
    case UInt8(ascii: "["): depth < JSONText.deepest && members("[", "]", depth: depth) { $0.value(depth: depth + 1) }
    case UInt8(ascii: "\""): string()
    case UInt8(ascii: "t"): word("true")
    case UInt8(ascii: "f"): word("false")
    case UInt8(ascii: "n"): word("null")
    default: number()
    }
  }

  private mutating func members(
    _ open: Character, _ close: Character, depth: Int, _ element: (inout JSONText) -> Bool
  ) -> Bool {
    guard take(open) else { return false }
    skipSpace()
    if take(close) { return true }
    while true {
      skipSpace()
      guard element(&self) else { return false }
      skipSpace()
      if take(close) { return true }
      guard take(",") else { return false }
    }
  }

  private mutating func member(depth: Int) -> Bool {
    guard string() else { return false }
    skipSpace()
    guard take(":") else { return false }
    skipSpace()
    return value(depth: depth)
  }

  private mutating func word(_ expected: String) -> Bool { expected.allSatisfy { take($0) } }

  private mutating func string() -> Bool {
    guard take("\"") else { return false }
    while let byte {
      index += 1
      out.append(byte)
      switch byte {
      case UInt8(ascii: "\""): return true
      case UInt8(ascii: "\\"):
        guard escape() else { return false }
      case 0..<0x20: return false
      default: break
      }
    }
    return false
  }

  private mutating func escape() -> Bool {
    guard let byte else { return false }
    index += 1
    out.append(byte)
    if byte == UInt8(ascii: "u") {
      for _ in 0..<4 {
        guard let digit = self.byte, Character(Unicode.Scalar(digit)).isHexDigit else { return false }
        index += 1
        out.append(digit)
      }
      return true
    }
    return "\"\\/bfnrt".utf8.contains(byte)
  }

  private mutating func number() -> Bool {
    _ = take("-")
    if !take("0") {
      guard digits() else { return false }
    }
    if take("."), !digits() { return false }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      return digits()
    }
    return true
  }

  /// One digit or more.
  private mutating func digits() -> Bool {
    let start = index
    while let byte, (0x30...0x39).contains(byte) {
      out.append(byte)
      index += 1
    }
    return index > start
  }
}
