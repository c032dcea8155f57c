import Glibc
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

struct BenchTests {
  @Test("A result tells ratio and verdict; what was not measured has neither")
  func results() {
    let fast = BenchResult("a", "records/s", 130, limit: 100, target: .ratioAtLeast(1.3))
    #expect(fast.ratio == 1.3)
    #expect(fast.isReached == true)
    #expect(BenchResult("a", "s", 2, limit: 1, target: .ratioAtMost(1.9)).isReached == false)
    #expect(BenchResult("a", "MB", 200, target: .valueBelow(200)).isReached == false)
    #expect(BenchResult("a", "MB", 1, limit: 0, target: .ratioAtMost(1)).isReached == nil)
    #expect(BenchResult("a", "s", nil, limit: 1).ratio == nil)
    #expect(BenchResult("a", "s", 1, limit: 2).isReached == nil)
    #expect(
      fast.cells == [
        .text("a"), .text("records/s"), .decimal("130"), .decimal("100"), .decimal("1.3"), .text("ratio >= 1.3"),
        .boolean(true), .null,
      ])
  }

  @Test(
    "Numbers are cut to what was measured",
    arguments: [
      (0.0, "0"), (0.000_35, "0.0004"), (0.0123, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"),
      (1e6, "1000000"),
    ])
  func numbers(value: Double, text: String) { #expect(BenchResult.text(value) == text) }

  @Test("A median is the middle, or the mean of the two in the middle")
  func medians() {
    #expect(median([]) == nil)
    #expect(median([3, 1, 2]) == 2)
    #expect(median([4, 1, 2, 3]) == 2.5)
  }

  @Test("A report is one object in JSON, a table with its conditions beside it otherwise")
  func report() throws {
    var report = BenchReport("x", [("cores", .integer(2)), ("indexes", .text("a b"))])
    report.results = [BenchResult("fresh", "records/s", 1, limit: 2, target: .ratioAtLeast(1))]
    let json = Recorder()
    try report.write(json.output(.json))
    let value = try JSONValue(parsing: Array(json.data.utf8))
    #expect(value["benchmark"]?.string == "x")
    #expect(value["cores"]?.integer == 2)
    guard case .array(let results)? = value["results"] else {
      Issue.record("no results")
      return
    }
    #expect(results.count == 1)
    #expect(json.data.contains(#""reached":false"#))
    let table = Recorder()
    try report.write(table.output(.table))
    #expect(table.messages == "cores: 2\nindexes: a b\n")
    #expect(table.data.hasPrefix("name "))
  }

  @Test("The usage of this process is found, that of no process is nothing")
  func usage() {
    let own = getpid()
    #expect((ProcessUsage.peakMemory(own) ?? 0) > 1 << 20)
    #expect(ProcessUsage.cpuSeconds(own) >= 0)
    #expect(ProcessUsage.peakMemory(-1) == nil)
    #expect(ProcessUsage.cpuSeconds(-1, children: true) == 0)
  }

  @Test("The source's revisions are what their names say")
  func revisions() {
    #expect((0..<1_000).allSatisfy { BenchSource.Content.fresh.revision(of: $0) == 0 })
    #expect((0..<1_000).allSatisfy { BenchSource.Content.changed.revision(of: $0) == 1 })
    #expect((0..<1_000).count { BenchSource.Content.unchanged.revision(of: $0) == 2 } == 10)
  }

  @Test("The apply without KPI leaves the same rows and counts as the whole one, and no totals")
  func variants() async throws {
    var rows: [String] = []
    for variant in [KPIBenchApply.Variant.full, .withoutKPI] {
      let url = try await TestDatabase.fresh()
      let found = try await BenchDatabase.run(url) { session in
        _ = try Migrator.up(session)
        try session.asSystem { _ = try OrganizationStore.add(session, id: BenchDatabase.organization, name: "") }
        _ = try KPIBenchApply(lane: 0).run(session, 0..<60, revision: 0, variant)
        _ = try KPIBenchApply(lane: 0).run(session, 10..<40, revision: 1, variant)
        let slots = try session.query("SELECT count(*) AS n FROM kpi_slot").one().integer("n")
        let changes = try session.query("SELECT count(*) AS n FROM kpi_change").one().integer("n")
        #expect((slots > 0) == (variant == .full))
        #expect((changes > 0) == (variant == .full))
        return try session.query(
          """
          SELECT (
              SELECT jsonb_agg(to_jsonb(m) - '{last_synced_at,created_at,updated_at}'::text[] ORDER BY pfa_id) FROM pfa_mirror m
            )::text
            || (SELECT jsonb_agg(jsonb_build_array(received, inserted, updated, unchanged, stale, discontinued)) FROM pfa_sync_log)::text
            AS text
          """
        ).one().string("text")
      }
      rows.append(found)
    }
    #expect(rows[0] == rows[1])
  }

  @Test(
    "S0-18 S0-42 S1-43 S2-03 S2-22…24 bench kpi measures totals against materialized views, live aggregates and none")
  func kpi() async throws {
    var bench = KPIBench(records: 2_000)
    bench.batches = 2
    bench.clients = 2
    bench.spell = .milliseconds(100)
    bench.fsync = false
    let report = try await bench.run { _ in }
    #expect(
      report.results.map(\.name) == [
        "read totals", "read timeline", "one change until totals are right", "one change, nine views",
        "2 readers while totals change, p99", "200 changes in 2000 rows", "KPI and lineage", "2 clients, one group",
        "one change against a rebuild", "rebuild of all totals",
      ])
    #expect(report.results.allSatisfy { ($0.ours ?? 0) > 0 })
    #expect(report.results.dropLast().allSatisfy { ($0.limit ?? 0) > 0 })
  }

  @Test("S1-31 S2-35 bench read-sync drives a real worker and the limits with the same rows")
  func readSync() async throws {
    var bench = ReadSyncBench(records: 2_000, rounds: 1)
    bench.events = 100
    bench.fsync = false
    bench.executable = try WorkerProcess.program()
    let report = try await bench.run { _ in }
    #expect(
      report.results.map(\.name) == [
        "fresh", "all changed", "99 % unchanged", "two bare sessions", "single events", "fresh: time",
        "fresh: worker CPU",
        "fresh: Postgres CPU", "fresh: WAL", "all changed: time", "all changed: worker CPU",
        "all changed: Postgres CPU",
        "all changed: WAL", "99 % unchanged: time", "99 % unchanged: worker CPU", "99 % unchanged: Postgres CPU",
        "99 % unchanged: WAL", "worker memory", "fresh: all of it",
      ])
    #expect(report.results.prefix(5).allSatisfy { ($0.ours ?? 0) > 0 })
    #expect(report.conditions.contains { $0.name == "indexes" })
  }
}
