import YAML

/// Reads typed values out of one mapping of a definition file and collects every fault instead of stopping at the
/// first.
///
/// Each key that was asked for counts as known; `finish` reports the others.
package final class DefinitionReader {
  let file: String
  package let node: YAMLNode
  private let environment: [String: String]
  package private(set) var faults: [CatalogFault] = []
  /// Variables and files that are not there: the definition is right, but can not be used here.
  package private(set) var missing: [CatalogFault] = []
  private var known: Set<String> = []
  /// The variables and files that secrets were looked for in.
  private(set) var secretNames: [String] = []

  package init(file: String, node: YAMLNode, environment: [String: String]) {
    self.file = file
    self.node = node
    self.environment = environment
    if node.mapping == nil { fault(node, "expected a mapping, found \(node.kind)") }
  }

  package func fault(_ node: YAMLNode, _ message: String) {
    faults.append(CatalogFault(file: file, line: node.line, message: message))
  }

  /// The value of a key; nil when it is absent or null.
  package func value(_ key: String) -> YAMLNode? {
    known.insert(key)
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  /// Text with `${VARIABLE}` filled in; nil when absent.
  package func text(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else {
      fault(value, "\(key): expected text, found \(value.kind)")
      return nil
    }
    return expand(text, at: value)
  }

  /// Text that must be there, and say something; empty beside a fault, and where a variable is not set.
  package func requiredText(_ key: String) -> String {
    let unset = missing.count
    if let text = text(key) {
      if text.utf8.allSatisfy({ $0 == 0x20 }), missing.count == unset, let node = value(key) {
        fault(node, "\(key) is empty")
      }
      return text
    }
    if node.mapping != nil, node[key] == nil || node[key]?.isNull == true { fault(node, "\(key) is missing") }
    return ""
  }

  package func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
    guard let value = value(key) else { return fallback }
    guard let number = value.int, range.contains(number) else {
      fault(value, "\(key): expected a whole number from \(range.lowerBound) to \(range.upperBound)")
      return fallback
    }
    return number
  }

  func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double) -> Double {
    guard let value = value(key) else { return fallback }
    guard let number = value.double, range.contains(number) else {
      fault(value, "\(key): expected a number from \(range.lowerBound) to \(range.upperBound)")
      return fallback
    }
    return number
  }

  /// `500ms`, `30s`, `15m`, `2h` or `1d`.
  package func duration(_ key: String, default fallback: Duration) -> Duration {
    guard let value = value(key) else { return fallback }
    guard let duration = value.string.flatMap(DefinitionReader.duration) else {
      fault(value, "\(key): expected a duration such as 500ms, 30s, 15m or 2h")
      return fallback
    }
    return duration
  }

  package func flag(_ key: String, default fallback: Bool) -> Bool {
    guard let value = value(key) else { return fallback }
    if let flag = value.bool { return flag }
    fault(value, "\(key): expected true or false")
    return fallback
  }

  /// One of the words of an enumeration.
  package func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    guard let value = value(key) else { return nil }
    if let choice = value.string.flatMap(Choice.init(rawValue:)) { return choice }
    let words = Choice.allCases.map(\.rawValue)
    fault(value, "\(key): expected one of \(words.joined(separator: ", "))" + hint(value.string ?? "", words))
    return nil
  }

  /// A nested mapping, read by `body`, whose faults and missing variables are taken over.
  package func section<Result>(_ key: String, _ body: (DefinitionReader) -> Result) -> Result? {
    guard let value = value(key) else { return nil }
    let reader = DefinitionReader(file: file, node: value, environment: environment)
    let result = body(reader)
    reader.finish()
    faults += reader.faults
    missing += reader.missing
    return value.mapping == nil ? nil : result
  }

  /// The secret in the environment variable named under `<key>Env`, or in the file named under `<key>File` (the last
  /// line break does not count). With `plainAllowed` the text may also stand in the file itself, under `key`: a
  /// user's name is no secret.
  func secret(_ key: String, plainAllowed: Bool = false) -> Secret {
    if let plain = value(key) {
      if plainAllowed { return Secret(text(key) ?? "") }
      fault(
        plain, "\(key): a secret does not belong in this file; name its variable as \(key)Env or its file as \(key)File"
      )
      return Secret("")
    }
    if let node = value(key + "Env"), let name = node.string {
      known.insert(key + "File")
      secretNames.append(name)
      if let value = environment[name], !value.isEmpty { return Secret(value) }
      missing.append(CatalogFault(file: file, line: node.line, message: "environment variable \(name) is not set"))
      return Secret("")
    }
    if let path = text(key + "File"), let node = value(key + "File") {
      secretNames.append(path)
      if let bytes = SmallFile.read(path), let text = String(validating: bytes, as: UTF8.self) {
        return Secret(String(text.trimmingSuffix(while: \.isNewline)))
      }
      missing.append(CatalogFault(file: file, line: node.line, message: "cannot read the secret file \(path)"))
      return Secret("")
    }
    fault(node, "\(key)Env or \(key)File is missing")
    return Secret("")
  }

  /// Reports keys nobody asked for.
  package func finish() {
    for entry in node.mapping ?? [] where !known.contains(entry.key) {
      faults.append(
        CatalogFault(file: file, line: entry.keyLine, message: "unknown key \"\(entry.key)\"" + hint(entry.key, known)))
    }
  }

  private func hint(_ name: String, _ candidates: some Sequence<String>) -> String {
    NearestName.of(name, in: candidates).map { "; did you mean \"\($0)\"?" } ?? ""
  }

  /// Replaces `${NAME}`; a variable that is not set is noted as missing and leaves nothing.
  private func expand(_ text: String, at node: YAMLNode) -> String {
    var out = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      out += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
        fault(node, "\"${\" without \"}\"")
        return text
      }
      let name = String(rest[start.upperBound..<end])
      let isName = !name.isEmpty && name.utf8.allSatisfy { "_".utf8.contains($0) || isAlphanumeric($0) }
      if !isName {
        fault(node, "\"\(name)\" is not the name of an environment variable")
      } else if let value = environment[name], !value.isEmpty {
        out += value
      } else {
        missing.append(CatalogFault(file: file, line: node.line, message: "environment variable \(name) is not set"))
      }
      rest = rest[rest.index(after: end)...]
    }
    return out + rest
  }

  private func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  static func duration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), count <= 1_000_000_000 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(count)
    case "s": return .seconds(count)
    case "m": return .seconds(count * 60)
    case "h": return .seconds(count * 3600)
    case "d": return .seconds(count * 86_400)
    default: return nil
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, isUnwanted(last) { rest.removeLast() }
    return rest
  }
}
