extension Settings {
  /// What a command cannot do without.
  package enum Need: Sendable, Hashable, CaseIterable { case database, kafka }

  /// What only the libraries know of values: why they do not take one; nil when they do. No secrets in an answer.
  package struct Judges: Sendable {
    package var database: @Sendable (_ connectionString: String) -> String? = { _ in nil }
    package var kafka: @Sendable (_ property: String, _ value: String) -> String? = { _, _ in nil }

    package init() {}
  }

  /// The settings of a process.
  ///
  /// - Parameters:
  ///   - environment: the environment variables (`Environment.current()`).
  ///   - flags: values of the flags that were given, by name without dashes (`database-url`, `config`, …); others are
  ///     ignored.
  ///   - needs: what must be there; a missing one is a fault.
  ///   - judges: further objections to values. Default: none.
  ///   - isTerminal: whether standard error is a terminal; decides the log format when nothing else does.
  ///
  /// Reads the files that are named; blocks for that. Throws every fault at once.
  package static func load(
    environment: [String: String], flags: [String: String] = [:], needs: Set<Need> = [], judges: Judges = Judges(),
    isTerminal: Bool = false
  ) throws(SettingsErrors) -> Settings {
    var loader = SettingsLoader(source: SettingsSource(environment: environment, flags: flags), judges: judges)
    let settings = loader.load(needs: needs, isTerminal: isTerminal)
    guard loader.source.faults.isEmpty else { throw SettingsErrors(loader.source.faults) }
    return settings
  }
}

/// Turns the texts of a source into settings, reporting what it cannot understand and going on.
private struct SettingsLoader {
  var source: SettingsSource
  let judges: Settings.Judges
  private var settings = Settings()

  init(source: SettingsSource, judges: Settings.Judges) {
    self.source = source
    self.judges = judges
  }

  mutating func load(needs: Set<Settings.Need>, isTerminal: Bool) -> Settings {
    settings.logFormat = isTerminal ? .text : .json
    settings.credentials = Credentials(source)
    loadDatabase()
    loadKafka()
    read(.topicPrefix, \.topicPrefix, "use letters, digits, '.', '_' and '-', at most 100") {
      $0.utf8.count <= 100 && $0.utf8.allSatisfy(isTopicByte) ? $0 : nil
    }
    read(.group, \.group, "use a name of 1 to 255 bytes without control characters") {
      (1...255).contains($0.utf8.count) && !$0.unicodeScalars.contains(where: isUnprintable) ? $0 : nil
    }
    read(.httpPort, \.httpPort, "use a number from 0 to 65535") { UInt16($0) }
    read(.httpHost, \.httpHost, "use an address such as 127.0.0.1") {
      $0.isEmpty || $0.contains(where: \.isWhitespace) ? nil : $0
    }
    loadStatusToken()
    read(.jobsDirectory, \.jobsDirectory, "name a directory") { $0.isEmpty ? nil : $0 }
    read(.logFormat, \.logFormat, "use text or json") { Log.Format(rawValue: $0.lowercased()) }
    read(.actor, \.actor, "name somebody") { $0.isEmpty ? nil : .some($0) }
    read(.logLevel, \.logLevel, "use debug, info, warning or error") { LogLevel(name: $0) }
    reportTypos()
    for need in Settings.Need.allCases where needs.contains(need) { reportMissing(need) }
    return settings
  }

  /// Reads one setting; `parse` returns nil for a text it does not understand.
  private mutating func read<Value>(
    _ definition: SettingDefinition, _ path: WritableKeyPath<Settings, Value>, _ remedy: String,
    _ parse: (String) -> Value?
  ) {
    guard let given = source.value(definition) else { return }
    guard let value = parse(given.text) else {
      let cause = "\(given.origin.of(definition.name)) is \(printableJSONString(given.text))"
      return source.report(SettingsFault(.invalid, cause, remedy))
    }
    settings[keyPath: path] = value
    settings.origins[definition.name] = given.origin
  }

