import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore

/// `bench reads`: reads, sizes and a rebuild in a table of any size.
package struct ReadBench: Sendable {
  package var records: Int
  /// Times that each read takes its turn.
  package var runs = 40
  package var fsync = true

  package init(records: Int) { self.records = records }

  /// Runs everything; `say` tells how far it is.
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

  private func measure(_ database: BenchDatabase, _ say: @Sendable (String) -> Void) async throws -> BenchReport {
    var report = BenchReport(
      "reads", database.conditions(fsync: fsync) + [("records", .integer(records)), ("runs", .integer(runs))])
    let url = try await database.create("bench_reads")
    let fill = ReadBenchFill(url: url, records: records)
    say("filling a database with \(records) records")
    try await fill.run()
    say("totals of all of them")
    report.results.append(try await rebuild(url, fill.organizations))
    try await BenchDatabase.run(url) { try $0.execute("VACUUM ANALYZE") }
    say("reads, \(runs) times by turns")
    report.results += try await reads(url)
    report.results += try await sizes(url)
    report.results += try await UnknownFields(url: try await database.create("bench_fields"), turns: runs).run()
    report.results.append(try await drafts(url))
    return report
  }

  /// The first rebuild finds no total at all: it makes every one of them.
  private func rebuild(_ url: String, _ organizations: [String]) async throws -> BenchResult {
    let seconds = try await BenchDatabase.run(url) { session in
      let started = ContinuousClock.now
      for organization in organizations {
        _ = try KPIReports.rebuild(session, organization: organization, by: Decision(actor: "bench", reason: "bench"))
      }
      let seconds = started.duration(to: .now).inSeconds
      let wrong = try session.reading { try KPIStore.differences(session, organization: nil).rowCount }
      guard wrong == 0 else { throw CommandError(.failure, "BENCH_INVALID", "\(wrong) KPI groups are wrong") }
      return seconds
    }
    return BenchResult(
      "rebuild of all totals", "s", seconds, limit: 5 * max(1, Double(records) / 1e6), target: .ratioAtMost(1),
      note: "limit: the seed's bound, 5 s for 1,000,000")
  }

  private func reads(_ url: String) async throws -> [BenchResult] {
    let (runs, organization) = (runs, BenchDatabase.organization)
    let options = PGOptions(url: url, applicationName: "syncline-bench", statementTimeout: nil)
    let connection = try await PGConnection.open(options, name: "bench")
    let measured: (times: [[Double]], rows: [Int], live: (kpis: Double?, timeline: Double?))
    do {
      measured = try await connection.run { session in
        var times = Array(repeating: [Double](), count: BenchRead.all.count)
        var rows = Array(repeating: 0, count: BenchRead.all.count)
        // Prepared statements, plans and the cache are as in a service that has run for a while.
        for turn in -5..<runs {
          for (index, read) in BenchRead.all.enumerated() {
            let started = ContinuousClock.now
            rows[index] = try read.read(session)
            if turn >= 0 { times[index].append(started.duration(to: .now).inSeconds * 1_000) }
          }
        }
        func live(_ sql: String) throws -> Double? {
          median(
            try (0..<3).map { _ in
              let started = ContinuousClock.now
              _ = try session.reading { try session.query(sql, [.text(organization)]) }
              return started.duration(to: .now).inSeconds * 1_000
            })
        }
        return (times, rows, (try live(Queries.benchLiveKPIs), try live(Queries.benchLiveTimeline)))
      }
      await connection.close()
    } catch {
      await connection.close()
      throw error
    }
    var results: [BenchResult] = []
    for (index, read) in BenchRead.all.enumerated() {
      let sample = Latencies(measured.times[index])
      let note = "\(counted(measured.rows[index], "row"))" + (read.bound == nil ? "" : "; limit: the seed's bound")
      results.append(
        BenchResult(
          "\(read.name), p50", "ms", sample[50], limit: read.bound, target: read.goal.map { .valueBelow($0) },
          note: note))
      results.append(
        BenchResult(
          "\(read.name), p95", "ms", sample[95], limit: read.bound, target: read.bound.map { _ in .ratioAtMost(1) },
          note: note))
    }
    let named = Dictionary(uniqueKeysWithValues: zip(BenchRead.all.map(\.name), measured.times))
    results.append(
      BenchResult(
        "kept totals", "ms", median(named["KPI summary"] ?? []), limit: measured.live.kpis, target: .ratioAtMost(0.1),
        note: "limit: a live aggregate of the same"))
    results.append(
      BenchResult(
        "probed bounds", "ms", median(named["timeline bounds"] ?? []), limit: measured.live.timeline,
        target: .ratioAtMost(0.1), note: "limit: a live aggregate of the same"))
    return results
  }

  private func sizes(_ url: String) async throws -> [BenchResult] {
    try await BenchDatabase.run(url) { session in
      let row = try session.query(Queries.benchSizes).one()
      func megabytes(_ column: String) throws -> Double { Double(try row.integer(column)) / 1e6 }
      let (records, edits) = (Double(try row.integer("records")), Double(try row.integer("edits")))
      let millions = records / 1e6
      let seed = "limit: the seed's figure, scaled"
      return [
        BenchResult("size: mirror", "MB", try megabytes("mirror_bytes"), limit: 580 * millions, note: seed),
        BenchResult("size: indexes", "MB", try megabytes("index_bytes"), limit: 220 * millions, note: seed),
        BenchResult("size: edits", "MB", try megabytes("edit_bytes"), limit: 2 * edits / 10_000, note: seed),
        BenchResult("size: totals and lineage", "MB", try megabytes("total_bytes"), limit: 45 * millions, note: seed),
        BenchResult("size: database", "MB", try megabytes("database_bytes"), limit: 847 * millions, note: seed),
        BenchResult(
          "size: row of the mirror", "bytes", try megabytes("mirror_bytes") * 1e6 / records, limit: 600, note: seed),
        BenchResult(
          "size: delta of an edit", "bytes", try row.double("delta_bytes"), limit: try row.double("data_bytes"),
          target: .ratioAtMost(0.33), note: "limit: the whole record; the seed's figures: 200 of 600"),
      ]
    }
  }

  /// What the seed's saving is about: the time to keep an edit, as a delta and as a whole record.
  private func drafts(_ url: String) async throws -> BenchResult {
    let (turns, count) = (max(3, runs / 4), min(1_000, records))
    let times = try await BenchDatabase.run(url) { session in
      var times: (delta: [Double], whole: [Double]) = ([], [])
      func time(_ sql: String, _ values: [PGValue]) throws -> Double {
        let started = ContinuousClock.now
        let rows = try session.query(sql, values).affected
        return started.duration(to: .now).inSeconds * 1e6 / Double(max(1, rows))
      }
      for turn in 0..<turns {
        // Rows stay behind, each turn in a session of its own; both write the same number.
        let values: [PGValue] = [.text(BenchRead.small), .text("turn \(turn)"), .int4(Int32(count))]
        times.delta.append(try time(Queries.benchFillSession, values))
        times.whole.append(try time(Queries.benchWriteWhole, [.text(BenchRead.small), .int4(Int32(count))]))
      }
      return times
    }
    return BenchResult(
      "an edit kept as a delta", "us", median(times.delta), limit: median(times.whole),
      note: "limit: the whole record written")
  }
}
