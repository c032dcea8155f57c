import FoundationEssentials
import Glibc
import Kafka
import Postgres
import Runtime
import SyncStore
import SyncWorker

/// The program itself: how soon it starts, and what a worker without work costs.
package struct ProgramBench: Sendable {
  /// Times that the program is started.
  package var starts = 20
  /// How long the idle worker is watched.
  package var spell = Duration.seconds(10)
  package var executable = BenchWorker.ownExecutable

  package init() {}

  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    var report = BenchReport("program", MachineFacts.conditions)
    say("starting")
    report.results.append(
      BenchResult(
        "syncline version", "ms", try await median(starts.times { try await start() * 1_000 }), target: .valueBelow(30),
        note: "from its start to its end"))
    say("a worker without work")
    report.results += try await idle()
    return report
  }

  private func start() async throws -> Double {
    let log = "/tmp/syncline-bench-\(UUIDText.random()).log"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let started = ContinuousClock.now
    let child = try LeashedProcess(executable, ["version"], environment: ["PATH": "/usr/bin:/bin"], logPath: log)
    let status = await child.wait()
    guard status == 0 else { throw CommandError(.failure, "BENCH_FAILED", "'syncline version' ended with \(status)") }
    return started.duration(to: .now).inSeconds
  }

  private func idle() async throws -> [BenchResult] {
    let database = try await BenchDatabase.start(fsync: false, indexes: .standard)
    do {
      let path = try await CommitPath.start(
        url: try await database.create("bench_idle"), lanes: 2, executable: executable)
      let postgres = database.cpuSeconds
      let worker = path.cpuSeconds
      // What is measured is this time itself.
      try await Task.sleep(for: spell)
      let share = (path.cpuSeconds - worker) / spell.inSeconds * 100
      let served = (database.cpuSeconds - postgres) / spell.inSeconds * 100
      let memory = Double(path.peakMemory) / 1e6
      await path.stop()
      await database.server.stop()
      return [
        BenchResult("idle worker: CPU", "% of a core", share, target: .valueBelow(1)),
        BenchResult("idle worker: CPU of Postgres", "% of a core", served),
        BenchResult("idle worker: memory", "MB", memory, target: .valueBelow(200), note: "peak resident"),
      ]
    } catch {
      await database.server.stop()
      throw error
    }
  }
}

extension Int {
  /// What a body gives, so many times.
  fileprivate func times(_ body: () async throws -> Double) async throws -> [Double] {
    var values: [Double] = []
    for _ in 0..<self { values.append(try await body()) }
    return values
  }
}
