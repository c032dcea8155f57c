import Postgres
import SyncStore

/// `syncline migrate status`: every migration of this program and whether the database has it.
enum MigrateStatusCommand {
  static let command = Command(
    path: ["migrate", "status"],
    summary: "Show which migrations are applied; exit code 4 when one is missing or changed",
    examples: [Example("syncline migrate status", "what 'migrate up' would do")], needs: [.database]
  ) { invocation in
    let all = try await Database.run(invocation) { try Migrator.status($0) }
    let columns = [Column("version", .integer), Column("name"), Column("state"), Column("applied_at", .time)]
    let rows: [[Cell]] = all.map { migration in
      let state = migration.appliedAt == nil ? "pending" : migration.isChanged ? "changed" : "applied"
      return [.integer(migration.version), .text(migration.name), .text(state), .moment(migration.appliedAt)]
    }
    try invocation.output.write(Table(columns, rows: rows))
    return all.contains { $0.appliedAt == nil || $0.isChanged } ? .findings : .ok
  }
}
