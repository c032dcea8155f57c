import SyncDomain

/// Turns the rows of one page into canonical records: names by the definition's map, order, organization check, drift.
struct RowMapper {
  /// What a source's name stands for.
  private enum Target {
    case field(String)
    case recordId
    case order
    case discontinued
  }

  private let canonicalizer: RecordCanonicalizer
  private let recordIdField: String
  private let map: [String: String]
  /// Names met before, with what they stand for.
  private var targets: [String: Target] = [:]
  private var seenKeys: Set<String> = []
  private var unknown: Set<String> = []
  /// A record in our own form came, which names its fields as we do.
  private var sawOwnForm = false
  private var rows = 0
  /// The update counter of the last row added; nil when it has none.
  private(set) var recordId: Int64?

  init(_ definition: SourceDefinition, organization: String) {
    canonicalizer = RecordCanonicalizer(organization: organization, locale: definition.locale)
    recordIdField = definition.readFields.recordId.lowercased()
    // PEMS writes the names in either case.
    map = Dictionary(definition.fields.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Adds a row to `page.records` or `page.rejected`. The result is its place in the sort order; nil when it does not
  /// tell.
  mutating func add(_ fields: [SourceField], into page: inout SourcePage) -> GridCursor.Key? {
    rows += 1
    var mapped: [SourceField] = []
    mapped.reserveCapacity(fields.count)
    var modified: Int64?
    recordId = nil
    var order: SourceOrder?
    var discontinued: Bool?
    var pfaId: String?
    for (name, value) in fields {
      switch target(name) {
      case .recordId: recordId = RowMapper.integer(value)
      case .order: order = RowMapper.order(value)
      case .discontinued:
        if case .json(let bytes) = value { discontinued = String(decoding: bytes, as: UTF8.self) == "true" }
      case .field(let key):
        var value = value
        if key == "lastModified", let instant = RowMapper.instant(value) {
          modified = instant
          value = .text(InstantSpelling.text(instant))
        }
        if key == "pfaId", case .text(let text) = value { pfaId = text }
        mapped.append((key, value))
      }
    }
    if let modified, order == nil { order = SourceOrder(block: modified, index: recordId ?? 0) }
    take(canonicalizer.canonicalize(fields: mapped, order: order, discontinued: discontinued), into: &page)
    guard let modified, let pfaId else { return nil }
    return GridCursor.Key(lastModified: modified, pfaId: pfaId)
  }

  /// Adds a JSON record: in the form of our messages, `{pfaId, order, data}`, or with its fields side by side.
  mutating func add(json bytes: ArraySlice<UInt8>, into page: inout SourcePage) {
    let copy = Array(bytes)
    if let record = canonicalizer.recognize(copy) {
      // Written by ourselves: nothing about its fields is left to find out.
      rows += 1
      sawOwnForm = true
      take(.accepted(record), into: &page)
      return
    }
    let fields: [SourceField]?
    do throws(JSONSyntaxError) {
      var scanner = JSONScanner()
      try scanner.skipValue(copy.span)
      try scanner.finish(copy.span)
      fields = try GridRow.fields(copy.span, at: 0, columns: [:])
    } catch {
      fields = nil
    }
    let isMessage = fields?.contains { field in
      guard field.key == "data", case .json(let bytes) = field.value else { return false }
      return bytes.first == 0x7B
    }
    if let fields, isMessage == false {
      _ = add(fields, into: &page)
    } else {
      rows += 1
      // A record in our own form names its fields as we do; one that is no object is rejected there.
      sawOwnForm = true
      take(canonicalizer.canonicalize(copy), into: &page)
    }
  }

  /// Checks the page as a whole: throws SCHEMA_DRIFT when a critical field is in no row (R14), notes unknown fields
  /// (R13).
  func finish(_ page: inout SourcePage, _ definition: SourceDefinition) throws(SourceError) {
    page.drift = unknown.sorted().map(FieldDrift.init)
    guard rows > 0 else { return }
    let seen = sawOwnForm ? seenKeys.union(FieldTable.fields.map(\.key)) : seenKeys
    let gone = definition.criticalFields.subtracting(seen).sorted()
    guard gone.isEmpty else {
      let names = gone.map { key in definition.name(of: key).map { "\($0) (\(key))" } ?? key }
      let news = unknown.isEmpty ? "" : "; new fields: \(unknown.sorted().joined(separator: ", "))"
      throw SourceError(
        .schemaDrift, "\(definition.name): critical fields are gone: \(names.joined(separator: ", "))\(news)",
        hint: "nothing of this page was applied; correct fields: of the source if they were renamed")
    }
  }

  private func take(_ outcome: RecordOutcome, into page: inout SourcePage) {
    switch outcome {
    case .accepted(let record):
      page.records.append(record)
      page.issues += record.issues
    case .rejected(let issue): page.rejected.append(issue)
    }
  }

  private mutating func target(_ name: String) -> Target {
    if let known = targets[name] { return known }
    let target: Target
    let lower = name.lowercased()
    if let key = map[lower] {
      target = .field(key)
      seenKeys.insert(key)
    } else if lower == recordIdField {
      target = .recordId
    } else if name == "order" {
      target = .order
    } else if name == "discontinued" {
      target = .discontinued
    } else {
      target = .field(name)
      seenKeys.insert(name)
      // A record with such a name is rejected alone, by its name; nothing new is to be told of it.
      if FieldTable.field(name) == nil, !name.utf8.contains(0) { unknown.insert(name) }
    }
    targets[name] = target
    return target
  }

  private static func json(_ value: RecordCanonicalizer.SourceValue) -> JSONValue? {
    switch value {
    case .text(let text): .string(text)
    case .json(let bytes): try? JSONValue(parsing: bytes)
    case .null: nil
    }
  }

  private static func instant(_ value: RecordCanonicalizer.SourceValue) -> Int64? {
    json(value).flatMap(InstantSpelling.milliseconds)
  }

  private static func integer(_ value: RecordCanonicalizer.SourceValue) -> Int64? {
    json(value).flatMap { Int64(GridAnswer.text($0)) }
  }

  private static func order(_ value: RecordCanonicalizer.SourceValue) -> SourceOrder? {
    guard let pair = json(value), let block = pair["block"]?.integer else { return nil }
    return SourceOrder(block: block, index: pair["index"]?.integer ?? 0)
  }
}
