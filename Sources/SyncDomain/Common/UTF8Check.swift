/// Decides whether bytes outside ASCII are UTF-8 (Unicode table 3-7: no overlong forms, no surrogates, nothing above
/// U+10FFFF).
enum UTF8Check {
  /// The number of bytes of the sequence that starts at `index` with a byte of 0x80 or more; 0 when it is not UTF-8.
  static func sequenceLength(_ bytes: Span<UInt8>, at index: Int) -> Int {
    let lead = bytes[index]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return 0 }
    for next in (index + 2)..<(index + max(length, 2)) where bytes[next] & 0xC0 != 0x80 { return 0 }
    return length
  }
}
