import Postgres
import SQLCatalog
import SyncDomain

/// The dead letter of a push that was given up: the event that asks for the push again.
enum PushLetter {
  /// `eventId` is new with each failure, so that a replay of the letter counts once, and old events not at all.
  static func statements(
    _ claim: PushClaim, code: String, cause: String, topic: String, eventId: String
  ) -> [PGStatement] {
    let message = WriteBackMessage(organization: claim.organization, modificationId: claim.id)
    let event = CloudEvent(
      id: eventId, source: "syncline", type: WriteBackMessage.requestedType, organization: claim.organization,
      data: message.encoded())
    let headers: [(name: String, value: [UInt8]?)] = event.binaryHeaders.map { (name: $0.0, value: $0.1) }
    let context: [(name: String, value: [UInt8]?)] = [
      ("__connect.errors.topic", topic), ("__connect.errors.exception.class.name", code),
      ("__connect.errors.exception.message", cause), ("__connect.errors.stage", "TASK_PUT"),
    ].map { (name: $0.0, value: Array($0.1.utf8)) }
    let key = Array("\(claim.organization)/\(claim.pfaId)".utf8)
    return [
      PGStatement(
        Queries.keepFailedPush,
        [
          .text(claim.organization), .text(topic), .bytes(key), .bytes(event.data), .json(HeaderText.encode(headers)),
          .text(code), .text(cause),
        ]),
      OutboxStore.insert(topic: topic + ".dlq", key: key, value: event.data, headers: headers + context),
    ]
  }
}
