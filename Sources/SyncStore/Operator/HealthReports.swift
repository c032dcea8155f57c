import Postgres
import SQLCatalog

/// Facts about the machinery that `doctor` judges.
package enum HealthReports {
  /// A job whose worker went silent.
  package struct SilentJob: Sendable, Equatable {
    package let id: String
    package let organization: String
    package let kind: String
    package let owner: String?
    /// Since its lease ended, in seconds.
    package let seconds: Int64

    package init(id: String, organization: String, kind: String, owner: String?, seconds: Int64) {
      self.id = id
      self.organization = organization
      self.kind = kind
      self.owner = owner
      self.seconds = seconds
    }
  }

  /// A transaction that somebody keeps open.
  package struct OpenTransaction: Sendable, Equatable {
    package let pid: Int64
    package let login: String
    package let application: String
    package let state: String
    package let seconds: Int64

    package init(pid: Int64, login: String, application: String, state: String, seconds: Int64) {
      self.pid = pid
      self.login = login
      self.application = application
      self.state = state
      self.seconds = seconds
    }
  }

  /// Tables of tenants whose row security is off or not forced, by name.
  package static func unforcedTables(_ session: PGSession) throws -> [String] {
    try session.query(Queries.unforcedTables).rows.map { try $0.string("table_name") }
  }

  /// Running jobs whose lease has been past for this many seconds; at most 20. Bind the session with `reading` first.
  package static func silentJobs(_ session: PGSession, after seconds: Int) throws -> [SilentJob] {
    try session.query(Queries.silentJobs, [.int4(Int32(clamping: seconds))]).rows.map { row in
      SilentJob(
        id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
        owner: try row.text("lease_owner"), seconds: try row.integer("seconds"))
    }
  }

  /// What the outbox holds.
  package struct Outbox: Sendable, Equatable {
    /// Messages that wait for the relay.
    package var messages: Int64 = 0
    /// Age of the oldest of them; nil when none waits.
    package var seconds: Int64?
    /// Messages that Kafka refuses for good.
    package var parked: Int64 = 0
    /// The topic of the latest of them, and why.
    package var error: String?

    package init() {}
  }

  /// Bind the session with `reading` first.
  package static func outbox(_ session: PGSession) throws -> Outbox {
    let row = try session.query(Queries.outboxBacklog).one()
    var outbox = Outbox()
    outbox.messages = try row.integer("messages")
    outbox.seconds = try row.int("seconds")
    outbox.parked = try row.integer("parked")
    outbox.error = try row.text("error")
    return outbox
  }

  /// A table with many dead rows.
  package struct Bloat: Sendable, Equatable {
    package let table: String
    package let live: Int64
    package let dead: Int64

    package init(table: String, live: Int64, dead: Int64) {
      self.table = table
      self.live = live
      self.dead = dead
    }
  }

  /// Tables where more than this share of the rows is dead, 0 to 1, the worst first; at most 5.
  package static func bloat(_ session: PGSession, above share: Double) throws -> [Bloat] {
    try session.query(Queries.tableBloat, [.double(share)]).rows.map { row in
      Bloat(table: try row.string("table_name"), live: try row.integer("live"), dead: try row.integer("dead"))
    }
  }

  /// A server that reports are read from.
  package struct Replica: Sendable, Equatable {
    package let isStandby: Bool
    /// Age of the newest commit it shows; 0 when it shows all it was sent.
    package let seconds: Int64

    package init(isStandby: Bool, seconds: Int64) {
      self.isStandby = isStandby
      self.seconds = seconds
    }
  }

  package static func replica(_ session: PGSession) throws -> Replica {
    let row = try session.query(Queries.replicaDelay).one()
    return Replica(isStandby: try row.bool("is_standby") ?? false, seconds: try row.integer("seconds"))
  }

  /// Nil: there is none that this login may see.
  package static func oldestTransaction(_ session: PGSession) throws -> OpenTransaction? {
    try session.query(Queries.oldestTransaction).first.map(transaction)
  }

  /// Somebody who keeps others waiting for a lock.
  package struct Blocker: Sendable, Equatable {
    /// Login, application and state are empty where this login may not see them; pid 0: a prepared transaction.
    package let transaction: OpenTransaction
    /// Sessions that wait for it, for whatever lock, also behind each other.
    package let waiting: Int64
    /// How long the first of them has waited, in seconds.
    package let longest: Int64

    package init(_ transaction: OpenTransaction, waiting: Int64, longest: Int64) {
      self.transaction = transaction
      self.waiting = waiting
      self.longest = longest
    }
  }

  /// Those whose transaction is open for this many seconds, the worst first; at most 5. A transaction that is bound to
  /// a role has the login's own rights afterwards.
  package static func blockers(_ session: PGSession, openFor seconds: Int) throws -> [Blocker] {
    try session.query(Queries.becomeLogin)
    return try session.query(Queries.blockingSessions, [.int4(Int32(clamping: seconds))]).rows.map { row in
      Blocker(
        try transaction(row), waiting: try row.integer("waiting"), longest: try row.integer("longest"))
    }
  }

  private static func transaction(_ row: PGRow) throws -> OpenTransaction {
    OpenTransaction(
      pid: try row.integer("pid"), login: try row.string("login"), application: try row.string("application"),
      state: try row.string("state"), seconds: try row.integer("seconds"))
  }
}
