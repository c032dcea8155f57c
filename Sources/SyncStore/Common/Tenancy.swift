import Postgres
import SQLCatalog

/// Somebody else owns what this write was fenced by: a partition, a job. Nothing of the transaction remains.
package struct Fenced: Error, Equatable {
  package init() {}
}

extension PGSession {
  /// Runs `body` in a transaction of the worker's role that sees one organization only.
  package func asWorker<R>(_ organization: String, _ body: () throws -> R) throws -> R {
    try fencing {
      try transaction {
        try becomeWorker(organization)
        return try body()
      }
    }
  }

  /// Runs `body` in a transaction that sees all organizations.
  package func asSystem<R>(_ body: () throws -> R) throws -> R {
    try fencing {
      try transaction {
        try becomeSystem()
        return try body()
      }
    }
  }

  /// Runs `body` in a transaction of the applications' role: one organization, and the drafts of one session of a user.
  package func asApp<R>(
    _ organization: String, user: String, session: String = "", _ body: () throws -> R
  ) throws -> R {
    try transaction {
      try query(Queries.becomeApp, [.text(organization), .text(user), .text(session)])
      return try body()
    }
  }

  /// Binds the open transaction to one organization under the worker's role.
  package func becomeWorker(_ organization: String) throws { try query(Queries.becomeWorker, [.text(organization)]) }

  /// The same for applying records: its plans find each row by an index probe, whatever statistics say.
  package func becomeApplier(_ organization: String) throws {
    try query(Queries.becomeApplier, [.text(organization)])
  }

  /// Lets the open transaction see all organizations.
  package func becomeSystem() throws { try query(Queries.becomeSystem) }

  /// Takes the time limit out of the open transaction, for statements over all rows of an organization.
  package func liftTimeout() throws { try query(Queries.liftTimeout) }

  /// Turns the database's word for it, SY001, into ``Fenced``.
  package func fencing<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as PGError where error.sqlstate == "SY001" {
      throw Fenced()
    }
  }
}
