import HTTP
import SyncDomain
import YAML

/// The keys of one entry of `sources:` and what each may hold.
extension SourceDefinition {
  /// Reads an entry; what is wrong is in the reader afterwards.
  init(reading reader: DefinitionReader) {
    let name = reader.requiredText("name")
    if reader.node["kind"] == nil, reader.node.mapping != nil { reader.fault(reader.node, "kind is missing") }
    let kind = reader.choice("kind", Kind.self)
    self.init(name: name, kind: kind ?? .pemsGrid)
    if !name.isEmpty, !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) {
      reader.fault(reader.node, "name: only printable ASCII without spaces and slashes")
    }
    switch kind {
    case .pemsGrid?: readGrid(reader)
    case .httpJSON?: readWeb(reader)
    case .file?: readFile(reader)
    case nil: return  // Which keys are right depends on the kind.
    }
    readCommon(reader)
    reader.finish()
  }

  private mutating func readGrid(_ reader: DefinitionReader) {
    readConnection(reader)
    dialect = reader.choice("dialect", Dialect.self) ?? dialect
    grid = reader.requiredText("grid")
    tenant = reader.text("tenant") ?? ""
    write = reader.section("write", WriteDefinition.init(reading:)) ?? write
  }

  private mutating func readWeb(_ reader: DefinitionReader) {
    readConnection(reader)
    tenant = reader.text("tenant") ?? ""
    pageParameter = reader.text("pageParameter")
  }

  private mutating func readFile(_ reader: DefinitionReader) {
    path = reader.requiredText("path")
    format = reader.choice("format", Format.self)
  }

  private mutating func readConnection(_ reader: DefinitionReader) {
    url = reader.requiredText("url")
    if let node = reader.value("url"), reader.missing.isEmpty, !url.isEmpty,
      HTTPOrigin(url.replacing("{organization}", with: "X")) == nil
    {
      reader.fault(node, "url: not an absolute http or https URL")
    }
    let access = reader.section("auth") { (auth: SourceDefinition.readAuth($0), names: $0.secretNames) }
    auth = access?.auth ?? .none
    secretNames = access?.names ?? []
    rateLimit = reader.number("rateLimit", in: 0.01...1_000, default: rateLimit)
    connectTimeout = reader.duration("connectTimeout", default: connectTimeout)
    requestTimeout = reader.duration("requestTimeout", default: requestTimeout)
    caFile = reader.text("caFile")
  }

  private enum AuthType: String, CaseIterable { case basic, apikey }

  private static func readAuth(_ reader: DefinitionReader) -> Auth {
    switch reader.choice("type", AuthType.self) {
    case .basic?:
      let user = reader.secret("user", plainAllowed: true)
      return .basic(user: user.revealed, password: reader.secret("password"))
    case .apikey?:
      return .apiKey(header: reader.text("header") ?? "X-API-Key", key: reader.secret("key"))
    case nil:
      if reader.node["type"] == nil { reader.fault(reader.node, "type is missing: basic or apikey") }
      return .none
    }
  }

  private mutating func readCommon(_ reader: DefinitionReader) {
    pageSize = reader.integer("pageSize", in: 1...SourceDefinition.maximumPageSize, default: pageSize)
    maxPages = reader.integer("maxPages", in: 1...10_000_000, default: maxPages)
    maxResponseBytes = reader.integer("maxResponseBytes", in: 1_024...(1 << 30), default: maxResponseBytes)
    overlap = reader.duration("overlap", default: overlap)
    maxDiscontinuedShare = reader.number("maxDiscontinuedShare", in: 0...1, default: maxDiscontinuedShare)
    locale = reader.choice("locale", LocaleName.self).map(\.locale) ?? locale
    readMap(reader)
    if let list = reader.value("criticalFields") { criticalFields = SourceDefinition.readCritical(reader, list) }
    readFields.organization = reader.text("organizationField") ?? name(of: "organization") ?? readFields.organization
    readFields.lastModified = reader.text("lastModifiedField") ?? name(of: "lastModified") ?? readFields.lastModified
    readFields.recordId = reader.text("recordIdField") ?? readFields.recordId
    readFields.pfaId = name(of: "pfaId") ?? readFields.pfaId
  }

  private enum LocaleName: String, CaseIterable {
    case decimalPoint = "decimal-point"
    case decimalComma = "decimal-comma"

    var locale: NumberLocale { self == .decimalComma ? .comma : .json }
  }

  /// `fields` adds to the default map and replaces what it names.
  private mutating func readMap(_ reader: DefinitionReader) {
    guard let map = reader.value("fields") else { return }
    guard let entries = map.mapping else {
      reader.fault(map, "fields: expected a mapping from source names to our names, found \(map.kind)")
      return
    }
    var targets: [String: String] = [:]
    for entry in entries {
      guard let key = entry.value.string, !key.isEmpty else {
        reader.fault(entry.value, "fields: \(entry.key): expected one of our field names")
        continue
      }
      if let other = targets.updateValue(entry.key, forKey: key) {
        reader.fault(entry.value, "fields: \(other) and \(entry.key) are both mapped to \(key)")
      }
      for (name, mapped) in fields where mapped == key { fields[name] = nil }
      fields[entry.key] = key
    }
  }

  private static func readCritical(_ reader: DefinitionReader, _ list: YAMLNode) -> Set<String> {
    guard let items = list.sequence else {
      reader.fault(list, "criticalFields: expected a list, found \(list.kind)")
      return []
    }
    var keys: Set<String> = []
    for item in items {
      if let key = item.string { keys.insert(key) } else { reader.fault(item, "criticalFields: expected a field name") }
    }
    return keys
  }

  /// The source's name of one of our fields; nil when the map has none.
  func name(of key: String) -> String? { fields.first { $0.value == key }?.key }
}
