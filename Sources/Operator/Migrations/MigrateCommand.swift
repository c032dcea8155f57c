import Postgres
import SyncStore

/// `syncline migrate up`: brings the schema to this program's version. `syncline migrate` is the same.
enum MigrateCommand {
  static let up = Command(
    path: ["migrate", "up"], summary: "Apply the migrations that are missing", discussion: discussion, options: options,
    examples: [Example("syncline migrate up", "bring the database to this program's version")], needs: [.database],
    change: .adds, keepsReason: false, run: run)

  static let plain = Command(
    path: ["migrate"], summary: "Apply the migrations that are missing; the same as 'migrate up'",
    discussion: discussion,
    options: options, needs: [.database], change: .adds, keepsReason: false, run: run)

  private static let discussion = """
    Each migration is one transaction that takes a lock and writes its row in schema_migration first, so any number of \
    these may run at once. A migration whose text has changed since it was applied stops it. Triggers of the schema \
    that somebody has disabled or dropped are brought back.
    """

  private static let options = [
    Option.integer("to", "N", "stop at this version (default: the newest)", in: 0...Int64(Int32.max))
  ]

  private static let columns = [Column("version", .integer), Column("name")]

  @Sendable private static func run(_ invocation: Invocation) async throws -> ExitCode {
    let target = invocation.integer("to").map { Int($0) }
    let (applied, all, restored) = try await Database.run(invocation, limit: nil) { session in
      let applied = try Migrator.up(session, to: target)
      // Of another schema nobody knows which there should be.
      let restored = try Migrator.isCurrent(session) ? try Triggers.restore(session) : []
      return (applied, try Migrator.status(session), restored)
    }
    try write(applied, all, to: invocation.output)
    for trigger in restored { invocation.output.message("\(trigger); it fires again") }
    let version = all.last { $0.appliedAt != nil }?.version ?? 0
    invocation.output.message(
      applied.isEmpty ? "nothing to do, the schema is at V\(version)" : "the schema is at V\(version)")
    return .ok
  }

  /// The versions something was done with, in the order it was done.
  static func write(_ versions: [Int], _ all: [Migrator.Status], to output: Output) throws {
    let names = Dictionary(all.map { ($0.version, $0.name) }) { first, _ in first }
    try output.write(Table(columns, rows: versions.map { [.integer($0), .text(names[$0])] }))
  }
}
