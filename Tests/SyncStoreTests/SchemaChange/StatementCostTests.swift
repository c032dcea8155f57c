import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What a plan says of its statements, against what PostgreSQL does.
@Suite("Costs of schema statements", .syncDatabase) struct StatementCostTests {
  @Test(
    "S3-03: the lock of each statement, whether it writes the table anew and whether it reads it are what the server shows",
    arguments: ThereAndBackTests.changes, [false, true])
  func asPlanned(_ text: String, _ isFilled: Bool) async throws {
    try await onDatabase { session in
      var target = try Targets()
      try target.apply(session, try Targets.changes(Targets.shop))
      if isFilled { try target.fill(session) }
      let before = target.project
      for statement in try SchemaPlanner(target.schema).plan(try Targets.changes(text), on: before).statements {
        // What the change itself makes keeps nobody out.
        guard let id = statement.table, before.tables.contains(where: { $0.id == id }) else {
          try session.query(statement.sql)
          continue
        }
        let table = #""\#(target.schema.name)"."t_\#(id)""#
        let seen = try observe(session, statement, table)
        #expect(seen.lock == statement.lock.rawValue, "\(statement.sql)")
        #expect(seen.rewrites == statement.rewrites, "\(statement.sql)")
        if isFilled, !seen.rewrites { #expect(seen.scans == statement.scans, "\(statement.sql)") }
      }
    }
  }

  private struct Seen {
    let lock: String
    let rewrites: Bool
    let scans: Bool
  }

  /// Runs a statement in a transaction of its own; nothing else of the database is at work.
  private func observe(_ session: PGSession, _ statement: SchemaStatement, _ table: String) throws -> Seen {
    try session.transaction {
      let facts = "SELECT $1::regclass::oid::bigint AS oid, pg_relation_filenode($1::regclass)::bigint AS node"
      let counter = "SELECT pg_stat_get_xact_numscans($1::bigint::oid) AS scans"
      let before = try session.query(facts, [.text(table)]).one()
      let oid = try before.integer("oid")
      let scans = try session.query(counter, [.int(oid)]).one().integer("scans")
      try session.query(statement.sql)
      // The strongest; nothing weaker than these was asked for.
      let modes = try session.list(
        """
        SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = $1::bigint::oid AND granted
          AND mode IN ('ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')
        """, [.int(oid)])
      let names = [
        ("AccessExclusiveLock", "ACCESS EXCLUSIVE"), ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
        ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
      ]
      let isThere = try session.count("SELECT count(*) FROM pg_class WHERE oid = $1::bigint::oid", [.int(oid)]) == 1
      let node =
        isThere ? try session.query(facts, [.text(table)]).one().integer("node") : try before.integer("node")
      return Seen(
        lock: names.first { modes.contains($0.0) }?.1 ?? "none", rewrites: node != (try before.integer("node")),
        scans: try session.query(counter, [.int(oid)]).one().integer("scans") > scans)
    }
  }
}
