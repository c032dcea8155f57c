import Postgres
import SQLCatalog

/// A message of paused work, kept until it is resumed.
package struct HeldMessage: Sendable {
  package let organization: String
  package let topic: String
  package let partition: Int32
  package let offset: Int64
  package let key: [UInt8]?
  package let value: [UInt8]?
  package let headers: [(name: String, value: [UInt8]?)]

  package init(
    organization: String, topic: String, partition: Int32, offset: Int64, key: [UInt8]?, value: [UInt8]?,
    headers: [(name: String, value: [UInt8]?)]
  ) {
    self.organization = organization
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.value = value
    self.headers = headers
  }
}

/// Pauses: of a kind of work, of an organization, or of a kind of an organization; nil means every one.
///
/// Paused work does not begin: its jobs stay queued, its messages are held, other work goes on. What runs already goes
/// on to its end.
package enum QueueStore {
  /// In the transaction that moves past the message, as the system. Throws PGError, 40001 when the work was resumed
  /// meanwhile: run the transaction again.
  package static func hold(_ session: PGSession, _ message: HeldMessage, kind: String) throws {
    try session.query(
      Queries.holdMessage,
      [
        .text(kind), .text(message.organization), .text(message.topic), .int4(message.partition), .int(message.offset),
        message.key.map { .bytes($0) } ?? .null, message.value.map { .bytes($0) } ?? .null,
        .json(HeaderText.encode(message.headers)),
      ])
  }

  /// False: it is paused already, and nothing changed.
  package static func pause(
    _ session: PGSession, kind: String?, organization: String?, by actor: String, reason: String?
  ) throws -> Bool {
    try session.asSystem {
      let values: [PGValue] = [PGValue(kind), PGValue(organization), .text(actor), PGValue(reason)]
      return try session.query(Queries.pauseQueue, values).rowCount > 0
    }
  }

  /// Ends a pause and hands the messages it held to the relay; how many, or nil: there is no such pause.
  package static func resume(
    _ session: PGSession, kind: String?, organization: String?, by actor: String, reason: String?
  ) throws -> Int64? {
    try session.asSystem {
      let values: [PGValue] = [PGValue(kind), PGValue(organization), .text(actor), PGValue(reason)]
      guard try session.query(Queries.resumeQueue, values).rowCount > 0 else { return nil }
      return try session.query(Queries.releaseHeld).one().integer("released")
    }
  }

  /// Pauses that are and were, the newest first; nil means any. Bind the session with `reading` first.
  package static func pauses(
    _ session: PGSession, organization: String?, kind: String?, limit: Int64
  ) throws -> PGResult {
    try session.query(Queries.listPauses, [PGValue(organization), PGValue(kind), .int4(Int32(clamping: limit))])
  }

  /// Work by kind and organization with what is paused; nil means any. Bind the session with `reading` first.
  package static func list(_ session: PGSession, organization: String?, kind: String?) throws -> PGResult {
    try session.query(Queries.listQueue, [PGValue(organization), PGValue(kind)])
  }
}
