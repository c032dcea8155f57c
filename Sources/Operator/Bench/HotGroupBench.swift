import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore

/// Clients that change records of one KPI group at once, each record in a transaction of its own, with and without
/// keeping totals.
struct HotGroupBench: Sendable {
  let url: String
  let clients: Int
  /// How long each variant runs, each time.
  let spell: Duration

  func run() async throws -> BenchResult {
    let clients = clients
    let ids = try await BenchDatabase.run(url) { session in
      try session.query(Queries.benchHotGroup, [.text(BenchDatabase.organization), .int4(Int32(clients * 100))]).rows
        .map {
          try $0.string("pfa_id")
        }
    }
    let indexes = ids.compactMap { Int($0.dropFirst(4)) }
    guard indexes.count >= clients else {
      throw CommandError(.failure, "BENCH_INVALID", "the largest group has only \(indexes.count) records")
    }
    var rates: (full: [Double], bare: [Double]) = ([], [])
    for round in 0..<3 {
      // Far enough apart that no spell comes near the next one's revisions.
      rates.full.append(try await rate(.full, indexes, revision: 1_000_000 * (2 * round + 1)))
      rates.bare.append(try await rate(.withoutKPI, indexes, revision: 1_000_000 * (2 * round + 2)))
    }
    return BenchResult(
      "\(clients) clients, one group", "tx/s", median(rates.full), limit: median(rates.bare),
      target: .ratioAtLeast(0.85),
      note: "limit: without KPI")
  }

  private func rate(_ variant: KPIBenchApply.Variant, _ indexes: [Int], revision: Int) async throws -> Double {
    let (url, clients, spell) = (url, clients, spell)
    let started = ContinuousClock.now
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for client in 0..<clients {
        let mine = indexes.indices.filter { $0 % clients == client }.map { indexes[$0] }
        group.addTask {
          try await BenchDatabase.run(url) { session in
            var done = 0
            let deadline = Deadline(after: spell)
            while !deadline.hasPassed {
              let index = mine[done % mine.count]
              _ = try KPIBenchApply(lane: client).run(session, [index], revision: revision + done, variant)
              done += 1
            }
            return done
          }
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(count) / started.duration(to: .now).inSeconds
  }
}
