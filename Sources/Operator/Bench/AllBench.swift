import Runtime

/// `bench all`: every benchmark, one after the other, as one report.
package struct AllBench: Sendable {
  /// One of them, at the size that was asked for.
  package struct Part: Sendable {
    package let name: String
    package let run: @Sendable (@escaping @Sendable (String) -> Void) async throws -> BenchReport
  }

  package var records: Int
  /// Small and short, to see whether everything runs.
  package var isQuick: Bool
  package var fsync = true
  package var executable = BenchWorker.ownExecutable

  package init(records: Int, isQuick: Bool) {
    self.records = records
    self.isQuick = isQuick
  }

  package var parts: [Part] {
    let (records, isQuick, fsync, executable) = (records, isQuick, fsync, executable)
    return [
      Part(name: "read-sync") { say in
        var bench = ReadSyncBench(records: records, rounds: isQuick || records > 300_000 ? 1 : 3)
        bench.events = min(records, 20_000)
        bench.fsync = fsync
        bench.executable = executable
        return try await bench.run(say)
      },
      Part(name: "rivals") { say in
        var bench = RivalBench(records: records)
        bench.rounds = isQuick || records > 300_000 ? 1 : 3
        bench.fsync = fsync
        return try await bench.run(say)
      },
      Part(name: "kpi") { say in
        var bench = KPIBench(records: records)
        bench.fsync = fsync
        if isQuick { (bench.batches, bench.clients, bench.spell) = (2, 2, .milliseconds(200)) }
        return try await bench.run(say)
      },
      Part(name: "reads") { say in
        var bench = ReadBench(records: records)
        bench.fsync = fsync
        if isQuick { bench.runs = 3 }
        return try await bench.run(say)
      },
      Part(name: "edits") { say in
        var bench = EditBench()
        bench.fsync = fsync
        if isQuick { (bench.records, bench.spell, bench.users) = (1_000, .seconds(1), [1, 20]) }
        return try await bench.run(say)
      },
      Part(name: "commit") { say in
        var bench = CommitBench(records: min(records, 100_000))
        bench.fsync = fsync
        bench.executable = executable
        if isQuick { (bench.edits, bench.rounds) = (200, 1) }
        return try await bench.run(say)
      },
      Part(name: "append") { say in
        var bench =
          isQuick ? AppendBench(appends: 5, events: 2, sessions: 2) : AppendBench(appends: 100, events: 10, sessions: 5)
        bench.fsync = fsync
        if isQuick { bench.rounds = 1 }
        return try await bench.run(say)
      },
      Part(name: "schema") { say in
        var bench = SchemaBench(rows: records)
        bench.fsync = fsync
        if isQuick { bench.spell = .milliseconds(200) }
        return try await bench.run(say)
      },
      Part(name: "fairness") { say in
        var bench = FairnessBench(records: max(records, 20_000))
        bench.fsync = fsync
        bench.executable = executable
        if isQuick { (bench.samples, bench.commits) = (3, 3) }
        return try await bench.run(say)
      },
      Part(name: "program") { say in
        var bench = ProgramBench()
        bench.executable = executable
        if isQuick { (bench.starts, bench.spell) = (3, .seconds(1)) }
        return try await bench.run(say)
      },
    ]
  }

  /// Runs the parts with these names, or all; `say` tells how far it is. One that fails keeps no other from running:
  /// its error stands in its place, and `hasFailed` is true.
  package func run(
    only names: [String] = [], _ say: @escaping @Sendable (String) -> Void
  ) async throws -> (report: BenchReport, hasFailed: Bool) {
    var report = BenchReport(
      "all",
      MachineFacts.conditions + [
        ("fsync", .boolean(fsync)), ("records", .integer(records)), ("quick", .boolean(isQuick)),
      ])
    var hasFailed = false
    for part in parts where names.isEmpty || names.contains(part.name) {
      try Task.checkCancellation()
      do {
        let found = try await part.run { say("\(part.name): \($0)") }
        for (name, value) in found.conditions where ["postgres", "settings", "indexes"].contains(name) {
          if !report.conditions.contains(where: { $0.name == name }) { report.conditions.append((name, value)) }
        }
        report.results += found.results.map { $0.named("\(part.name): \($0.name)") }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        hasFailed = true
        say("\(part.name): \(error)")
        report.results.append(BenchResult("\(part.name): failed", "", nil, note: "\(error)"))
      }
    }
    return (report, hasFailed)
  }
}
