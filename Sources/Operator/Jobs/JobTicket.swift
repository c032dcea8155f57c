import Kafka
import Runtime
import SyncDomain

/// A job that was asked for by an event; no worker may have seen it yet.
struct JobTicket: Sendable {
  let id: String
  let organization: String
  let kind: String
  /// The job whose work it does again; nil for the first time.
  var retryOf: String?

  /// Puts the event on its topic. Returns when Kafka has it; throws when it does not take it.
  static func send(
    _ event: CloudEvent, to topic: String, key: String, organization: String, kind: String, _ settings: Settings,
    _ invocation: Invocation
  ) async throws -> JobTicket {
    let producer = try KafkaProducer(
      settings: try KafkaConnection.settings(settings, environment: invocation.environment),
      log: Log(level: .error, format: settings.logFormat))
    do {
      _ = try await producer.send(
        topic: topic, key: Array(key.utf8), value: event.data,
        headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
    } catch {
      await producer.close()
      throw error
    }
    await producer.close()
    return JobTicket(id: UUIDText.event(source: event.source, id: event.id), organization: organization, kind: kind)
  }

  /// An event of this command.
  static func event(_ type: String, organization: String, _ data: [UInt8]) -> CloudEvent {
    CloudEvent(
      id: UUIDText.random(), source: "syncline-cli", type: type, time: timestamp(.now), organization: organization,
      data: data)
  }

  /// For who does not wait. Its state is none of the table's: nobody has queued it yet.
  func show(_ output: Output) throws {
    try output.show(
      ["id", "organization_id", "kind", "state", "retry_of"].map { Column($0) },
      [.text(id), .text(organization), .text(kind), .text("requested"), .text(retryOf)])
  }
}
