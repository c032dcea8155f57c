/// The members of a message's payload, found in one scan; values are read when they are asked for.
struct Payload {
  private let bytes: [UInt8]
  /// Where each member's value stands; the last of equal names counts.
  private(set) var ranges: [String: Range<Int>] = [:]
  /// Where the elements of each list stand.
  private(set) var elements: [String: [Range<Int>]] = [:]

  /// - Parameter lists: members whose elements are wanted; when one is there and not null it must be a list.
  ///
  /// Throws INVALID_JSON or INVALID_MESSAGE. What a member's value holds is not judged here, its extent is all that
  /// matters.
  init(_ bytes: [UInt8], lists: Set<String>) throws(MessageFault) {
    self.bytes = bytes
    let isObject: Bool
    do throws(JSONSyntaxError) {
      isObject = try scan(lists)
    } catch {
      throw .json(error)
    }
    guard isObject else { throw .message("the payload is not an object") }
    for list in lists where elements[list] == nil && value(list) != nil { throw .message("\(list) is not a list") }
  }

  private mutating func scan(_ lists: Set<String>) throws(JSONSyntaxError) -> Bool {
    let bytes = self.bytes
    let span = bytes.span
    // A byte order mark is no part of the text (R16).
    let hasMark = span.count >= 3 && span[0] == 0xEF && span[1] == 0xBB && span[2] == 0xBF
    var scanner = JSONScanner(at: hasMark ? 3 : 0)
    guard scanner.openObject(span) else {
      try scanner.skipValue(span)
      try scanner.finish(span)
      return false
    }
    while let key = try scanner.nextKey(span) {
      let name = JSONText.decode(span.extracting(key.range), hasEscapes: key.hasEscapes)
      scanner.skipSpace(span)
      let start = scanner.position
      elements[name] = nil
      if lists.contains(name), scanner.openArray(span) {
        var found: [Range<Int>] = []
        while try scanner.nextElement(span) { found.append(try scanner.skipValue(span)) }
        elements[name] = found
      } else {
        try scanner.skipValue(span)
      }
      ranges[name] = start..<scanner.position
    }
    try scanner.finish(span)
    return true
  }

  // MARK: Values

  /// The member's value; nil when it is absent, null, or holds what can not be read.
  private func value(_ name: String) -> JSONValue? {
    guard let range = ranges[name], let value = try? JSONValue(parsing: bytes.span.extracting(range)), !value.isNull
    else { return nil }
    return value
  }

  func text(_ name: String) throws(MessageFault) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string else { throw .message("\(name) is not a string") }
    return text
  }

  /// A text of at most `limit` bytes.
  func text(_ name: String, atMost limit: Int) throws(MessageFault) -> String? {
    guard let text = try text(name) else { return nil }
    guard text.utf8.count <= limit else { throw .message("\(name) is longer than \(limit) bytes") }
    return text
  }

  func requiredText(_ name: String) throws(MessageFault) -> String {
    guard let text = try text(name), !text.isEmpty else { throw .message("\(name) is missing") }
    return text
  }

  /// The texts of a list; none when it is absent.
  func texts(_ name: String) throws(MessageFault) -> [String] {
    var texts: [String] = []
    for range in elements[name] ?? [] {
      guard let text = (try? JSONValue(parsing: bytes.span.extracting(range)))?.string else {
        throw .message("\(name) holds something that is not a string")
      }
      texts.append(text)
    }
    return texts
  }

  func integer(_ name: String) throws(MessageFault) -> Int? {
    guard let value = value(name) else { return nil }
    guard let integer = value.integer else { throw .message("\(name) is not an integer") }
    return Int(integer)
  }

  func positiveInteger(_ name: String) throws(MessageFault) -> Int? {
    guard let integer = try integer(name) else { return nil }
    guard integer > 0 else { throw .message("\(name) is not positive") }
    return integer
  }

  func boolean(_ name: String) throws(MessageFault) -> Bool? {
    guard let value = value(name) else { return nil }
    guard case .bool(let flag) = value else { throw .message("\(name) is not true or false") }
    return flag
  }

  func issues(_ name: String) throws(MessageFault) -> [FieldIssue] {
    var issues: [FieldIssue] = []
    for range in elements[name] ?? [] {
      guard let value = try? JSONValue(parsing: bytes.span.extracting(range)), let issue = FieldIssue(json: value)
      else { throw .message("\(name) holds something without a code") }
      issues.append(issue)
    }
    return issues
  }

  /// The organization of the header or of the payload; both must agree when both are there.
  func organization(header: String?, member: String = "organization") throws(MessageFault) -> String {
    let named = try text(member)
    guard let organization = named ?? header, !organization.isEmpty else { throw .message("\(member) is missing") }
    if let header, !header.utf8.elementsEqual(organization.utf8) {
      throw MessageFault(
        code: IssueCode.organizationMismatch, reason: "ce_organization and the payload name different organizations")
    }
    return organization
  }
}

extension CloudEvent {
  /// The organization that an event names which can not be applied; nil when it names none, or two.
  package var namedOrganization: String? {
    guard let payload = try? Payload(data, lists: []) else { return organization }
    let texts = ["organization", "organization_id"].compactMap { try? payload.text($0) }
    let named = Set(texts + (organization.map { [$0] } ?? []))
    return named.count == 1 ? named.first : nil
  }
}
