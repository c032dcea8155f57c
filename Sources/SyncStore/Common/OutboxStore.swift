import Postgres
import SQLCatalog

/// Messages written with their cause and published afterwards: at least once, in order per key.
package enum OutboxStore {
  package struct Message: Sendable {
    package let id: Int64
    package let topic: String
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8]?)]

    package init(
      id: Int64, topic: String, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8]?)]
    ) {
      self.id = id
      self.topic = topic
      self.key = key
      self.value = value
      self.headers = headers
    }
  }

  /// To run in the transaction of the cause. The topic is without prefix unless it came from Kafka.
  package static func insert(
    topic: String, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8]?)]
  ) -> PGStatement {
    PGStatement(
      Queries.insertOutbox,
      [
        .text(topic), key.map { .bytes($0) } ?? .null, value.map { .bytes($0) } ?? .null,
        .json(HeaderText.encode(headers)),
      ])
  }

  /// The oldest messages that are not parked, at most 4 MB of them but always one; none while another relay holds the
  /// outbox. Bound with `asSystem`; the caller's transaction must stay open until they are published.
  package static func take(_ session: PGSession, limit: Int) throws -> [Message] {
    try session.query(Queries.takeOutbox, [.int4(Int32(limit))]).rows.map { row in
      Message(
        id: try row.integer("id"), topic: try row.string("topic"), key: try row.bytea("message_key"),
        value: try row.bytea("message_value"), headers: HeaderText.decode(try row.bytes("headers") ?? []) ?? [])
    }
  }

  /// Forgets what Kafka has acknowledged.
  package static func remove(_ session: PGSession, _ ids: [Int64]) throws {
    try session.query(Queries.removeOutbox, [.array(.int8(ids))])
  }

  /// Puts messages aside that Kafka refuses for good: they are not taken any more.
  package static func park(_ session: PGSession, _ messages: [(id: Int64, error: String)]) throws {
    try session.query(Queries.parkOutbox, [.array(.int8(messages.map(\.id))), .array(.text(messages.map(\.error)))])
  }
}
