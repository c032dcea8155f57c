import Postgres
import Runtime
import SQLCatalog
import SyncStore

/// `bench kpi`: what exact totals cost, and what the materialized views they replace would.
package struct KPIBench: Sendable {
  package var records: Int
  /// Batches of 1,000 that each variant applies.
  package var batches = 40
  package var clients = 8
  /// How long the clients of the hot group work, each time.
  package var spell = Duration.seconds(3)
  package var fsync = true

  package init(records: Int) { self.records = records }

  /// Runs everything; `say` tells how far it is.
  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    let database = try await BenchDatabase.start(fsync: fsync, indexes: .standard, wal: records * 5_000)
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
    var report = BenchReport("kpi", database.conditions(fsync: fsync) + [("records", .integer(records))])
    say("filling a database with \(records) records and one with a tenth of them")
    let url = try await database.create("bench_kpi")
    let smallURL = try await database.create("bench_small")
    try await KPIBenchApply.fill(url, records: records)
    try await KPIBenchApply.fill(smallURL, records: max(1, records / 10))
    say("reads")
    report.results += try await reads(url)
    say("one change against a refresh")
    report.results += try await oneChange(url)
    say("readers while totals change")
    report.results.append(try await readers(url))
    say("a thousand changes in ten times the rows")
    report.results.append(try await growth(large: url, small: smallURL))
    say("the cost of totals and lineage")
    report.results.append(try await overhead(url))
    say("\(clients) clients on one group")
    report.results.append(try await HotGroupBench(url: url, clients: clients, spell: spell).run())
    // The variant without KPI has left wrong totals behind.
    let rebuild = try await rebuild(url)
    let change = report.results.first { $0.name == KPIBench.oneChangeName }
    report.results.append(
      BenchResult(
        "one change against a rebuild", "ms", change?.ours, limit: rebuild.ours.map { $0 * 1_000 },
        target: .ratioAtMost(0.01), note: "limit: all totals anew"))
    report.results.append(rebuild)
    return report
  }

  // MARK: Parts

  /// Each part's revisions are above those of the part before it: each change must be one. The hot group's are above
  /// all.
  private enum Revision {
    static let oneChange = 10
    static let readers = 100
    static let growth = 100_000
    static let overhead = 200_000
  }

  private func overhead(_ url: String) async throws -> BenchResult {
    let (records, batches) = (records, batches)
    let times = try await BenchDatabase.run(url) { session in
      let size = min(1_000, records)
      var times: (full: [Double], bare: [Double]) = ([], [])
      for number in 0..<max(2, batches * 2) {
        let start = number * size % (records / size * size)
        let range = start..<start + size
        let revision = Revision.overhead + number
        // The variants take turns in going first, so that neither always meets the warmer cache.
        if number % 2 == 0 {
          times.full.append(try KPIBenchApply(lane: 0).run(session, range, revision: revision) / Double(size))
        } else {
          times.bare.append(
            try KPIBenchApply(lane: 0).run(session, range, revision: revision, .withoutKPI) / Double(size))
        }
      }
      return times
    }
    return BenchResult(
      "KPI and lineage", "us/record", median(times.full).map { $0 * 1e6 }, limit: median(times.bare).map { $0 * 1e6 },
      target: .ratioAtMost(1.15), note: "limit: the same statement without them, all changed")
  }

  private static let oneChangeName = "one change until totals are right"

  private func oneChange(_ url: String) async throws -> [BenchResult] {
    let records = records
    let ours = try await BenchDatabase.run(url) { session in
      try (0..<50).map {
        try KPIBenchApply(lane: 0).run(session, [$0 * 7919 % records], revision: Revision.oneChange + $0)
      }
    }
    let (two, nine) = try await BenchDatabase.run(url) { session in
      try session.execute(OldDesign.sql)
      func refresh(_ views: [String]) throws -> Double? {
        median(
          try (0..<3).map { _ in
            let started = ContinuousClock.now
            for statement in OldDesign.refresh(views) { try session.execute(statement) }
            return started.duration(to: .now).inSeconds * 1_000
          })
      }
      let two = try refresh(OldDesign.two)
      try session.execute(OldDesign.othersSQL)
      return (two, try refresh(OldDesign.two + OldDesign.others.map { "by_\($0)" }))
    }
    let mean = median(ours).map { $0 * 1_000 }
    return [
      BenchResult(
        KPIBench.oneChangeName, "ms", mean, limit: two, target: .ratioAtMost(0.001),
        note: "limit: REFRESH CONCURRENTLY of the old design"),
      BenchResult(
        "one change, nine views", "ms", mean, limit: nine, target: .ratioAtMost(0.001),
        note: "limit: REFRESH CONCURRENTLY of nine views"),
    ]
  }

  /// Readers of totals while these change: ours beside batches that are applied, the old design beside refreshes, which
  /// keep its readers out.
  private func readers(_ url: String) async throws -> BenchResult {
    let (records, organization) = (records, BenchDatabase.organization)
    func read(_ sql: String, beside work: @escaping @Sendable (PGSession, Int) throws -> Void) async throws -> Double? {
      let (clients, spell) = (clients, spell)
      let times = try await withThrowingTaskGroup(of: [Double].self) { group in
        let deadline = Deadline(after: spell)
        group.addTask {
          try await BenchDatabase.run(url) { session in
            var turn = 0
            while !deadline.hasPassed {
              try work(session, turn)
              turn += 1
            }
            return []
          }
        }
        for _ in 0..<clients {
          group.addTask {
            try await BenchDatabase.run(url) { session in
              var times: [Double] = []
              repeat {
                let started = ContinuousClock.now
                try session.query(sql, [.text(organization)])
                times.append(started.duration(to: .now).inSeconds * 1_000)
              } while !deadline.hasPassed
              return times
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      return Latencies(times)[99]
    }
    let size = min(1_000, records)
    let ours = try await read(Queries.showKPIs) { session, turn in
      let start = turn * size % (records / size * size)
      _ = try KPIBenchApply(lane: 0).run(session, start..<start + size, revision: Revision.readers + turn)
    }
    let old = try await read(OldDesign.read) { session, _ in
      for statement in OldDesign.refresh(OldDesign.two, concurrently: false) { try session.execute(statement) }
    }
    try await BenchDatabase.run(url) { try $0.execute("DROP SCHEMA bench_old CASCADE") }
    return BenchResult(
      "\(clients) readers while totals change, p99", "ms", ours, limit: old,
      note: "limit: the old design's while it is refreshed")
  }

  /// Changes scattered over all rows, by turns in both databases, each in one session that has done it before.
  private func growth(large: String, small: String) async throws -> BenchResult {
    let size = max(1, min(1_000, records / 10))
    let sides = [(url: large, rows: records), (url: small, rows: max(1, records / 10))]
    var times: [[Double]] = [[], []]
    var connections: [PGConnection] = []
    for side in sides {
      connections.append(try await PGConnection.open(BenchDatabase.options(side.url), name: "bench"))
    }
    for round in 0...max(3, batches / 4) {
      for (side, connection) in connections.enumerated() {
        let rows = sides[side].rows
        let time = try await connection.run { session in
          let scattered = stride(from: round, to: rows, by: max(1, rows / size)).prefix(size)
          return try KPIBenchApply(lane: 0).run(session, scattered, revision: Revision.growth + round)
        }
        if round > 0 { times[side].append(time) }
      }
    }
    for connection in connections { await connection.close() }
    return BenchResult(
      "\(size) changes in \(records) rows", "ms", median(times[0]).map { $0 * 1_000 },
      limit: median(times[1]).map { $0 * 1_000 }, target: .ratioAtMost(1.3),
      note: "limit: the same in a tenth of the rows")
  }

  private func reads(_ url: String) async throws -> [BenchResult] {
    let organization = BenchDatabase.organization
    func time(_ times: Int, _ body: @escaping @Sendable (PGSession) throws -> Void) async throws -> Double? {
      try await BenchDatabase.run(url) { session in
        // The first one prepares the statement.
        try session.reading { try body(session) }
        return median(
          try (0..<times).map { _ in
            let started = ContinuousClock.now
            try session.reading { try body(session) }
            return started.duration(to: .now).inSeconds * 1_000
          })
      }
    }
    return [
      BenchResult(
        "read totals", "ms", try await time(50) { _ = try KPIReports.summary($0, organization: organization) },
        limit: try await time(3) { _ = try $0.query(Queries.benchLiveKPIs, [.text(organization)]) },
        note: "limit: live aggregate; goal 1 ms"),
      BenchResult(
        "read timeline", "ms", try await time(50) { _ = try KPIReports.timeline($0, organization: organization) },
        limit: try await time(3) { _ = try $0.query(Queries.benchLiveTimeline, [.text(organization)]) },
        note: "limit: live aggregate; goal 1 ms"),
    ]
  }

  private func rebuild(_ url: String) async throws -> BenchResult {
    let (seconds, corrected) = try await BenchDatabase.run(url) { session in
      let started = ContinuousClock.now
      let corrected = try KPIReports.rebuild(
        session, organization: BenchDatabase.organization, by: Decision(actor: "bench")
      )
      .rowCount
      return (started.duration(to: .now).inSeconds, corrected)
    }
    return BenchResult(
      "rebuild of all totals", "s", seconds, target: .valueBelow(5),
      note: "\(corrected) groups were wrong; the seed's bound at 1,000,000")
  }
}
