import Postgres
import SyncStore

/// `syncline migrate down --to N`: takes migrations back, with the tables they made and what is in them.
enum MigrateDownCommand {
  static let command = Command(
    path: ["migrate", "down"], summary: "Take migrations back, newest first, with the data of their tables",
    options: [
      Option.integer(
        "to", "N", "the version to go back to; 0 takes everything back", in: 0...Int64(Int32.max), required: true)
    ],
    examples: [Example("syncline migrate down --to 7 --yes", "take back everything above V7")], needs: [.database],
    change: .destroys, keepsReason: false
  ) { invocation in
    let target = Int(invocation.integer("to") ?? 0)
    let above = try await Database.run(invocation) { session in
      try Migrator.status(session).filter { $0.appliedAt != nil && $0.version > target }
    }
    guard let newest = above.last else {
      try MigrateCommand.write([], [], to: invocation.output)
      invocation.output.message("nothing to do, no migration above V\(target) is applied")
      return .ok
    }
    try await invocation.confirm(
      "take back \(counted(above.count, "migration")), V\(target + 1) to V\(newest.version), with the data of their tables"
    )
    let (undone, all) = try await Database.run(invocation, limit: nil) { session in
      (try Migrator.down(session, to: target), try Migrator.status(session))
    }
    try MigrateCommand.write(undone, all, to: invocation.output)
    invocation.output.message("the schema is at V\(all.last { $0.appliedAt != nil }?.version ?? 0)")
    return .ok
  }
}
