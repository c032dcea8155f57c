import Glibc
import Postgres
import Runtime
import SQLCatalog
import SyncStore

/// `bench fairness`: what one tenant's bulk load costs another one, how soon a worker's work is taken over, and how
/// soon a pause is felt. Real workers, each a process of its own.
package struct FairnessBench: Sendable {
  /// Records of the bulk load.
  package var records: Int
  /// Small syncs of the second tenant, alone and beside the load.
  package var samples = 30
  /// Its commits, as many behind each small sync: enough of them for a 99th percentile.
  package var commits = 300
  package var fsync = true
  package var executable = BenchWorker.ownExecutable
  /// What happens to workers.
  package var takeovers = Takeover.allCases

  package enum Takeover: String, CaseIterable, Sendable {
    case killed = "kill -9"
    case stopped = "SIGSTOP"

    var signal: Int32 { self == .killed ? SIGKILL : SIGSTOP }
  }

  package init(records: Int) { self.records = records }

  /// Runs everything; `say` tells how far it is.
  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    let source = try BenchSource(records: records)
    defer { source.remove() }
    let database = try await BenchDatabase.start(fsync: fsync, indexes: .standard, wal: records * 5_000)
    do {
      let url = try await database.create("bench_fairness")
      let tenants = try await FairnessTenants.start(url: url, source: source, executable: executable)
      var report = BenchReport(
        "fairness",
        database.conditions(fsync: fsync) + [
          ("records", .integer(records)), ("samples", .integer(samples)),
          ("commits", .integer(samples * commitsPerSample)),
          ("workers", .integer(FairnessTenants.workers)),
        ])
      do {
        report.results = try await measure(tenants, say)
      } catch {
        await tenants.stop()
        throw error
      }
      await tenants.stop()
      await database.server.stop()
      return report
    } catch {
      await database.server.stop()
      throw error
    }
  }

  private var commitsPerSample: Int { max(1, (commits + samples - 1) / samples) }

  private func measure(_ tenants: FairnessTenants, _ say: (String) -> Void) async throws -> [BenchResult] {
    say("the second tenant alone")
    _ = try await tenants.smallSync()
    _ = try await tenants.commit()
    var alone = Sample()
    for _ in 0..<samples { try await alone.add(tenants, commits: commitsPerSample) }
    say("beside a bulk load of \(records) records")
    let beside = try await besideBulk(tenants)
    say("a pause")
    let pause = try await tenants.pause()
    var results = [50, 95].map { compare("small sync", $0, beside.syncs, alone.syncs) }
    for (percent, target) in [(50, nil), (95, nil), (99, BenchResult.Target.ratioAtMost(2))] {
      results.append(compare("commit", percent, beside.commits, alone.commits, target: target))
    }
    results.append(
      BenchResult(
        "roll-ups behind the totals beside a bulk load, p95", "s", Latencies(beside.lags)[95], target: .valueBelow(5),
        note: "seconds, as the eventual tier may be"))
    results.append(
      BenchResult("pause felt after", "ms", pause * 1_000, note: "from its commit to the last effect of the tenant"))
    for takeover in takeovers {
      let name = takeover.rawValue
      say("a worker's \(name)")
      let times = try await tenants.takeover(takeover.signal)
      results.append(
        BenchResult(
          "\(name): job taken over after", "s", times.job, target: .valueBelow(15), note: "goal of the design"))
      results.append(
        BenchResult(
          "\(name): partitions taken over after", "s", times.partitions, note: "session time-out of Kafka included"))
    }
    return results
  }

  /// Milliseconds.
  private struct Sample {
    var syncs: [Double] = []
    var commits: [Double] = []
    /// Seconds that the roll-ups are behind.
    var lags: [Double] = []

    mutating func add(_ tenants: FairnessTenants, commits count: Int) async throws {
      syncs.append(try await tenants.smallSync() * 1_000)
      for _ in 0..<count { commits.append(try await tenants.commit() * 1_000) }
      lags.append(try await tenants.lag())
    }
  }

  /// The first tenant's reads follow each other until there are samples enough.
  private func besideBulk(_ tenants: FairnessTenants) async throws -> Sample {
    var sample = Sample()
    var reads = 0
    while sample.syncs.count < samples {
      let job = try await tenants.request(BenchDatabase.organization, source: BenchSource.Content.allCases[reads % 3])
      try await tenants.waitUntilRunning(job)
      while sample.syncs.count < samples, try await !tenants.isEnded(job) {
        try await sample.add(tenants, commits: commitsPerSample)
      }
      reads += 1
      if sample.syncs.count < samples { continue }
      while try await !tenants.isEnded(job) { try await Task.sleep(for: .milliseconds(20)) }
    }
    return sample
  }

  private func compare(
    _ name: String, _ percent: Int, _ beside: [Double], _ alone: [Double], target: BenchResult.Target? = nil
  ) -> BenchResult {
    BenchResult(
      "\(name) beside a bulk load, p\(percent)", "ms", Latencies(beside)[percent], limit: Latencies(alone)[percent],
      target: target, note: "limit: the same alone")
  }
}