  private mutating func loadDatabase() {
    loadConnectionString(.readDatabaseURL, \.readDatabaseURL)
    let definition = SettingDefinition.databaseURL
    if loadConnectionString(definition, \.databaseURL) { return }
    let names = source.names
    let isNamed = ConnectionString.naming.contains {
      names.contains($0) || names.contains($0 + SettingDefinition.fileSuffix)
    }
    guard isNamed else { return }
    var pairs: [(String, String)] = []
    for (name, keyword) in ConnectionString.variables {
      guard let given = source.value(named: name) else { continue }
      pairs.append((keyword, given.text))
      settings.origins[name] = given.origin
    }
    settings.databaseURL = Secret(ConnectionString.keywords(pairs))
    settings.origins[definition.name] = .environment("PG*")
  }

  /// False: it is not given, neither right nor wrong.
  @discardableResult
  private mutating func loadConnectionString(
    _ definition: SettingDefinition, _ path: WritableKeyPath<Settings, Secret?>
  ) -> Bool {
    guard let given = source.value(definition) else { return false }
    guard ConnectionString.isURL(given.text) || given.text.contains("=") else {
      let cause = "\(given.origin.of(definition.name)) is not a libpq connection string"
      source.report(SettingsFault(.invalid, cause, "write postgresql://user@host/database or host=… dbname=…"))
      return true
    }
    if let objection = judges.database(given.text) {
      let cause = "\(given.origin.of(definition.name)): \(objection)"
      source.report(
        SettingsFault(.invalid, cause, "write postgresql://user@host:port/database or host=… dbname=…"))
      return true
    }
    settings[keyPath: path] = Secret(given.text)
    settings.origins[definition.name] = given.origin
    return true
  }

  /// Nothing of what was given is repeated.
  private mutating func loadStatusToken() {
    let definition = SettingDefinition.statusToken
    guard let given = source.value(definition) else { return }
    guard given.text.utf8.count >= 20 else {
      let cause = "\(given.origin.of(definition.name)) has less than 20 bytes"
      return source.report(SettingsFault(.invalid, cause, "make one: openssl rand -hex 20"))
    }
    settings.statusToken = Secret(given.text)
    settings.origins[definition.name] = given.origin
  }

  private mutating func loadKafka() {
    let definition = SettingDefinition.bootstrapServers
    if let given = source.value(definition) {
      if let servers = brokerList(given.text) {
        settings.bootstrapServers = servers
        settings.origins[definition.name] = given.origin
      } else {
        let cause = "\(given.origin.of(definition.name)) is \(printableJSONString(given.text))"
        source.report(SettingsFault(.invalid, cause, "write host:port, with commas between several"))
      }
    }
    var values: [String: String] = [:]
    for name in Set(source.names.map(withoutFileSuffix)).sorted() where name.hasPrefix(SettingDefinition.kafkaPrefix) {
      let property = KafkaProperties.property(name.dropFirst(SettingDefinition.kafkaPrefix.count))
      guard let given = source.value(named: name) else { continue }
      if property.isEmpty || property.split(separator: ".", omittingEmptySubsequences: false).contains("") {
        source.report(
          SettingsFault(
            .invalid, "\(given.origin.of(name)) names no property", "use the form SYNCLINE_KAFKA_SASL_USERNAME"))
      } else if let objection = KafkaProperties.objection(property, given.text) {
        source.report(SettingsFault(.reserved, "\(given.origin.of(name)) sets \(property)", objection))
      } else if let objection = judges.kafka(property, given.text) {
        source.report(
          SettingsFault(
            .invalid, "\(given.origin.of(name)): \(objection)", "see librdkafka's CONFIGURATION.md for its properties")
        )
      } else {
        values[property] = given.text
        settings.origins[name] = given.origin
      }
    }
    settings.kafka = KafkaProperties(values)
  }

