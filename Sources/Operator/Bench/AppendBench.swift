import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore

/// `bench append`: the two lock strategies of the journal under real sessions at once.
package struct AppendBench: Sendable {
  /// Of each session.
  package var appends: Int
  /// Of each append.
  package var events: Int
  package var sessions: Int
  /// Times that each combination runs, by turns.
  package var rounds = 3
  package var fsync = true

  package init(appends: Int, events: Int, sessions: Int) {
    self.appends = appends
    self.events = events
    self.sessions = sessions
  }

  /// Runs everything; `say` tells how far it is. Throws BENCH_INVALID when a stream does not hold what was appended.
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
      "append",
      database.conditions(fsync: fsync) + [
        ("sessions", .integer(Int64(sessions))), ("appends_per_session", .integer(Int64(appends))),
        ("events_per_append", .integer(Int64(events))), ("rounds", .integer(Int64(rounds))),
      ])
    let url = try await database.create("bench_append")
    for workload in AppendWorkload.allCases {
      say(workload.name)
      report.results.append(
        try await compare(
          url, workload, workload.name, AppendLoad(sessions: sessions, appends: appends, events: events)))
    }
    // The load test of the requirements: three sessions, 200 appends each, on one stream.
    say("3 sessions x 200 on one stream")
    report.results.append(
      try await compare(
        url, .hotStream, "3 sessions x 200, one stream", AppendLoad(sessions: 3, appends: 200, events: 1)))
    return report
  }

  private func compare(
    _ url: String, _ workload: AppendWorkload, _ name: String, _ load: AppendLoad
  ) async throws -> BenchResult {
    var runs: [AppendStrategy: [AppendTally]] = [:]
    for round in 0..<rounds {
      let order: [AppendStrategy] = round % 2 == 0 ? [.advisory, .delayed] : [.delayed, .advisory]
      for strategy in order { runs[strategy, default: []].append(try await load.run(url, workload, strategy)) }
    }
    let (delayed, advisory) = (runs[.delayed] ?? [], runs[.advisory] ?? [])
    return BenchResult(
      name, "appends/s", median(delayed.map(\.rate)), limit: median(advisory.map(\.rate)),
      note: "delayed lock: \(Self.text(delayed)); limit, lock first: \(Self.text(advisory))")
  }

  private static func text(_ runs: [AppendTally]) -> String {
    let sum = runs.reduce(AppendTally(), +)
    return "\(sum.appended) in, \(decimals(sum.meanMilliseconds)) ms each, "
      + "\(decimals(sum.conflictShare * 100)) % of attempts refused"
  }

  /// With two digits behind the point.
  private static func decimals(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
