import Kafka
import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore
import SyncWorker

/// Commits of drafts through Kafka into the table: how long one takes, and how many fit into a second.
struct CommitBench: Sendable {
  let records: Int
  var edits = 20_000
  var rounds = 3
  var fsync = true
  var asksLatency = true
  var executable = BenchWorker.ownExecutable

  private static let lanes = 2
  private static let organization = BenchDatabase.organization

  init(records: Int) { self.records = records }

  func run(_ tell: @Sendable (String) -> Void) async throws -> BenchReport {
    let database = try await BenchDatabase.start(fsync: fsync, indexes: .standard)
    do {
      let report = try await measure(database, tell)
      await database.server.stop()
      return report
    } catch {
      await database.server.stop()
      throw error
    }
  }

  private func measure(_ database: BenchDatabase, _ tell: @Sendable (String) -> Void) async throws -> BenchReport {
    var report = BenchReport(
      "commit",
      database.conditions(fsync: fsync) + [
        ("records", .integer(records)), ("lanes", .integer(Self.lanes)), ("edits", .integer(edits)),
        ("rounds", .integer(rounds)),
      ])
    let url = try await database.create("commits")
    tell("filling \(records) records")
    try await fill(url)
    let path = try await CommitPath.start(url: url, lanes: Self.lanes, executable: executable)
    do {
      for users in asksLatency ? [1, 20, 100, 1_000] : [] {
        for isHot in [false, true] {
          tell("\(users) users, \(isHot ? "hot" : "cold") records")
          report.results += try await latency(path, url, users: users, isHot: isHot)
        }
      }
      for size in [1, 20] {
        tell("throughput, \(size) edits in a session")
        report.results.append(try await throughput(path, url, size: size))
      }
      guard try await path.differences() == 0 else {
        throw CommandError(.failure, "BENCH_INVALID", "the totals are not what the records say")
      }
    } catch {
      await path.stop()
      throw error
    }
    await path.stop()
    return report
  }

  private func fill(_ url: String) async throws {
    let count = Int32(records)
    try await BenchDatabase.run(url) { session in
      try session.query(Queries.benchFillRecords, [.text(Self.organization), .int4(count)])
      try session.asWorker(Self.organization) {
        _ = try KPIStore.rebuild(session, organization: Self.organization, slot: 0, cause: "bench")
      }
      try BenchDatabase.analyze(session)
      try session.execute("CHECKPOINT")
    }
  }

  /// Every user commits one edit at once, waits for its effect, and goes on.
  private func latency(_ path: CommitPath, _ url: String, users: Int, isHot: Bool) async throws -> [BenchResult] {
    let turns = max(4, min(300, 4_000 / users))
    let prefix = "l\(users)\(isHot ? "h" : "c")"
    var times: [Double] = []
    for turn in 0..<turns {
      let pool = isHot ? min(100, records) : records
      try await drafts(
        url, "\(prefix)\(turn)", count: users, size: 1, first: isHot ? 0 : (turn * users) % records, of: pool)
      times += try await path.commit((0..<users).map { "\(prefix)\(turn)-\($0)" }).map { $0 * 1000 }
    }
    times.sort()
    let name = "\(users) users, \(isHot ? "hot" : "cold")"
    return [(50, 0.5, 5.0), (95, 0.95, nil), (99, 0.99, 20.0)].map { percent, share, goal in
      BenchResult(
        "\(name), p\(percent)", "ms", times[min(times.count - 1, Int(Double(times.count) * share))],
        target: users == 20 && !isHot ? goal.map { .valueBelow($0) } : nil, note: "event produced to commit visible")
    }
  }

  /// 20 users commit sessions of `size` edits of distinct records; pgbench by turns.
  private func throughput(_ path: CommitPath, _ url: String, size: Int) async throws -> BenchResult {
    var (ours, limit): ([Double], [Double]) = ([], [])
    let count = min(edits, records) / size * size
    for round in 0..<rounds {
      try await drafts(url, "t\(size)-\(round)", count: count, size: size, first: 0, of: records)
      let started = ContinuousClock.now
      _ = try await path.commit((0..<(count / size)).map { "t\(size)-\(round)-\($0)" })
      ours.append(Double(count) / started.duration(to: .now).inSeconds)
      let script = """
        \\set n random(0, \(records - 1))
        \\set rate random(1000, 9000)
        UPDATE pfa_mirror m
        SET data = m.data || jsonb_build_object('monthlyRate', :rate::int), version = m.version + 1
        FROM (SELECT id, version FROM pfa_mirror
          WHERE id = md5('\(Self.organization)' || chr(31) || 'B' || :n::int)::uuid) s
        WHERE m.id = s.id AND m.version = s.version;
        """
      if let rate = try await PgBench.rate(url, script: script, clients: 20, seconds: 4) { limit.append(rate) }
      // What pgbench wrote went past the totals.
      try await BenchDatabase.run(url) { session in
        try session.asWorker(Self.organization) {
          _ = try KPIStore.rebuild(session, organization: Self.organization, slot: 0, cause: "bench")
        }
      }
    }
    return BenchResult(
      "edits, \(size) in a session", "edits/s", median(ours), limit: median(limit), target: .ratioAtLeast(2),
      note: "limit: pgbench, bare versioned UPDATE, 20 clients")
  }

  private func drafts(
    _ url: String, _ prefix: String, count: Int, size: Int, first: Int, of pool: Int
  ) async throws {
    let first = min(first, max(0, records - count))
    try await BenchDatabase.run(url) { session in
      _ = try session.query(
        Queries.benchFillDrafts,
        [
          .text(Self.organization), .text(prefix), .int4(Int32(count)), .int4(Int32(size)), .int4(Int32(first)),
          .int4(Int32(min(pool, records - first))),
        ])
    }
  }
}
