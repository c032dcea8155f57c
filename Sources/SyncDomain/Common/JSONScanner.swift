/// Walks over JSON text (RFC 8259) without building a tree: strict about structure, collecting flaws that concern one
/// value only.
///
/// The bytes are passed to each call, the scanner holds just its place in them. A call that throws means the text is
/// not JSON. What is JSON but can not be stored raises a flag in ``flaws`` and scanning goes on, so that one record
/// with a NUL escape or a byte that is not UTF-8 does not take the page around it with it.
package struct JSONScanner: Sendable {
  /// Objects and arrays inside each other that a value may have.
  package static let depthLimit = 64

  /// The next byte to be read.
  package var position: Int
  /// What was found since the caller last cleared it.
  package var flaws: JSONFlaws = []
  /// True right after an opening bracket: no comma is due before the next item.
  private var atStart = false

  package init(at position: Int = 0) { self.position = position }

  /// The range of one member's name between its quotes.
  package struct Key: Sendable {
    package let range: Range<Int>
    /// Whether the name holds backslashes, so that its bytes are not its text.
    package let hasEscapes: Bool
  }

  // MARK: Walking

  /// Enters an object; false, without moving past anything but white space, when the next value is not one.
  package mutating func openObject(_ bytes: Span<UInt8>) -> Bool { open(ASCII.openBrace, bytes) }

  /// Enters an array; false, without moving past anything but white space, when the next value is not one.
  package mutating func openArray(_ bytes: Span<UInt8>) -> Bool { open(ASCII.openBracket, bytes) }

  private mutating func open(_ bracket: UInt8, _ bytes: Span<UInt8>) -> Bool {
    skipSpace(bytes)
    guard position < bytes.count, bytes[position] == bracket else { return false }
    position += 1
    atStart = true
    return true
  }

  /// Moves on to the next member's value and gives its name; nil when the object ended. The caller reads the value.
  package mutating func nextKey(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Key? {
    guard try nextItem(bytes, closing: ASCII.closeBrace) else { return nil }
    guard position < bytes.count, bytes[position] == ASCII.quote else { throw JSONSyntaxError(offset: position) }
    let start = position + 1
    let hasEscapes = try skipString(bytes)
    let key = Key(range: start..<(position - 1), hasEscapes: hasEscapes)
    skipSpace(bytes)
    guard position < bytes.count, bytes[position] == ASCII.colon else { throw JSONSyntaxError(offset: position) }
    position += 1
    return key
  }

  /// Moves on to the next element; false when the array ended. The caller reads the element.
  package mutating func nextElement(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Bool {
    try nextItem(bytes, closing: ASCII.closeBracket)
  }

  private mutating func nextItem(_ bytes: Span<UInt8>, closing: UInt8) throws(JSONSyntaxError) -> Bool {
    skipSpace(bytes)
    guard position < bytes.count else { throw JSONSyntaxError(offset: position) }
    let first = atStart
    atStart = false
    if bytes[position] == closing {
      position += 1
      return false
    }
    if !first {
      guard bytes[position] == ASCII.comma else { throw JSONSyntaxError(offset: position) }
      position += 1
      skipSpace(bytes)
    }
    return true
  }

  /// Checks that only white space is left.
  package mutating func finish(_ bytes: Span<UInt8>) throws(JSONSyntaxError) {
    skipSpace(bytes)
    guard position == bytes.count else { throw JSONSyntaxError(offset: position) }
  }

  package mutating func skipSpace(_ bytes: Span<UInt8>) {
    while position < bytes.count, bytes[position].isJSONSpace { position += 1 }
  }

  // MARK: Whole values

  /// Validates one value of any kind, moves past it and gives its range without the white space around it.
  @discardableResult
  package mutating func skipValue(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Range<Int> {
    skipSpace(bytes)
    let start = position
    var nesting = Nesting()
    var scanning = true
    while scanning {
      try skipItem(bytes, &nesting)
      // A value is complete: leave every container that ends here, then go to the next item.
      scanning = false
      while let inObject = nesting.innermost {
        if inObject {
          scanning = try nextKey(bytes) != nil
        } else {
          scanning = try nextElement(bytes)
        }
        if scanning { break }
        nesting.leave()
      }
    }
    return start..<position
  }

  /// Moves past a scalar, or into a container, noted in `nesting`.
  private mutating func skipItem(_ bytes: Span<UInt8>, _ nesting: inout Nesting) throws(JSONSyntaxError) {
    skipSpace(bytes)
    guard position < bytes.count else { throw JSONSyntaxError(offset: position) }
    switch bytes[position] {
    case ASCII.quote: _ = try skipString(bytes)
    case ASCII.minus, 0x30...0x39: try skipNumber(bytes)
    case 0x74: try skipWord("true", bytes)
    case 0x66: try skipWord("false", bytes)
    case 0x6E: try skipWord("null", bytes)
    case ASCII.openBrace: enter(isObject: true, &nesting)
    case ASCII.openBracket: enter(isObject: false, &nesting)
    default: throw JSONSyntaxError(offset: position)
    }
  }

  private mutating func enter(isObject: Bool, _ nesting: inout Nesting) {
    position += 1
    atStart = true
    nesting.enter(isObject: isObject)
    if nesting.depth > JSONScanner.depthLimit { flaws.insert(.tooDeep) }
  }

  private mutating func skipWord(_ word: String, _ bytes: Span<UInt8>) throws(JSONSyntaxError) {
    for byte in word.utf8 {
      guard position < bytes.count, bytes[position] == byte else { throw JSONSyntaxError(offset: position) }
      position += 1
    }
  }

  // MARK: Strings

  /// Moves past the string at ``position`` (its opening quote); true when it holds escapes.
  package mutating func skipString(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> Bool {
    var index = position + 1
    var hasEscapes = false
    while index < bytes.count {
      let byte = bytes[index]
      if byte == ASCII.quote {
        position = index + 1
        return hasEscapes
      }
      if byte >= 0x80 {
        let length = UTF8Check.sequenceLength(bytes, at: index)
        if length == 0 { flaws.insert(.invalidUTF8) }
        index += max(1, length)
      } else if byte == ASCII.backslash {
        hasEscapes = true
        index = try skipEscape(bytes, at: index)
      } else if byte < 0x20 {
        throw JSONSyntaxError(offset: index)
      } else {
        index += 1
      }
    }
    throw JSONSyntaxError(offset: bytes.count)
  }

  private mutating func skipEscape(_ bytes: Span<UInt8>, at start: Int) throws(JSONSyntaxError) -> Int {
    guard start + 1 < bytes.count else { throw JSONSyntaxError(offset: start) }
    switch bytes[start + 1] {
    case ASCII.quote, ASCII.backslash, ASCII.slash, 0x62, 0x66, 0x6E, 0x72, 0x74: return start + 2
    case ASCII.lowerU: break
    default: throw JSONSyntaxError(offset: start)
    }
    guard let unit = JSONText.codeUnit(bytes, at: start + 2) else { throw JSONSyntaxError(offset: start) }
    switch unit {
    case 0: flaws.insert(.nulCharacter)
    case 0xD800..<0xDC00:
      if let low = JSONText.escapedUnit(bytes, at: start + 6), (0xDC00..<0xE000).contains(low) { return start + 12 }
      flaws.insert(.loneSurrogate)
    case 0xDC00..<0xE000: flaws.insert(.loneSurrogate)
    default: break
    }
    return start + 6
  }

  // MARK: Numbers

  private mutating func skipNumber(_ bytes: Span<UInt8>) throws(JSONSyntaxError) {
    let start = position
    if bytes[position] == ASCII.minus { position += 1 }
    let leading = position
    try skipDigits(bytes)
    if bytes[leading] == ASCII.zero, position > leading + 1 { throw JSONSyntaxError(offset: leading) }
    if position < bytes.count, bytes[position] == ASCII.dot {
      position += 1
      try skipDigits(bytes)
    }
    var hasExponent = false
    if position < bytes.count, bytes[position] | 0x20 == ASCII.lowerE {
      hasExponent = true
      position += 1
      if position < bytes.count, bytes[position] == ASCII.plus || bytes[position] == ASCII.minus { position += 1 }
      try skipDigits(bytes)
    }
    // No number shorter than the limits can break them without an exponent.
    guard hasExponent || position - start > JSONNumber.fractionLimit else { return }
    if !JSONNumber.isStorable(bytes.extracting(start..<position)) { flaws.insert(.numberOutOfRange) }
  }

  private mutating func skipDigits(_ bytes: Span<UInt8>) throws(JSONSyntaxError) {
    let start = position
    while position < bytes.count, bytes[position].isDigit { position += 1 }
    if position == start { throw JSONSyntaxError(offset: position) }
  }
}

/// The containers around the scanner's place: one bit each, in a word as long as that is enough.
private struct Nesting {
  private(set) var depth = 0
  private var word: UInt64 = 0
  private var deeper: [Bool] = []

  /// Whether the innermost container is an object; nil outside of all.
  @inline(__always) var innermost: Bool? {
    if depth == 0 { return nil }
    return depth <= 64 ? word & 1 == 1 : deeper.last
  }

  mutating func enter(isObject: Bool) {
    if depth < 64 { word = word << 1 | (isObject ? 1 : 0) } else { deeper.append(isObject) }
    depth += 1
  }

  mutating func leave() {
    if depth > 64 { deeper.removeLast() } else { word >>= 1 }
    depth -= 1
  }
}
