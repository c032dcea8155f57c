import Postgres
import SQLCatalog

/// Who changes something and why; every history that the change touches keeps it.
package struct Decision: Sendable, Equatable {
  /// Nil: the history names the program.
  package let actor: String?
  /// Nil when none was given.
  package let reason: String?

  package init(actor: String?, reason: String? = nil) {
    self.actor = actor
    self.reason = reason
  }
}

extension PGSession {
  /// As ``asSystem(_:)``, with the decision in the histories.
  package func asSystem<R>(by decision: Decision, _ body: () throws -> R) throws -> R {
    try asSystem {
      try tell(decision)
      return try body()
    }
  }

  /// As ``asWorker(_:_:)``, with the decision in the histories.
  package func asWorker<R>(_ organization: String, by decision: Decision, _ body: () throws -> R) throws -> R {
    try asWorker(organization) {
      try tell(decision)
      return try body()
    }
  }

  /// Names who acts in the open transaction, until it ends.
  func tell(_ decision: Decision) throws {
    try query(Queries.tellDecision, [.text(decision.actor ?? ""), .text(decision.reason ?? "")])
  }
}
