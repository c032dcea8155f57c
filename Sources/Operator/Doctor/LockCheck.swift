import SyncStore

/// What `doctor`, `top` and the status page say of sessions that keep others waiting for a lock. Pure.
enum LockCheck {
  /// A transaction that is open for so many seconds while others wait for it is told. Our own are shorter, but for
  /// those over all records of a large organization.
  static let patience = 10

  static func judge(_ blockers: [HealthReports.Blocker]) -> Check {
    guard let first = blockers.first else { return Check("locks", .ok, "nobody waits long for one") }
    return Check(
      "locks", .warning, blockers.map(text).joined(separator: "; "),
      remedy: "what waits goes on when it ends; if nobody needs it, end \(blockers.count == 1 ? "it" : "the first"): "
        + command(first))
  }

  /// Who keeps whom waiting, in a sentence without its full stop.
  static func text(_ blocker: HealthReports.Blocker) -> String {
    let holder = blocker.transaction
    let facts = [holder.login, holder.application, holder.state].filter { !$0.isEmpty }
    let who = holder.pid == 0 ? ["a prepared transaction"] : ["process \(holder.pid)"] + facts
    let wait = durationText(Double(blocker.longest))
    return
      "\(counted(blocker.waiting, "session")) \(blocker.waiting == 1 ? "waits" : "wait") for a lock, the first for "
      + "\(wait), of \(who.joined(separator: ", ")), whose transaction is open for "
      + durationText(Double(holder.seconds))
  }

  /// Ends it, as a line for a shell.
  static func command(_ blocker: HealthReports.Blocker) -> String {
    let pid = blocker.transaction.pid
    // A prepared transaction belongs to no process: who knows its name rolls it back.
    let statement = pid == 0 ? "TABLE pg_prepared_xacts" : "SELECT pg_terminate_backend(\(pid))"
    return "psql \"$DATABASE_URL\" -c \"\(statement)\""
  }
}
