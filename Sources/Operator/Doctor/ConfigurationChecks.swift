import Runtime

/// What the settings that were understood lack.
enum ConfigurationChecks {
  static func of(_ settings: Settings) -> [Check] {
    var missing: [Check] = []
    func require(_ value: Any?, _ definition: SettingDefinition) {
      guard value == nil else { return }
      missing.append(
        Check(
          "configuration", .error, "\(definition.name) is not set",
          remedy: "set it, or pass --\(definition.flag ?? "config"), or start 'syncline dev' and use its environment"))
    }
    require(settings.databaseURL, .databaseURL)
    require(settings.bootstrapServers, .bootstrapServers)
    guard missing.isEmpty else { return missing }
    let given = settings.shown().filter { $0.origin != .fallback }.map { $0.origin.of($0.name) }
    return [Check("configuration", .ok, "from " + given.joined(separator: ", "))]
  }
}
