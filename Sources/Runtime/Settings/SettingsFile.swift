/// A `--config` file: `KEY=value` lines with the names of the environment variables.
///
/// Blank lines and lines that start with `#` are skipped, `export ` in front is allowed, and one pair of quotes around
/// a value is taken off. There are no escapes and no substitutions: what is written is the value.
struct SettingsFile: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    let value: String
    /// From 1.
    let line: Int
  }

  private(set) var path = ""
  private(set) var entries: [String: Entry] = [:]

  /// Reads and parses; faults come back beside whatever could be read. Blocks.
  static func load(_ path: String) -> (SettingsFile, [SettingsFault]) {
    do {
      return parse(withoutByteOrderMark(try readTextFile(path)), path: path)
    } catch {
      return (SettingsFile(), [SettingsFault(.unreadable, "--config: \(error)", "check the path and who may read it")])
    }
  }

  static func parse(_ text: String, path: String) -> (SettingsFile, [SettingsFault]) {
    var file = SettingsFile()
    file.path = path
    var faults: [SettingsFault] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in zip(1..., lines) {
      let content = trim(line)
      if content.isEmpty || content.hasPrefix("#") { continue }
      guard let (name, value) = pair(content) else {
        // The line is not shown: it may be a secret that lost its name.
        faults.append(
          SettingsFault(
            .syntax, "\(path):\(number): not KEY=value", "write NAME=value with the name of a variable, or # in front"))
        continue
      }
      if let earlier = file.entries[name] {
        faults.append(
          SettingsFault(
            .ambiguous, "\(path):\(number): \(name) is already set on line \(earlier.line)", "keep one of the two"))
        continue
      }
      // Empty is "not set", as in the environment.
      if !value.isEmpty { file.entries[name] = Entry(value: value, line: number) }
    }
    return (file, faults)
  }

  private static func pair(_ content: Substring) -> (name: String, value: String)? {
    var rest = content
    if rest.hasPrefix("export ") { rest = trim(rest.dropFirst("export ".count)) }
    guard let equals = rest.firstIndex(of: "=") else { return nil }
    let name = trim(rest[..<equals])
    guard let first = name.utf8.first, !(0x30...0x39).contains(first), name.utf8.allSatisfy(isNameByte) else {
      return nil
    }
    var value = trim(rest[rest.index(after: equals)...])
    for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
      value = value.dropFirst().dropLast()
      break
    }
    return (String(name), String(value))
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Without white space at both ends.
  static func trim(_ text: Substring) -> Substring {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
