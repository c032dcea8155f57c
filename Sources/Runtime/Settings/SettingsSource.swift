/// Where a setting's value came from, highest rank first.
package enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
  case flag(String)
  case environment(String)
  case file(path: String, line: Int)
  case fallback

  package var description: String {
    switch self {
    case .flag(let name): "--\(name)"
    case .environment(let name): name
    case .file(let path, let line): "\(path):\(line)"
    case .fallback: "default"
    }
  }

  /// A setting's name with where its value came from, unless that says the same: `SYNCLINE_GROUP (--group)`.
  package func of(_ name: String) -> String { description == name ? name : "\(name) (\(self))" }
}

/// A setting's text and its origin.
struct SettingValue: Sendable, Equatable {
  let text: String
  let origin: SettingOrigin
}

/// The layers settings are looked up in: flags, environment, file. Collects what is wrong on the way.
struct SettingsSource: Sendable, Equatable {
  private let flags: [String: String]
  private let environment: [String: String]
  private let file: SettingsFile
  private(set) var faults: [SettingsFault] = []

  /// Reads the file that the flag `config` names. Blocks.
  init(environment: [String: String], flags: [String: String]) {
    self.flags = flags
    // An empty variable is how many launchers say "not set".
    self.environment = environment.filter { !$0.value.isEmpty }
    if let path = flags["config"] {
      (file, faults) = SettingsFile.load(path)
    } else {
      file = SettingsFile()
    }
  }

  /// All names given in the environment or the file.
  var names: Set<String> { Set(environment.keys).union(file.entries.keys) }

  /// The names the file gives, in the order of their lines, with where each stands.
  var fileNames: [(name: String, origin: SettingOrigin)] {
    file.entries.sorted { $0.value.line < $1.value.line }.map { ($0.key, .file(path: file.path, line: $0.value.line)) }
  }

  var withoutFaults: SettingsSource {
    var copy = self
    copy.faults = []
    return copy
  }

  mutating func report(_ fault: SettingsFault) { faults.append(fault) }

  mutating func value(_ definition: SettingDefinition) -> SettingValue? {
    if let flag = definition.flag, let text = flags[flag] { return SettingValue(text: text, origin: .flag(flag)) }
    return value(named: definition.name)
  }

  /// The value of a variable, or what its `…_FILE` twin points to; nil when neither is given or the file is unreadable
  /// (reported).
  mutating func value(named name: String) -> SettingValue? {
    let twin = name + SettingDefinition.fileSuffix
    if environment[name] != nil || environment[twin] != nil {
      return pick(
        name, plain: environment[name], path: environment[twin], plainOrigin: .environment(name),
        pathOrigin: .environment(twin))
    }
    let entry = file.entries[name]
    let pathEntry = file.entries[twin]
    guard let line = (entry ?? pathEntry)?.line else { return nil }
    return pick(
      name, plain: entry?.value, path: pathEntry?.value, plainOrigin: .file(path: file.path, line: line),
      pathOrigin: .file(path: file.path, line: pathEntry?.line ?? line))
  }

  private mutating func pick(
    _ name: String, plain: String?, path: String?, plainOrigin: SettingOrigin, pathOrigin: SettingOrigin
  ) -> SettingValue? {
    let twin = name + SettingDefinition.fileSuffix
    switch (plain, path) {
    case (let text?, nil): return SettingValue(text: text, origin: plainOrigin)
    case (nil, let path?):
      do {
        let text = try readTextFile(path)
        return SettingValue(text: trimmingNewlines(text), origin: pathOrigin)
      } catch {
        report(
          SettingsFault(.unreadable, "\(twin): \(error)", "check the path and who may read it, or set \(name) instead"))
        return nil
      }
    case (_?, _?):
      report(SettingsFault(.ambiguous, "\(name) and \(twin) are both set", "keep one of the two"))
      return nil
    case (nil, nil): return nil
    }
  }
}

/// Without the line ends that editors and `echo` leave at the end of a file.
private func trimmingNewlines(_ text: String) -> String {
  var bytes = Substring(text).utf8
  while let last = bytes.last, last == 0x0A || last == 0x0D { bytes = bytes.dropLast() }
  return String(Substring(bytes))
}
