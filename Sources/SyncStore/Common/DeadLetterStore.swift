import Postgres
import SQLCatalog
import SyncDomain

/// A message that can not be applied, with everything needed to understand and replay it.
package struct DeadLetter: Sendable {
  package var organization: String?
  package var topic: String
  package var partition: Int32
  package var offset: Int64
  package var key: [UInt8]?
  package var value: [UInt8]?
  package var headers: [(name: String, value: [UInt8]?)]
  package var code: String
  package var cause: String
  package var trace: String?
  /// When Kafka took the message, ms since 1970; nil when it does not say.
  package var producedAt: Int64?
  /// The message was published again for an earlier letter.
  package var replay: DeadLetterReplay?

  package init(
    organization: String?, topic: String, partition: Int32, offset: Int64, key: [UInt8]?, value: [UInt8]?,
    headers: [(name: String, value: [UInt8]?)], code: String, cause: String, trace: String?, producedAt: Int64?,
    replay: DeadLetterReplay? = nil
  ) {
    self.organization = organization
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.value = value
    self.headers = headers
    self.code = code
    self.cause = cause
    self.trace = trace
    self.producedAt = producedAt
    self.replay = replay
  }
}

/// Keeps bad messages in the transaction that moves past them, and hands a copy to the `.dlq` topic.
package enum DeadLetterStore {
  /// Inside the caller's transaction. A message that was published again belongs to the letter it has: that one is open
  /// once more, and no other is kept. Under any of our roles; of a replay only as the system. Throws PGError.
  package static func keep(_ session: PGSession, _ letter: DeadLetter) throws {
    if let replay = letter.replay {
      let values = identity(replay, letter.topic, letter.key, letter.value) + [.text(letter.code), .text(letter.cause)]
      if try session.query(Queries.reopenDeadLetter, values).rowCount > 0 { return }
    }
    let context: [(name: String, value: [UInt8]?)] = [
      ("__connect.errors.topic", letter.topic), ("__connect.errors.partition", String(letter.partition)),
      ("__connect.errors.offset", String(letter.offset)), ("__connect.errors.exception.class.name", letter.code),
      ("__connect.errors.exception.message", letter.cause), ("__connect.errors.stage", "VALUE_CONVERTER"),
    ].map { (name: $0.0, value: Array($0.1.utf8)) }
    try session.query(
      Queries.insertDeadLetter,
      [
        PGValue(letter.organization), .text(letter.topic), .int4(letter.partition), .int(letter.offset),
        bytes(letter.key),
        bytes(letter.value), .json(HeaderText.encode(letter.headers)), .text(letter.code), .text(letter.cause),
        PGValue(letter.trace), letter.producedAt.map { .int($0) } ?? .null, .text(letter.topic + ".dlq"),
        .json(HeaderText.encode(letter.headers + context)),
      ])
  }

  /// A message that was published again has been applied. Inside the caller's transaction, as the system.
  package static func resolve(
    _ session: PGSession, _ replay: DeadLetterReplay, topic: String, key: [UInt8]?, value: [UInt8]?
  ) throws {
    try session.query(Queries.resolveDeadLetter, identity(replay, topic, key, value))
  }

  /// A letter is known by its number and by the message itself, so that a forged header touches no other.
  private static func identity(
    _ replay: DeadLetterReplay, _ topic: String, _ key: [UInt8]?, _ value: [UInt8]?
  ) -> [PGValue] {
    [.int(replay.letter), .int4(replay.number), .text(topic), bytes(key), bytes(value)]
  }

  private static func bytes(_ value: [UInt8]?) -> PGValue { value.map { .bytes($0) } ?? .null }
}
