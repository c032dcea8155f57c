import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore

/// `bench edits`: versioned edits of an application, by any number of users over a bounded pool.
package struct EditBench: Sendable {
  package var records = 10_000
  /// How long each number of users works.
  package var spell = Duration.seconds(5)
  package var users = [1, 5, 10, 20, 100, 1_000]
  package var fsync = true

  /// Connections for all users together.
  private static let pool = 20

  package init() {}

  /// Runs everything; `say` tells how far it is. Throws BENCH_INVALID when an edit was lost or counted twice.
  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    let database = try await BenchDatabase.start(fsync: fsync, indexes: .standard)
    do {
      let report = try await measure(database, say)
      await database.server.stop()
      return report
    } catch {
      await database.server.stop()
      throw error
    }
  }

  private func measure(_ database: BenchDatabase, _ say: (String) -> Void) async throws -> BenchReport {
    var report = BenchReport(
      "edits",
      database.conditions(fsync: fsync) + [
        ("records", .integer(records)), ("connections", .integer(EditBench.pool)),
        ("spell_seconds", .decimal(BenchResult.text(spell.inSeconds))),
      ])
    let url = try await database.create("bench_edits")
    let count = Int32(records)
    try await BenchDatabase.run(url) { session in
      try session.query(Queries.benchFillRecords, [.text(BenchDatabase.organization), .int4(count)])
      try session.asWorker(BenchDatabase.organization) {
        _ = try KPIStore.rebuild(session, organization: BenchDatabase.organization, slot: 0, cause: "bench")
      }
      try session.execute("VACUUM ANALYZE")
    }
    let pool = PGPool(
      PGOptions(url: url, applicationName: "syncline-bench"), size: EditBench.pool, name: "bench",
      log: Log(level: .error))
    do {
      report.results.append(try await versionCheck(url))
      // Connections, plans and caches are as in a service that has run for a while.
      _ = try await EditLoad(pool: pool, users: EditBench.pool, pause: 0, of: records).run(.milliseconds(500))
      for users in users {
        say("\(counted(users, "user")), each an edit a second")
        report.results += paced(users, try await EditLoad(pool: pool, users: users, pause: 1, of: records).run(spell))
      }
      say("20 users without a pause")
      report.results += saturated(try await EditLoad(pool: pool, users: 20, pause: 0, of: 100).run(spell))
      let wrong = try await BenchDatabase.run(url) { session in
        try session.reading { try KPIStore.differences(session, organization: nil).rowCount }
      }
      guard wrong == 0 else { throw CommandError(.failure, "BENCH_INVALID", "\(wrong) KPI groups are wrong") }
      await pool.close()
    } catch {
      await pool.close()
      throw error
    }
    return report
  }

  private func paced(_ users: Int, _ tally: EditTally) -> [BenchResult] {
    let times = Latencies(tally.edits)
    // The seed's words: 5 to 15 ms with up to 20 users, 10 to 25 ms with up to 1,000.
    let bound = users <= 20 ? 15.0 : 25.0
    let name = counted(users, "user")
    let note = "\(tally.edits.count) edits, \(tally.conflicts.count) conflicts; limit: the seed's bound"
    return [
      BenchResult("\(name), p50", "ms", times[50], limit: bound, target: .ratioAtMost(1), note: note),
      BenchResult("\(name), p95", "ms", times[95], limit: bound, target: .ratioAtMost(1), note: note),
      BenchResult("\(name), p99 of p50", "ms", times[99], limit: times[50], note: "limit: the median"),
    ]
  }

  /// In the shape of the seed's log: count, mean, P95, P99.
  private func saturated(_ tally: EditTally) -> [BenchResult] {
    let (times, conflicts) = (Latencies(tally.edits), Latencies(tally.conflicts))
    let rate = Double(tally.edits.count + tally.conflicts.count) / tally.elapsed
    let note = "20 users on 100 records; limit: the seed's figure"
    return [
      BenchResult("no pause: edits", "count", Double(times.count), note: "in effect; the seed's figure is of an hour"),
      BenchResult("no pause: rate", "calls/s", rate, limit: 847, target: .ratioAtLeast(1), note: note),
      BenchResult("no pause: mean", "ms", times.mean, limit: 8.7, target: .ratioAtMost(1), note: note),
      BenchResult("no pause: p95", "ms", times[95], limit: 14.2, target: .valueBelow(20), note: note),
      BenchResult("no pause: p99", "ms", times[99], limit: 22.8, target: .ratioAtMost(1), note: note),
      BenchResult(
        "no pause: conflict answer, p95", "ms", conflicts[95], limit: 20, target: .ratioAtMost(1),
        note: "\(conflicts.count) conflicts; limit: the seed's bound"),
    ]
  }

  private func versionCheck(_ url: String) async throws -> BenchResult {
    let times = try await BenchDatabase.run(url) { session in
      let seen = try session.query(Queries.benchSeenVersion, [.text(BenchDatabase.organization), .text("B0")]).one()
      let values: [PGValue] = [.uuid(try seen.string("id")), .int4(Int32(try seen.integer("version")))]
      return try (0..<1_000).map { _ in
        let started = ContinuousClock.now
        try session.query(Queries.benchCheckVersion, values)
        return started.duration(to: .now).inSeconds * 1_000
      }
    }
    return BenchResult(
      "version check, p95", "ms", Latencies(times)[95], limit: 1, target: .ratioAtMost(1),
      note: "by key; limit: the seed's bound")
  }
}
