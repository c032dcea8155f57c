import Postgres
import SQLCatalog

/// Which dead letters somebody means; nil means any.
package struct DeadLetterFilter: Sendable {
  package var ids: [Int64]?
  package var code: String?
  package var topic: String?
  package var organization: String?
  /// A part of the cause, upper or lower case.
  package var cause: String?
  package var status: String?

  package init() {}

  var values: [PGValue] {
    [
      ids.map { .array(.int8($0)) } ?? .null, PGValue(code), PGValue(topic), PGValue(organization), PGValue(cause),
      PGValue(status),
    ]
  }
}

/// Dead letters for people to read: rows have the columns of `dead_letter`. Bind the session with `reading` first.
package enum DeadLetterReports {
  /// The newest first, without their content; nil limit: all.
  package static func list(_ session: PGSession, _ filter: DeadLetterFilter, limit: Int64?) throws -> PGResult {
    try session.query(Queries.listDeadLetters, filter.values + [limit.map { .int($0) } ?? .null])
  }

  /// Those of the same cause together, with how many there are.
  package static func groups(_ session: PGSession, _ filter: DeadLetterFilter, limit: Int64?) throws -> PGResult {
    try session.query(Queries.groupDeadLetters, filter.values + [limit.map { .int($0) } ?? .null])
  }

  /// Nil: there is none.
  package static func letter(_ session: PGSession, _ id: Int64) throws -> PGRow? {
    try session.query(Queries.showDeadLetter, [.int(id)]).first
  }

  /// What operators decided about a letter and what workers met, in order: created_at, event, actor, reason, before,
  /// after.
  package static func history(_ session: PGSession, _ id: Int64) throws -> PGResult {
    try session.query(Queries.deadLetterHistory, [.int(id)])
  }
}

/// What a person decides about dead letters. Each call is one transaction, which writes the decision into the history
/// of each letter that it changes, and returns the letters as they are then, in order of id.
///
/// A letter is open → replayed | discarded. A replayed one becomes resolved or open again by what a worker meets. Any
/// of them can be replayed. Open and replayed ones can be discarded; the message of a replay is not called back by
/// that: if it is applied the letter is resolved all the same, if it is refused the letter stays discarded.
package enum DeadLetterDecisions {
  /// Hands the original messages to the relay, any number of times.
  package static func replay(_ session: PGSession, _ ids: [Int64], by actor: String, reason: String?) throws -> PGResult
  {
    try session.asSystem(by: Decision(actor: actor, reason: reason)) {
      try session.query(Queries.replayDeadLetters, [.array(.int8(ids)), .text(actor), PGValue(reason)])
    }
  }

  /// Gives letters up; the rows stay. Column `changed`: false of those that were discarded or resolved already, which
  /// stay as they were.
  package static func discard(_ session: PGSession, _ ids: [Int64], by actor: String, reason: String?) throws
    -> PGResult
  {
    try session.asSystem(by: Decision(actor: actor, reason: reason)) {
      try session.query(Queries.discardDeadLetters, [.array(.int8(ids)), .text(actor), PGValue(reason)])
    }
  }
}