  private mutating func reportTypos() {
    let known = SettingDefinition.all.map(\.name)
    let inFile = source.fileNames
    reportTypos(inFile, known)
    let fileNames = Set(inFile.map { withoutFileSuffix($0.name) })
    for name in Set(source.names.map(withoutFileSuffix)).subtracting(fileNames).sorted() {
      guard name.hasPrefix("SYNCLINE_"), !name.hasPrefix(SettingDefinition.kafkaPrefix), !known.contains(name) else {
        continue
      }
      // The environment has names for other programs too; only a near miss is a mistake.
      guard let meant = known.first(where: { editDistance($0, name) <= 2 }) else { continue }
      source.report(SettingsFault(.unknown, "\(name) is not a setting", "did you mean \(meant)?"))
    }
  }

  /// A file is for this program: names of its own prefix must be known. Others may be credentials that a target of
  /// schema changes is named by, unless they are nearly a setting's.
  private mutating func reportTypos(_ names: [(name: String, origin: SettingOrigin)], _ known: [String]) {
    let variables = ConnectionString.variables.map(\.name)
    let accepted = Set(known + variables + SettingDefinition.internalNames)
    for (name, origin) in names {
      let plain = withoutFileSuffix(name)
      if accepted.contains(plain) || plain.hasPrefix(SettingDefinition.kafkaPrefix) { continue }
      let meant = nearest(plain, in: known + variables)
      let isSlip = meant.map { !plain.hasSuffix("_" + $0) } ?? false
      guard plain.hasPrefix("SYNCLINE_") || isSlip else { continue }
      source.report(
        SettingsFault(
          .unknown, "\(origin): \(plain) is not a setting",
          meant.map { "did you mean \($0)?" } ?? "remove it; 'syncline help' lists the settings"))
    }
  }

  private mutating func reportMissing(_ need: Settings.Need) {
    let (definition, isMissing) =
      switch need {
      case .database: (SettingDefinition.databaseURL, settings.databaseURL == nil)
      case .kafka: (SettingDefinition.bootstrapServers, settings.bootstrapServers == nil)
      }
    // One that was given and refused has its fault already.
    guard isMissing, !source.faults.contains(where: { $0.cause.hasPrefix(definition.name) }) else { return }
    source.report(
      SettingsFault(
        .missing, "\(definition.name) is not set",
        "set it, or pass --\(definition.flag ?? "config"), or start 'syncline dev' and use the environment it prints"))
  }
}

private func withoutFileSuffix(_ name: String) -> String {
  name.hasSuffix(SettingDefinition.fileSuffix) ? String(name.dropLast(SettingDefinition.fileSuffix.count)) : name
}

private func isTopicByte(_ byte: UInt8) -> Bool {
  Unicode.Scalar(byte).properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
    || [0x2D, 0x2E, 0x5F].contains(byte)
}

/// `[protocol://]host:port` entries without blanks around them, Kafka's own port where none is given, so that every
/// text shows what is asked; nil when one is not that.
private func brokerList(_ text: String) -> String? {
  let entries = text.split(separator: ",", omittingEmptySubsequences: false).map(SettingsFile.trim).map(String.init)
  func broker(_ entry: String) -> String? {
    guard !entry.isEmpty, !entry.contains(where: \.isWhitespace) else { return nil }
    let address = entry.firstRange(of: "://").map { entry[$0.upperBound...] } ?? entry[...]
    guard let colon = address.lastIndex(of: ":"), !address.hasSuffix("]") else {
      return address.isEmpty ? nil : entry + ":9092"
    }
    guard let port = UInt16(address[address.index(after: colon)...]), port > 0 else { return nil }
    let host = address[..<colon]
    return !host.isEmpty && (!host.contains(":") || (host.hasPrefix("[") && host.hasSuffix("]"))) ? entry : nil
  }
  let brokers = entries.compactMap(broker)
  return brokers.count == entries.count ? brokers.joined(separator: ",") : nil
}
