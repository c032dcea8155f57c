import Postgres
import SQLCatalog
import SyncDomain

/// Brings the schema of a database to a version, one migration a transaction.
///
/// Any number may run at once: each step takes a lock for its transaction, looks at the ledger, and runs what is next.
/// The ledger row is written first, in the transaction of the migration, so a migration is either there with its row or
/// not at all.
package enum Migrator {
  package struct Status: Sendable {
    package let version: Int
    package let name: String
    /// Nil: not applied.
    package let appliedAt: String?
    /// The file has changed since it was applied.
    package let isChanged: Bool
  }

  /// What the ledger of a database says that this program can not work with.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    /// An applied migration's text is not the one of this program.
    case changed(version: Int, name: String)
    /// The database was migrated by a newer program.
    case newer(version: Int)

    package var description: String {
      switch self {
      case .changed(let version, let name):
        "migration V\(version) \(name) is not the text that was applied to this database"
      case .newer(let version): "the database is at V\(version), which this program does not know"
      }
    }
  }

  private static let lock = "SELECT pg_advisory_xact_lock(7236000)"
  private static let ledger = """
    CREATE TABLE IF NOT EXISTS schema_migration (
      version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
    """

  /// Applies what is missing, up to `target` (nil: everything); returns the versions this call applied. Throws
  /// ``Fault`` and PGError.
  package static func up(_ session: PGSession, to target: Int? = nil) throws -> [Int] {
    var applied: [Int] = []
    while let version = try step(session, up: true, target: target ?? Int.max) { applied.append(version) }
    return applied
  }

  /// Takes back migrations above `target`, newest first; returns the versions taken back.
  package static func down(_ session: PGSession, to target: Int) throws -> [Int] {
    var undone: [Int] = []
    while let version = try step(session, up: false, target: target) { undone.append(version) }
    return undone
  }

  /// Every known migration with its state.
  package static func status(_ session: PGSession) throws -> [Status] {
    let exists = try session.query("SELECT to_regclass('public.schema_migration') IS NOT NULL AS there").first?.bool(
      "there")
    let rows = exists == true ? try read(session) : [:]
    return SQLCatalog.migrations.map { migration in
      let row = rows[migration.version]
      return Status(
        version: migration.version, name: migration.name, appliedAt: row?.appliedAt,
        isChanged: row.map { $0.checksum != checksum(migration) } ?? false)
    }
  }

  /// Whether every migration is applied and none is unknown.
  package static func isCurrent(_ session: PGSession) throws -> Bool {
    let exists = try session.query("SELECT to_regclass('public.schema_migration') IS NOT NULL AS there").first?.bool(
      "there")
    guard exists == true else { return false }
    return Set(try read(session).keys) == Set(SQLCatalog.migrations.map(\.version))
  }

  private struct Row {
    let checksum: String
    let appliedAt: String?
  }

  private static func step(_ session: PGSession, up: Bool, target: Int) throws -> Int? {
    try session.transaction {
      // First, because another migrator holds the lock for as long as its migration takes.
      try session.execute("SET LOCAL client_min_messages = warning; SET LOCAL statement_timeout = 0")
      try session.query(lock)
      // The ledger may have to be made, and two may not make it at once: under the lock.
      try session.execute(ledger)
      let rows = try read(session)
      try check(rows)
      if up {
        guard let next = SQLCatalog.migrations.first(where: { rows[$0.version] == nil && $0.version <= target }) else {
          return nil
        }
        try session.query(
          "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)",
          [.int4(Int32(next.version)), .text(next.name), .text(checksum(next))])
        try session.execute(next.up)
        return next.version
      }
      guard let last = SQLCatalog.migrations.last(where: { rows[$0.version] != nil && $0.version > target }) else {
        return nil
      }
      try session.query("DELETE FROM schema_migration WHERE version = $1", [.int4(Int32(last.version))])
      try session.execute(last.down)
      return last.version
    }
  }

  private static func read(_ session: PGSession) throws -> [Int: Row] {
    var rows: [Int: Row] = [:]
    for row in try session.query("SELECT version, checksum, applied_at FROM schema_migration").rows {
      rows[Int(try row.integer("version"))] = Row(
        checksum: try row.string("checksum"), appliedAt: try row.text("applied_at"))
    }
    return rows
  }

  private static func check(_ rows: [Int: Row]) throws {
    for migration in SQLCatalog.migrations {
      if let row = rows[migration.version], row.checksum != checksum(migration) {
        throw Fault.changed(version: migration.version, name: migration.name)
      }
    }
    let known = Set(SQLCatalog.migrations.map(\.version))
    if let unknown = rows.keys.filter({ !known.contains($0) }).max() { throw Fault.newer(version: unknown) }
  }

  private static func checksum(_ migration: SQLCatalog.Migration) -> String {
    String(XXH64.hash(Array(migration.up.utf8)), radix: 16)
  }
}
