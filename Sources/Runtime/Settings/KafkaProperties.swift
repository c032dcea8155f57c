/// librdkafka properties given by the user, by librdkafka's names. Printed, their secrets show as `***`.
package struct KafkaProperties: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Name to value, for `rd_kafka_conf_set`. Whether librdkafka knows a name is checked there.
  package private(set) var values: [String: String]

  package init(_ values: [String: String] = [:]) { self.values = values }

  /// The property of a variable's `<NAME>`: lower case, `_` becomes `.` (`SASL_USERNAME` is `sasl.username`).
  package static func property(_ name: some StringProtocol) -> String {
    name.lowercased().replacing("_", with: ".")
  }

  /// The properties in order of name, secrets masked.
  package var shown: [(name: String, value: String)] {
    values.sorted { $0.key < $1.key }.map { ($0.key, KafkaProperties.isSecret($0.key) ? "***" : printable($0.value)) }
  }

  package static func isSecret(_ property: String) -> Bool {
    let words = ["password", "secret", "jaas", "oauthbearer.config", "ssl.key.pem", "ssl.keystore.pem", "token"]
    return words.contains { property.contains($0) } && !property.hasSuffix(".url")
  }

  /// Why a value may not be set; nil when it may. Exactly-once depends on these, and two have a setting of their own.
  static func objection(_ property: String, _ value: String) -> String? {
    switch property {
    case "bootstrap.servers", "metadata.broker.list": return "set \(SettingDefinition.bootstrapServers.name) instead"
    case "group.id": return "set \(SettingDefinition.group.name) instead"
    default:
      guard let allowed = required[property], !allowed.contains(value.lowercased()) else { return nil }
      return "leave it out; it must be \(allowed[0])"
    }
  }

  private static let required: [String: [String]] = [
    "enable.auto.commit": ["false"], "enable.auto.offset.store": ["false"], "isolation.level": ["read_committed"],
    "enable.idempotence": ["true"], "acks": ["all", "-1"], "request.required.acks": ["all", "-1"],
  ]

  package var description: String { shown.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: shown.map { ($0.name, $0.value) }) }
}
