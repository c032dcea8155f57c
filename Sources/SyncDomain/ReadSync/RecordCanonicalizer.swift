/// Turns upstream records of one organization into their canonical form, or rejects them one by one.
///
/// Make one for a batch: it holds what is the same for every record. A record that is canonical already, which is
/// what our own reader publishes, is recognised in one scan and its bytes are used as they are; any other takes the
/// general path through a tree.
package struct RecordCanonicalizer: Sendable {
  /// Bytes of a pfaId: it is a key, and a B-tree takes no entry above 2.7 kB.
  package static let pfaIdLimit = 1_000

  package let organization: String
  private let conversion: FieldConversion
  private let scan: CanonicalScan

  package init(organization: String, locale: NumberLocale = .json) {
    self.organization = organization
    conversion = FieldConversion(locale: locale)
    scan = CanonicalScan(organization: organization)
  }

  // MARK: From messages

  package func canonicalize(_ record: [UInt8]) -> RecordOutcome { canonicalize(record.span) }

  /// `record` is `{pfaId, order?, discontinued?, data}` as it stands in a message. Never throws: what can not be
  /// stored is a rejection.
  package func canonicalize(_ record: ArraySlice<UInt8>) -> RecordOutcome { canonicalize(record.span) }

  /// The record of a message that is canonical already; nil says nothing against any other.
  package func recognize(_ record: [UInt8]) -> CanonicalRecord? { recognize(record.span) }

  private func canonicalize(_ bytes: Span<UInt8>) -> RecordOutcome {
    recognize(bytes).map { .accepted($0) } ?? general(bytes)
  }

  private func recognize(_ bytes: Span<UInt8>) -> CanonicalRecord? {
    guard let match = scan.match(bytes) else { return nil }
    let data = CanonicalScan.copy(bytes, match.data)
    return CanonicalRecord(
      pfaId: JSONText.decode(bytes.extracting(match.pfaId), hasEscapes: false), order: match.order,
      discontinued: match.discontinued ?? false, data: data,
      contentHash: RecordCanonicalizer.hash(bytes.extracting(match.data), excluding: match.lastModified))
  }

  private func general(_ bytes: Span<UInt8>) -> RecordOutcome {
    let record: JSONValue
    do {
      record = try JSONValue(parsing: bytes)
    } catch {
      switch error {
      case .syntax: return reject(nil, nil, IssueCode.invalidJSON, FieldIssue.text(bytes))
      case .flaw(let flaws): return .rejected(FlawFinder.issue(bytes, flaws))
      }
    }
    guard case .object = record else { return reject(nil, nil, IssueCode.invalidRecord, FieldIssue.text(record)) }
    let pfaId = (record["pfaId"]?.string).map(PfaIdentifier.normalized)
    guard case .object(let data)? = record["data"] else {
      return reject(
        pfaId, "data", IssueCode.invalidRecord, record["data"].map(FieldIssue.text) ?? FieldIssue.text(bytes))
    }
    let order: SourceOrder?
    switch record["order"] {
    case nil, .null?: order = nil
    case let value?:
      guard let block = value["block"]?.integer, let index = value["index"]?.integer else {
        return reject(pfaId, "order", IssueCode.invalidOrder, FieldIssue.text(value))
      }
      order = SourceOrder(block: block, index: index)
    }
    return build(pfaId: record["pfaId"], order: order, discontinued: record["discontinued"], data: data)
  }

  // MARK: From readers

  /// A value as a source delivers it.
  package enum SourceValue: Sendable {
    /// A grid cell, a CSV field.
    case text(String)
    /// One JSON value.
    case json([UInt8])
    case null
  }

  /// The same rules for mapped fields of a source, one of which must be `pfaId`.
  ///
  /// - Parameter discontinued: what the source says outside of its fields; nil leaves it to the field `isDiscontinued`.
  package func canonicalize(
    fields: [(key: String, value: SourceValue)], order: SourceOrder?, discontinued: Bool? = nil
  ) -> RecordOutcome {
    var members: [JSONValue.Member] = []
    members.reserveCapacity(fields.count + 2)
    for (key, source) in fields {
      if key.utf8.contains(0) {
        let name = key.replacing("\0", with: "\u{FFFD}")
        return reject(RecordCanonicalizer.pfaId(fields), name, IssueCode.nulCharacter, name)
      }
      switch source {
      case .null: members.append(.init(key, .null))
      case .text(let text):
        if text.utf8.contains(0) { return reject(RecordCanonicalizer.pfaId(fields), key, IssueCode.nulCharacter, text) }
        members.append(.init(key, .string(text)))
      case .json(let bytes):
        do {
          members.append(.init(key, try JSONValue(parsing: bytes)))
        } catch {
          let code: String? = if case .flaw(let flaws) = error { flaws.code } else { nil }
          return reject(
            RecordCanonicalizer.pfaId(fields), key, code ?? IssueCode.invalidJSON, FieldIssue.text(bytes.span))
        }
      }
    }
    let pfaId = members.last { $0.key == "pfaId" }?.value
    return build(pfaId: pfaId, order: order, discontinued: discontinued.map(JSONValue.bool), data: members)
  }

  private static func pfaId(_ fields: [(key: String, value: SourceValue)]) -> String? {
    switch fields.last(where: { $0.key == "pfaId" })?.value {
    case .text(let text)?: PfaIdentifier.normalized(text)
    case .json(let bytes)?: (try? JSONValue(parsing: bytes))?.string.map(PfaIdentifier.normalized)
    case .null?, nil: nil
    }
  }

  // MARK: The general path

  private func build(
    pfaId idValue: JSONValue?, order: SourceOrder?, discontinued: JSONValue?, data: [JSONValue.Member]
  ) -> RecordOutcome {
    guard let id = idValue?.string, !FieldConversion.isBlank(id) else {
      // A value that is none: what else came, because nothing but that tells which record it was.
      let told = idValue.flatMap { $0.isNull || $0.string != nil ? nil : $0 } ?? .object(data)
      return reject(nil, "pfaId", IssueCode.missingPfaId, FieldIssue.text(told))
    }
    let pfaId = PfaIdentifier.normalized(id)
    guard pfaId.utf8.count <= RecordCanonicalizer.pfaIdLimit else {
      return reject(nil, "pfaId", IssueCode.invalidPfaId, pfaId)
    }
    var issues: [FieldIssue] = []
    var members = data
    if let flagged = flag(discontinued, pfaId, &issues) { members.append(.init("isDiscontinued", .bool(flagged))) }
    if let rejection = checkOrganization(members, pfaId) { return .rejected(rejection) }
    members.append(.init("organization", .string(organization)))
    members.append(.init("pfaId", .string(pfaId)))

    members = JSONValue.sorted(members)
    var isDiscontinued = false
    for index in members.indices {
      let member = members[index]
      guard let field = FieldTable.field(member.key) else { continue }
      switch conversion.convert(member.value, to: field.kind) {
      case .value(let value): members[index].value = value
      case .issue(let value, let code):
        members[index].value = value
        issues.append(FieldIssue(pfaId: pfaId, field: field.key, code: code, raw: FieldIssue.text(member.value)))
      case .reject(let code): return reject(pfaId, field.key, code, FieldIssue.text(member.value))
      }
      if field.key == "isDiscontinued", case .bool(true) = members[index].value { isDiscontinued = true }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024)
    JSONValue.appendObject(sorted: members, to: &bytes)
    return .accepted(
      CanonicalRecord(
        pfaId: pfaId, order: order, discontinued: isDiscontinued, data: bytes,
        contentHash: RecordCanonicalizer.contentHash(of: bytes), issues: issues))
  }

  /// The record's own flag; nil when it says nothing that can be read, which leaves the field in `data` as it is.
  private func flag(_ value: JSONValue?, _ pfaId: String, _ issues: inout [FieldIssue]) -> Bool? {
    guard let value, !value.isNull else { return nil }
    if let text = value.string, FieldConversion.isBlank(text) { return nil }
    if let flag = FieldConversion.flag(value) { return flag }
    issues.append(
      FieldIssue(
        pfaId: pfaId, field: "discontinued", code: IssueCode.invalidBoolean, raw: FieldIssue.text(value)))
    return nil
  }

  /// A record of another organization never gets in, however it came here (R17).
  private func checkOrganization(_ members: [JSONValue.Member], _ pfaId: String) -> FieldIssue? {
    guard let value = members.last(where: { $0.key == "organization" })?.value, !value.isNull else { return nil }
    let named = FieldIssue.text(value)
    if named.utf8.elementsEqual(organization.utf8) { return nil }
    return FieldIssue(pfaId: pfaId, field: "organization", code: IssueCode.organizationMismatch, raw: named)
  }

  private func reject(_ pfaId: String?, _ field: String?, _ code: String, _ raw: String?) -> RecordOutcome {
    .rejected(FieldIssue(pfaId: pfaId, field: field, code: code, raw: raw))
  }

  // MARK: The content hash

  /// XXH64 of canonical data without its `lastModified` member: PEMS moves that stamp when nothing else changed, and
  /// a record that only looks touched must not raise a version. It stays in the data.
  package static func contentHash(of data: [UInt8]) -> Int64 {
    let bytes = data.span
    var scanner = JSONScanner()
    var gap = 0..<0
    if scanner.openObject(bytes) {
      while let key = try? scanner.nextKey(bytes), (try? scanner.skipValue(bytes)) != nil {
        if JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes) == "lastModified" {
          // With the comma after it: `organization` always follows.
          gap = (key.range.lowerBound - 1)..<min(scanner.position + 1, bytes.count)
          break
        }
      }
    }
    return hash(bytes, excluding: gap)
  }

  static func hash(_ bytes: Span<UInt8>, excluding gap: Range<Int>) -> Int64 {
    Int64(bitPattern: XXH64.hash(bytes, excluding: gap))
  }
}
