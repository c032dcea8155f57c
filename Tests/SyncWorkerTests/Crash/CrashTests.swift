import Glibc
import Runtime
import SyncDomain
import TestKit
import Testing

/// `kill -9` at every named boundary between two effects leaves what a clean day leaves.
///
/// `make crash-test` takes every point; `make test` a sample. `SYNCLINE_CRASH_POINTS` says how many, or their names.
@Suite("Crash points", .serialized)
struct CrashTests {
  @Test(
    "contract 4.1, S1-29: the program killed at named boundaries ends a day like one that nobody killed; every boundary is reached"
  )
  func killed() async throws {
    var random = SplitMix64(seed: printedSeed())
    let (clean, passes) = try await cleanDay()
    let missing = CrashTests.points.filter { passes[$0, default: 0] == 0 }
    #expect(missing == [], "no process passed these")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, (point, pass)) in chosen(&random, passes).enumerated() {
        // A few at a time: each is a day of two processes.
        if index >= 3 { try await group.next() }
        group.addTask {
          try await WorkerWorld.with(CrashTests.options) { world in
            let found = try await killedDay(world, at: point, pass)
            #expect(found.differences(from: clean) == [], "killed at \(point.rawValue):\(pass)")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Those of a day; a large table is changed elsewhere, in "Safe steps".
  private static let points = CrashPoint.allCases.filter { $0 != .schemaStepped }

  private static let options = WorkerWorld.Options.of {
    $0.records = CrashDay.records
    $0.organizations = ["RIO", "SFO"]
    $0.pageSize = 25
  }

  /// What is left, and how often each point was passed.
  private func cleanDay() async throws -> (CrashOutcome, [CrashPoint: Int]) {
    var result: (CrashOutcome, [CrashPoint: Int])?
    try await WorkerWorld.with(CrashTests.options) { world in
      let day = CrashDay(world: world)
      try await day.prepare()
      let list = ["\(CrashPoint.variable)=list"]
      let processes = [try world.spawnWorker(list), try world.spawnScheduler(jobs: CrashDay.jobs, list)]
      try await day.live()
      let told = processes.map(\.log).joined().split(separator: "\n").filter { $0.hasPrefix("crash point ") }
      let points = told.compactMap { CrashPoint(rawValue: String($0.dropFirst("crash point ".count))) }
      result = (try await CrashOutcome(world), Dictionary(points.map { ($0, 1) }, uniquingKeysWith: +))
    }
    return try #require(result)
  }

  /// The same day with a process that dies once; what it held is let go as if its leases had run out, and another
  /// takes its place.
  private func killedDay(_ world: WorkerWorld, at point: CrashPoint, _ pass: Int) async throws -> CrashOutcome {
    let day = CrashDay(world: world)
    try await day.prepare()
    let order = ["\(CrashPoint.variable)=\(point.rawValue):\(pass)"]
    let isOfScheduler = ["lead", "firing", "own-work"].contains { point.rawValue.hasPrefix($0) }
    let worker = try world.spawnWorker(isOfScheduler ? [] : order)
    let scheduler = try world.spawnScheduler(jobs: CrashDay.jobs, isOfScheduler ? order : [])
    let victim = isOfScheduler ? scheduler : worker
    let successor = Task {
      guard await victim.wait() == 128 + SIGKILL else { return false }
      for sql in [
        "UPDATE sync_job SET lease_expires_at = now() WHERE state = 'running'",
        "UPDATE pfa_modification SET lease_expires_at = now() WHERE lease_expires_at IS NOT NULL",
        "UPDATE projects SET lock_expires_at = now() WHERE lock_expires_at IS NOT NULL",
        isOfScheduler ? "UPDATE scheduler_lease SET expires_at = now()" : "SELECT 1",
      ] { try await world.execute(sql) }
      _ = isOfScheduler ? try world.spawnScheduler(jobs: CrashDay.jobs) : try world.spawnWorker()
      return true
    }
    try await day.live()
    // Ends it if it was never killed.
    victim.signal(SIGTERM)
    let wasKilled = try await successor.value
    #expect(wasKilled, "\(point.rawValue):\(pass) was not reached")
    return try await CrashOutcome(world)
  }

  /// Points and the pass at which to die: among the first that are sure to come, in the middle of the work.
  private func chosen(_ random: inout SplitMix64, _ passes: [CrashPoint: Int]) -> [(CrashPoint, Int)] {
    let wanted = Environment.value("SYNCLINE_CRASH_POINTS") ?? "2"
    var points = CrashTests.points
    if let count = Int(wanted) {
      while points.count > count { points.remove(at: random.below(points.count)) }
    } else if wanted != "all" {
      points = wanted.split(separator: ",").compactMap { CrashPoint(rawValue: String($0)) }
    }
    return points.map { ($0, 1 + random.below(max(1, min(4, passes[$0, default: 1] / 4)))) }
  }
}
