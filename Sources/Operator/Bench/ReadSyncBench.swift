import Glibc
import Runtime

/// `bench read-sync`: our path and the limit by turns, on one server, in fresh databases.
package struct ReadSyncBench: Sendable {
  package var records: Int
  package var rounds: Int
  /// Partitions of the topic, each applied by a lane of its own.
  package var lanes = 4
  package var fsync = true
  /// Single events to send after the reads; 0: none.
  package var events = 20_000
  var indexSet = BenchDatabase.IndexSet.standard
  /// The program that has `worker`.
  package var executable = BenchWorker.ownExecutable

  package init(records: Int, rounds: Int) {
    self.records = records
    self.rounds = rounds
  }

  /// What the rounds measured.
  private struct Samples {
    var ours: [BenchSource.Content: [ReadSyncPath.Measure]] = [:]
    /// Seconds, and processor seconds of Postgres.
    var copy: [(time: Double, cpu: Double)] = []
    var merge: [(time: Double, cpu: Double)] = []
    var twoCopies: [Double] = []
    var events: [Double] = []
    var memory: Int64 = 0
  }

  /// Runs all rounds; `say` tells how far it is.
  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    say("writing \(records * 3) records for the upstream")
    let source = try BenchSource(records: records)
    defer { source.remove() }
    let database = try await BenchDatabase.start(fsync: fsync, indexes: indexSet, wal: records * 5_000)
    do {
      let samples = try await rounds(database, source, say)
      await database.server.stop()
      return report(database, samples)
    } catch {
      await database.server.stop()
      throw error
    }
  }

  private func rounds(_ database: BenchDatabase, _ source: BenchSource, _ say: (String) -> Void) async throws -> Samples
  {
    var samples = Samples()
    var rows: ReadSyncLimit.Rows = []
    for round in 1...rounds {
      try await ours(database, source, &samples, &rows, round, say)
      let url = try await database.create("bench_limit")
      let limit = ReadSyncLimit(url: url)
      var cpu = database.cpuSeconds
      let copy = try await limit.copy(rows)
      samples.copy.append((copy, database.cpuSeconds - cpu))
      cpu = database.cpuSeconds
      let merge = try await limit.merge(.changed, records: records)
      samples.merge.append((merge, database.cpuSeconds - cpu))
      try await database.drop("bench_limit")
      samples.twoCopies.append(
        try await ReadSyncLimit(url: try await database.create("bench_limit")).copyInTwoSessions(rows))
      try await database.drop("bench_limit")
      say("round \(round)/\(rounds): COPY \(rate(copy))/s, MERGE \(rate(merge))/s")
    }
    return samples
  }

  private func ours(
    _ database: BenchDatabase, _ source: BenchSource, _ samples: inout Samples, _ rows: inout ReadSyncLimit.Rows,
    _ round: Int, _ say: (String) -> Void
  ) async throws {
    let url = try await database.create("bench_ours")
    let path = try await ReadSyncPath.start(database, url: url, source: source, lanes: lanes, executable: executable)
    do {
      for content in BenchSource.Content.allCases {
        let measure = try await path.run(content, records: records)
        samples.ours[content, default: []].append(measure)
        say("round \(round)/\(rounds): \(content.rawValue) \(rate(measure.seconds))/s")
        if content == .fresh, rows.isEmpty { rows = try await ReadSyncLimit.export(url) }
      }
      samples.memory = max(samples.memory, path.peakMemory)
      if events > 0 { samples.events.append(try await path.changes(min(events, records))) }
      let wrong = try await path.differences()
      guard wrong == 0 else { throw CommandError(.failure, "BENCH_INVALID", "\(wrong) KPI groups are wrong") }
    } catch {
      await path.stop()
      throw error
    }
    await path.stop()
    try await database.drop("bench_ours")
  }

  private func rate(_ seconds: Double?) -> String {
    seconds.map { BenchResult.text(Double(records) / $0) } ?? "-"
  }

  private func report(_ database: BenchDatabase, _ samples: Samples) -> BenchReport {
    var report = BenchReport(
      "read-sync",
      database.conditions(fsync: fsync) + [
        ("records", .integer(records)), ("rounds", .integer(rounds)), ("lanes", .integer(lanes)),
        ("index_set", .text(indexSet.rawValue)),
      ])
    let count = Double(records)
    func seconds(_ content: BenchSource.Content) -> Double? { median(samples.ours[content]?.map(\.seconds) ?? []) }
    func rate(_ seconds: Double?) -> Double? { seconds.map { count / $0 } }
    let fresh = rate(seconds(.fresh))
    report.results = [
      BenchResult(
        "fresh", "records/s", fresh, limit: rate(median(samples.copy.map(\.time))), target: .ratioAtLeast(1.3),
        note: "limit: COPY, one session"),
      BenchResult(
        "all changed", "records/s", rate(seconds(.changed)), limit: rate(median(samples.merge.map(\.time))),
        target: .ratioAtLeast(1.2), note: "limit: MERGE, one session, 1,000 rows each"),
      BenchResult(
        "99 % unchanged", "records/s", rate(seconds(.unchanged)), limit: fresh, target: .ratioAtLeast(5),
        note: "limit: our fresh run"),
    ]
    report.results.append(
      BenchResult(
        "two bare sessions", "records/s", rate(median(samples.twoCopies)),
        limit: rate(median(samples.copy.map(\.time))),
        note: "COPY side by side; limit: COPY, one session"))
    if !samples.events.isEmpty {
      let sent = Double(min(events, records))
      report.results.append(
        BenchResult("single events", "records/s", median(samples.events).map { sent / $0 }, note: "one message each"))
    }
    let limits: [BenchSource.Content: [Double]] = [.fresh: samples.copy.map(\.cpu), .changed: samples.merge.map(\.cpu)]
    for content in BenchSource.Content.allCases {
      report.results += costs(content, samples.ours[content] ?? [], limits: limits[content] ?? [])
    }
    report.results.append(
      BenchResult(
        "worker memory", "MB", Double(samples.memory) / 1_000_000, target: .valueBelow(200), note: "peak resident"))
    report.results += seedBounds(seconds(.fresh))
    return report
  }

  private func costs(
    _ content: BenchSource.Content, _ measures: [ReadSyncPath.Measure], limits: [Double]
  ) -> [BenchResult] {
    let count = Double(records)
    let name = content == .unchanged ? "99 % unchanged" : content == .changed ? "all changed" : "fresh"
    return [
      BenchResult("\(name): time", "us/record", median(measures.map { $0.seconds / count * 1e6 })),
      BenchResult(
        "\(name): worker CPU", "s", median(measures.map(\.workerCPU)), limit: median(measures.map(\.postgresCPU)),
        target: content == .unchanged ? nil : .ratioAtMost(0.25), note: "limit: CPU of Postgres"),
      BenchResult(
        "\(name): Postgres CPU", "us/record", median(measures.map { $0.postgresCPU / count * 1e6 }),
        limit: median(limits.map { $0 / count * 1e6 }), note: limits.isEmpty ? "" : "limit: the same session as above"),
      BenchResult("\(name): WAL", "bytes/record", median(measures.map { Double($0.walBytes) / count })),
    ]
  }

  /// The seed's upper bounds: 20,000 in 45 s, 100,000 in 4 minutes, 1,000,000 in 40; the first that covers us.
  private func seedBounds(_ seconds: Double?) -> [BenchResult] {
    let bounds = [(20_000, 45.0), (100_000, 240.0), (1_000_000, 2_400.0)]
    guard let bound = bounds.first(where: { records <= $0.0 }) else { return [] }
    return [
      BenchResult(
        "fresh: all of it", "s", seconds, limit: bound.1, target: .ratioAtMost(1),
        note: "limit: the seed's bound for \(bound.0)")
    ]
  }
}
