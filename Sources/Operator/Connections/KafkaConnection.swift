import Kafka
import Runtime

/// Kafka as the settings of a command describe it.
enum KafkaConnection {
  /// Set to 1 by the environment that `syncline dev` prints: the brokers are the embedded cluster, which needs other
  /// timings.
  static let embeddedVariable = "SYNCLINE_EMBEDDED_KAFKA"

  /// Throws when no broker is named.
  static func settings(_ settings: Settings, environment: [String: String]) throws(CommandError) -> KafkaSettings {
    guard let servers = settings.bootstrapServers else {
      throw CommandError(
        .usage, "SETTING_MISSING", "\(SettingDefinition.bootstrapServers.name) is not set",
        hint: "set it, or pass --bootstrap-servers, or start 'syncline dev' and use the environment it prints")
    }
    // Values that may be given for these are the ones they have anyway; Kafka's wrapper takes none.
    let properties = settings.kafka.values.filter { KafkaSettings.managed[$0.key] == nil }
    return KafkaSettings(
      bootstrapServers: servers, properties: properties, embedded: environment[embeddedVariable] == "1")
  }

  /// Lends a client for questions and for the creation of topics.
  static func admin<R: Sendable>(
    _ invocation: Invocation, _ body: (KafkaAdmin) async throws -> R
  ) async throws -> R {
    try await admin(try invocation.settings(), environment: invocation.environment, body)
  }

  static func admin<R: Sendable>(
    _ settings: Settings, environment: [String: String], _ body: (KafkaAdmin) async throws -> R
  ) async throws -> R {
    let kafka = try Self.settings(settings, environment: environment)
    let admin = try KafkaAdmin(settings: kafka, log: log(settings), timeout: .seconds(5))
    do {
      let result = try await body(admin)
      await admin.close()
      return result
    } catch {
      await admin.close()
      throw error
    }
  }

  /// librdkafka repeats each failed connection in its log; the command's own error says it once.
  static func log(_ settings: Settings) -> Log {
    var log = settings.log
    if log.level > .debug { log.descriptor = -1 }
    return log
  }
}
