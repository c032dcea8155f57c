import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// The benchmarks at tiny sizes: what they print is there and of the right kind; how fast it is, nobody asserts.
struct BenchSuiteTests {
  /// A row is there, and everything it compares was measured.
  private func expect(
    _ report: BenchReport, has names: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for name in names {
      let row = report.results.first { $0.name.contains(name) }
      #expect((row?.ours ?? 0) > 0, "\(name)", sourceLocation: sourceLocation)
      let ratio = row?.ratio
      #expect(
        row?.limit == nil || (ratio ?? 0) > 0 && ratio?.isFinite == true, "\(name)", sourceLocation: sourceLocation)
    }
  }

  @Test("A percentile is the smallest value that so many percent do not exceed")
  func percentiles() {
    #expect(Latencies([])[50] == nil)
    let times = Latencies((1...200).map(Double.init).shuffled())
    #expect(times[50] == 100 && times[95] == 190 && times[99] == 198 && times[100] == 200)
    #expect(Latencies([3])[1] == 3)
    #expect(times.mean == 100.5 && times.count == 200)
  }

  @Test(
    "S1-01 S1-20…26 S1-39 S1-40 S1-43 S1-59 S1-61 bench reads measures reads, sizes, deltas, unknown fields and a rebuild"
  )
  func reads() async throws {
    var bench = ReadBench(records: 3_000)
    bench.runs = 3
    bench.fsync = false
    let report = try await bench.run { _ in }
    expect(
      report,
      has: BenchRead.all.flatMap { ["\($0.name), p50", "\($0.name), p95"] } + [
        "rebuild of all totals", "kept totals", "probed bounds", "size: mirror", "size: indexes", "size: edits",
        "size: totals and lineage", "size: database", "size: row of the mirror", "size: delta of an edit",
        "five unknown fields: apply", "five unknown fields: data", "an edit kept as a delta",
      ])
    // Every read found what it looks for.
    for read in BenchRead.all {
      let note = report.results.first { $0.name == "\(read.name), p50" }?.note ?? ""
      #expect(!note.hasPrefix("0 "), "\(read.name)")
    }
    let delta = report.results.first { $0.name == "size: delta of an edit" }
    #expect((delta?.ratio ?? 1) < 0.33, "sizes do not depend on the machine")
  }

  @Test(
    "S0-12…15 S0-17 S0-21 S0-36 S0-44 S1-63 S2-40 bench edits measures versioned edits by many users, and loses none")
  func edits() async throws {
    var bench = EditBench()
    bench.records = 500
    bench.spell = .seconds(1)
    bench.users = [1, 1_000]
    bench.fsync = false
    let report = try await bench.run { _ in }
    expect(
      report,
      has: [
        "version check", "1 user, p50", "1 user, p95", "1000 users, p50", "1000 users, p95", "1000 users, p99 of p50",
        "no pause: edits", "no pause: rate", "no pause: mean", "no pause: p95", "no pause: p99",
        "no pause: conflict answer",
      ])
  }

  @Test("S2-16 bench fairness measures a tenant beside a bulk load, the lag of roll-ups, a pause and a takeover")
  func fairness() async throws {
    var bench = FairnessBench(records: 10_000)
    (bench.samples, bench.commits) = (3, 6)
    bench.fsync = false
    bench.takeovers = [.killed]
    bench.executable = try WorkerProcess.program()
    let report = try await bench.run { _ in }
    expect(
      report,
      has: [
        "small sync beside a bulk load, p50", "commit beside a bulk load, p95", "commit beside a bulk load, p99",
        "kill -9: job taken over", "kill -9: partitions taken over",
      ])
    #expect(report.results.filter { $0.target == .ratioAtMost(2) }.map(\.name) == ["commit beside a bulk load, p99"])
    let others = report.results.filter { $0.name.hasPrefix("pause") || $0.name.hasPrefix("roll-ups") }
    #expect(others.count == 2 && others.allSatisfy { ($0.ours ?? -1) >= 0 })
  }

  @Test("bench all has every other benchmark, and runs psql as a user would and the program itself beside them")
  func all() async throws {
    let commands = Commands.table.commands.map(\.path).filter { $0.first == "bench" }.compactMap(\.last)
    #expect(Set(commands).subtracting(BenchAllCommand.names) == ["all"])
    #expect(Set(BenchAllCommand.names).subtracting(commands) == ["rivals", "program"])

    var bench = AllBench(records: 1_000, isQuick: true)
    bench.fsync = false
    bench.executable = try WorkerProcess.program()
    let (report, hasFailed) = try await bench.run(only: ["rivals", "program"]) { _ in }
    #expect(!hasFailed)
    expect(
      report,
      has: [
        "rivals: psql, copy and upsert, all new", "rivals: psql, copy and upsert, all changed",
        "program: syncline version", "program: idle worker: memory",
      ])
    for fact in ["version", "revision", "cores", "cpu", "memory_mb", "fsync", "postgres", "settings", "indexes"] {
      #expect(report.conditions.contains { $0.name == fact }, "\(fact)")
    }
  }

  @Test("A benchmark that fails stands in the report with its error, and the others run")
  func failing() async throws {
    var bench = AllBench(records: 1_000, isQuick: true)
    bench.executable = "/nonexistent"
    let (report, hasFailed) = try await bench.run(only: ["program"]) { _ in }
    #expect(hasFailed)
    #expect(report.results.map(\.name) == ["program: failed"])
    #expect(await program(["bench", "all", "--only", "reads,nonsense"]).code == .usage)
  }
}
