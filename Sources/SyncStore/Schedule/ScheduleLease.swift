import Postgres
import SQLCatalog

/// The lead among schedulers: one has it, and every write of a leader names its token. Bound with `asSystem`.
package enum ScheduleLease {
  /// How long a leader that gives no sign of life keeps the lead.
  package static let seconds: Int32 = 10

  /// A new token; nil: somebody leads. Waits while the old leader's last transaction is open.
  package static func take(_ session: PGSession, owner: String) throws -> Int64? {
    try session.query(Queries.takeScheduleLease, [.text(owner), .int4(seconds)]).first?.integer("token")
  }

  /// First statement of every transaction of the leader. Throws ``Fenced`` (inside `asSystem`) when another one leads.
  package static func hold(_ session: PGSession, _ token: Int64) throws {
    try session.query(Queries.holdScheduleLease, [.int(token), .int4(seconds)])
  }

  /// Lets the next one lead at once.
  package static func release(_ session: PGSession, _ token: Int64) throws {
    try session.query(Queries.releaseScheduleLease, [.int(token)])
  }

  /// A transaction of the leader.
  package static func holding<R>(_ session: PGSession, _ token: Int64, _ body: () throws -> R) throws -> R {
    try session.asSystem {
      try hold(session, token)
      return try body()
    }
  }
}
