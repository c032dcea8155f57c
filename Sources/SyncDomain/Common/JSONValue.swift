/// A JSON value as a tree: members keep their order, numbers their text. For what is not hot.
package indirect enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// The literal as it was written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// One member of an object.
  package struct Member: Sendable {
    package var key: String
    package var value: JSONValue

    package init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// Why bytes did not become a value.
  package enum ParseError: Error, Hashable, Sendable {
    case syntax(JSONSyntaxError)
    case flaw(JSONFlaws)
  }

  /// Parses one value with nothing but white space around it.
  package init(parsing bytes: [UInt8]) throws(ParseError) { try self.init(parsing: bytes.span) }

  package init(parsing bytes: Span<UInt8>) throws(ParseError) {
    var scanner = JSONScanner()
    do {
      // First the whole text, so that the recursion below is bounded by the depth limit.
      try scanner.skipValue(bytes)
      try scanner.finish(bytes)
    } catch {
      throw .syntax(error)
    }
    guard scanner.flaws.isEmpty else { throw .flaw(scanner.flaws) }
    do {
      scanner = JSONScanner()
      self = try JSONValue.read(bytes, &scanner)
    } catch {
      throw .syntax(error)
    }
  }

  /// Reads the value at the scanner's place. Recursive: the text must have passed the depth limit.
  static func read(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONSyntaxError) -> JSONValue {
    scanner.skipSpace(bytes)
    guard scanner.position < bytes.count else { throw JSONSyntaxError(offset: scanner.position) }
    let start = scanner.position
    switch bytes[start] {
    case ASCII.quote:
      let hasEscapes = try scanner.skipString(bytes)
      return .string(JSONText.decode(bytes.extracting((start + 1)..<(scanner.position - 1)), hasEscapes: hasEscapes))
    case ASCII.openBrace:
      _ = scanner.openObject(bytes)
      var members: [Member] = []
      while let key = try scanner.nextKey(bytes) {
        let name = JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes)
        members.append(Member(name, try read(bytes, &scanner)))
      }
      return .object(members)
    case ASCII.openBracket:
      _ = scanner.openArray(bytes)
      var elements: [JSONValue] = []
      while try scanner.nextElement(bytes) { elements.append(try read(bytes, &scanner)) }
      return .array(elements)
    default:
      let range = try scanner.skipValue(bytes)
      switch bytes[range.lowerBound] {
      case 0x74: return .bool(true)
      case 0x66: return .bool(false)
      case 0x6E: return .null
      default: return .number(JSONText.decode(bytes.extracting(range), hasEscapes: false))
      }
    }
  }

  /// The value of the last member with this name; nil when there is none or this is no object.
  package subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text of a string; nil for another kind.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// An integer number; nil for another kind, a fraction, or more than 64 bits.
  package var integer: Int64? {
    if case .number(let literal) = self { Int64(literal) } else { nil }
  }

  package var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// Canonical JSON: members sorted by the bytes of their names, the last of equal names only, no white space,
  /// minimal escapes, one spelling for one number.
  package func canonical() -> [UInt8] {
    var out: [UInt8] = []
    appendCanonical(to: &out)
    return out
  }

  package func appendCanonical(to out: inout [UInt8]) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .number(let literal): out += JSONNumber.canonical(literal).utf8
    case .string(let text): JSONText.append(text, to: &out)
    case .array(let elements):
      out.append(ASCII.openBracket)
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(ASCII.comma) }
        element.appendCanonical(to: &out)
      }
      out.append(ASCII.closeBracket)
    case .object(let members): JSONValue.appendObject(sorted: JSONValue.sorted(members), to: &out)
    }
  }

  /// An object whose members are sorted and single already.
  static func appendObject(sorted members: [Member], to out: inout [UInt8]) {
    out.append(ASCII.openBrace)
    for (index, member) in members.enumerated() {
      if index > 0 { out.append(ASCII.comma) }
      JSONText.append(member.key, to: &out)
      out.append(ASCII.colon)
      member.value.appendCanonical(to: &out)
    }
    out.append(ASCII.closeBrace)
  }

  /// Members by the bytes of their names; of equal names the last one stays. Swift's own String order would follow
  /// Unicode equivalence.
  static func sorted(_ members: [Member]) -> [Member] {
    let order = members.indices.sorted { left, right in
      let (first, second) = (members[left].key.utf8, members[right].key.utf8)
      if first.elementsEqual(second) { return left < right }
      return first.lexicographicallyPrecedes(second)
    }
    var result: [Member] = []
    result.reserveCapacity(members.count)
    for index in order {
      if let last = result.last, last.key.utf8.elementsEqual(members[index].key.utf8) { result.removeLast() }
      result.append(members[index])
    }
    return result
  }
}
