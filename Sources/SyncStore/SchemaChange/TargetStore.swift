import Postgres
import SQLCatalog
import SyncDomain

/// A change in its target: the statements and the ledger's row in one transaction.
///
/// The connection is one of its own. All throw PGError, and ``SchemaFault`` for what the target's state forbids.
package enum TargetStore {
  /// One attempt.
  package struct Attempt: Sendable {
    package let schema: TargetSchema
    package let organization: String
    package let project: String
    /// Names it in the ledger.
    package let changeId: String
    package let fromVersion: Int32
    package let toVersion: Int32
    package let type: String
    package let dropsProject: Bool

    package init(
      schema: TargetSchema, organization: String, project: String, changeId: String, fromVersion: Int32,
      toVersion: Int32, type: String, dropsProject: Bool
    ) {
      self.schema = schema
      self.organization = organization
      self.project = project
      self.changeId = changeId
      self.fromVersion = fromVersion
      self.toVersion = toVersion
      self.type = type
      self.dropsProject = dropsProject
    }
  }

  /// How long statements may take, in milliseconds.
  package struct Limits: Sendable {
    package let lock: Int64
    package let statement: Int64

    package init(lock: Int64, statement: Int64) {
      self.lock = lock
      self.statement = statement
    }
  }

  /// Opens the transaction's work: schema, ledger, and the change's row in it, which comes first, so that whoever wants
  /// to know what became of the attempt waits for this transaction.
  package static func begin(_ session: PGSession, _ attempt: Attempt, _ limits: Limits, sql: String) throws {
    try open(session, attempt.schema, limits)
    let state = try session.query(
      Queries.targetState, [.text(attempt.organization), .text(attempt.project)]
    ).one()
    if try state.bool("is_foreign") == true {
      throw SchemaFault(.targetError, "schema \(attempt.schema.name) belongs to another organization")
    }
    if let version = try state.int("version"), version > Int64(attempt.fromVersion) {
      throw SchemaFault(
        .targetDiverged, "the target has version \(version) of the project, the master \(attempt.fromVersion)")
    }
    guard try record(session, attempt, status: attempt.dropsProject ? "dropped" : "applied", sql: sql) else {
      throw SchemaFault(.projectLocked, "the attempt was given up by another worker")
    }
  }

  /// One statement of the change. By the extended protocol, which takes exactly one.
  package static func run(_ session: PGSession, _ statement: SchemaStatement, _ limits: Limits) throws {
    try bind(session, limits, schema: nil)
    try session.query(statement.sql)
  }

  /// Binds what follows in the session.
  package static func limit(_ session: PGSession, _ limits: Limits) throws {
    try session.query(Queries.targetSession, [.text("\(limits.lock)ms"), .text("\(limits.statement)ms")])
  }

  /// Keeps other workers' safe steps of the project away for as long as the session lives. Blocks up to the lock limit.
  package static func hold(_ session: PGSession, _ schema: TargetSchema, project: String, _ limits: Limits) throws {
    try limit(session, limits)
    try session.query(Queries.targetHold, [.text(schema.name + " " + project)])
  }

  /// One statement by itself, in no transaction; returns how many rows it changed.
  package static func runAlone(
    _ session: PGSession, _ statement: SchemaStatement, _ values: [PGValue], _ limits: Limits
  ) throws -> Int {
    try limit(session, limits)
    return try session.query(statement.sql, values).affected
  }

  /// The end of the transaction's work.
  package static func end(_ session: PGSession, _ attempt: Attempt) throws {
    if attempt.dropsProject {
      try session.query(Queries.targetForget, [.text(attempt.project), .uuid(attempt.changeId)])
    }
  }

  /// Whether the target has the attempt. If not, it never will: the ledger says abandoned, and a transaction of it that
  /// is still open somewhere fails. Blocks while that one runs, up to the lock limit.
  package static func settle(_ session: PGSession, _ attempt: Attempt, _ limits: Limits) throws -> Bool {
    try session.transaction {
      try open(session, attempt.schema, limits)
      if try record(session, attempt, status: "abandoned", sql: "") { return false }
      return try session.query(Queries.targetOutcome, [.uuid(attempt.changeId)]).one().string("status") != "abandoned"
    }
  }

  private static func open(_ session: PGSession, _ schema: TargetSchema, _ limits: Limits) throws {
    try bind(session, limits, schema: schema)
    if try session.query(Queries.targetExists, [.text(schema.name)]).one().bool("there") == true { return }
    try session.query(Queries.targetLock, [.text(schema.name)])
    try session.execute("SET LOCAL client_min_messages = warning")
    try session.query("CREATE SCHEMA IF NOT EXISTS " + SQLQuote.identifier(schema.name))
    try session.query(Queries.targetLedger)
  }

  private static func bind(_ session: PGSession, _ limits: Limits, schema: TargetSchema?) throws {
    if let schema {
      // pg_catalog is searched anyway; nothing else is.
      try session.query(
        Queries.targetSettings,
        [.text(SQLQuote.identifier(schema.name)), .text("\(limits.lock)ms"), .text("\(limits.statement)ms")])
    } else {
      try session.query(Queries.targetLimits, [.text("\(limits.lock)ms"), .text("\(limits.statement)ms")])
    }
  }

  private static func record(_ session: PGSession, _ attempt: Attempt, status: String, sql: String) throws -> Bool {
    let values: [PGValue] = [
      .uuid(attempt.changeId), .text(attempt.organization), .text(attempt.project), .text(status),
      .int4(attempt.fromVersion), .int4(attempt.toVersion), .text(attempt.type), .text(sql),
    ]
    return try session.query(Queries.targetRecord, values).rowCount == 1
  }
}
