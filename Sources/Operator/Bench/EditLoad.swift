import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// What users met: milliseconds from the wish to the answer, waiting for a connection included.
struct EditTally: Sendable {
  /// Edits that are in effect.
  var edits: [Double] = []
  /// Edits that were told the present content instead.
  var conflicts: [Double] = []
  /// Seconds of all of it.
  var elapsed = 0.0

  static func + (left: EditTally, right: EditTally) -> EditTally {
    EditTally(
      edits: left.edits + right.edits, conflicts: left.conflicts + right.conflicts,
      elapsed: max(left.elapsed, right.elapsed))
  }
}

/// Users who edit one record after the other, each at the version they have just read.
struct EditLoad: Sendable {
  let pool: PGPool
  let users: Int
  /// Mean seconds that a user thinks; 0: not at all.
  let pause: Double
  /// They edit the first so many records.
  let records: Int

  init(pool: PGPool, users: Int, pause: Double, of records: Int) {
    self.pool = pool
    self.users = users
    self.pause = pause
    self.records = records
  }

  /// Throws BENCH_INVALID when versions do not add up to the edits that were told to be in effect.
  func run(_ spell: Duration) async throws -> EditTally {
    let before = try await versions()
    let started = ContinuousClock.now
    let deadline = Deadline(after: spell)
    var tally = try await withThrowingTaskGroup(of: EditTally.self) { group in
      for user in 0..<users { group.addTask { try await work(user, until: deadline) } }
      return try await group.reduce(EditTally(), +)
    }
    tally.elapsed = started.duration(to: .now).inSeconds
    let gained = try await versions() - before
    guard gained == Int64(tally.edits.count) else {
      throw CommandError(
        .failure, "BENCH_INVALID", "\(tally.edits.count) edits are in effect and versions rose by \(gained)")
    }
    return tally
  }

  private func work(_ user: Int, until deadline: Deadline) async throws -> EditTally {
    var random = SplitMix64(seed: UInt64(user) &+ UInt64(users) << 32)
    var tally = EditTally()
    // They do not all begin at once.
    try await think(&random)
    repeat {
      let record = random.below(records)
      let (id, version) = try await pool.run { session in
        let values: [PGValue] = [.text(BenchDatabase.organization), .text("B\(record)")]
        let row = try session.query(Queries.benchSeenVersion, values).one()
        return (try row.string("id"), try row.integer("version"))
      }
      // Always another value than the present one, which an edit of the other parity or the filling has written.
      let rate = 5_000 + 2 * random.below(500_000) + Int(version % 2)
      let started = ContinuousClock.now
      let isIn = try await pool.transaction { session in
        try session.query(Queries.becomeApp, [.text(BenchDatabase.organization), .text("bench"), .text("u\(user)")])
        return try session.query(
          Queries.benchVersionedEdit,
          [.uuid(id), .text(#"{"monthlyRate": \#(rate)}"#), .int4(Int32(version))]
        ).one().bool("success") ?? false
      }
      let time = started.duration(to: .now).inSeconds * 1_000
      if isIn { tally.edits.append(time) } else { tally.conflicts.append(time) }
      try await think(&random)
    } while !deadline.hasPassed
    return tally
  }

  private func think(_ random: inout SplitMix64) async throws {
    guard pause > 0 else { return }
    try await Task.sleep(for: .milliseconds(random.below(Int(pause * 2_000))))
  }

  private func versions() async throws -> Int64 {
    try await pool.run { session in
      try session.query(Queries.benchVersions, [.text(BenchDatabase.organization)]).one().integer("versions")
    }
  }
}
