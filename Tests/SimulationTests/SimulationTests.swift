import Glibc
import Testing

/// The product's pure machines against simulated brokers, databases, upstreams and clocks, with every fault a seed can
/// think of. `make simulate` runs the same for longer, or one seed again.
@Suite("Simulation", .serialized)
struct SimulationTests {
  @Test("Lanes: exactly once, newest wins, totals and accounting, under rebalances, zombies and unknown commits")
  func lanes() { simulate(LaneWorld.self, runs: 150) }

  @Test("Each planted defect of lanes is found", arguments: LaneWorld.Defect.allCases)
  func laneDefects(_ defect: LaneWorld.Defect) { find(LaneWorld.self, defect) }

  @Test("Edits: no lost edit, no lost update, no false conflict; PEMS and we agree, under every outcome of a push")
  func edits() { simulate(EditWorld.self, runs: 400) }

  @Test("Each planted defect of edits is found", arguments: EditWorld.Defect.allCases)
  func editDefects(_ defect: EditWorld.Defect) { find(EditWorld.self, defect) }

  @Test("Reads: one holder, no record skipped, nothing counted twice, no mass loss, while workers die and PEMS moves")
  func reads() { simulate(ReadWorld.self, runs: 400) }

  @Test("Each planted defect of reads is found", arguments: ReadWorld.Defect.allCases)
  func readDefects(_ defect: ReadWorld.Defect) { find(ReadWorld.self, defect) }

  @Test("Schedule: each firing once and none lost, one of a lane at a time, while leaders die and clocks jump")
  func schedule() { simulate(ScheduleWorld.self, runs: 100) }

  @Test("Each planted defect of schedules is found", arguments: ScheduleWorld.Defect.allCases)
  func scheduleDefects(_ defect: ScheduleWorld.Defect) { find(ScheduleWorld.self, defect) }

  @Test("Schema changes: master and target agree after recovery, each change once")
  func schema() { simulate(SchemaWorld.self, runs: 400) }

  @Test("Each planted defect of schema changes is found", arguments: SchemaWorld.Defect.allCases)
  func schemaDefects(_ defect: SchemaWorld.Defect) { find(SchemaWorld.self, defect) }
}

/// Runs of a world from a fresh seed, or for a given time, or of one seed.
func simulate<W: World>(_ world: W.Type, runs: Int) {
  let settings = SimulationSettings()
  guard settings.world.map({ $0 == W.name }) ?? true else { return }
  let simulation = Simulation<W>()
  let first = settings.seed ?? UInt64.random(in: 1...(1 << 40))
  let started = ContinuousClock.now
  var count = 0
  while settings.isUnderWay(count, started, runs) {
    let run = simulation.run(seed: first &+ UInt64(count))
    if let failure = simulation.failure(of: run) {
      Issue.record(Comment(rawValue: simulation.report(run, failure)))
      return
    }
    count += 1
  }
  let seconds = started.duration(to: .now) / .seconds(1)
  print("\(W.name): \(count) runs from seed \(first) in \(Int(seconds.rounded(.up))) s")
}

/// A planted defect is found within few runs, and its story is short.
func find<W: World>(_ world: W.Type, _ defect: W.Defect, within runs: Int = 3_000) {
  let simulation = Simulation<W>(defect: defect)
  for seed in 1...UInt64(runs) {
    let run = simulation.run(seed: seed)
    guard let failure = simulation.failure(of: run) else { continue }
    let short = simulation.shrunk(run, failure, budget: 600)
    #expect(short.steps.count <= run.steps.count)
    #expect(simulation.failure(of: short)?.violation.rule == failure.violation.rule)
    print("\(W.name), \(defect): run \(seed), \(run.steps.count) steps, shrunk to \(short.steps.count): \(failure)")
    return
  }
  Issue.record("\(W.name): \(defect) was not found in \(runs) runs")
}

/// What `make simulate` asks for.
struct SimulationSettings {
  /// One run of this seed; nil: as many as there is time for.
  let seed = SimulationSettings.value("SYNCLINE_SIMULATE_SEED").flatMap { UInt64($0) }
  /// For so many seconds each world.
  let seconds = SimulationSettings.value("SYNCLINE_SIMULATE_SECONDS").flatMap { Int($0) }
  /// This world only.
  let world = SimulationSettings.value("SYNCLINE_SIMULATE_WORLD")

  func isUnderWay(_ done: Int, _ started: ContinuousClock.Instant, _ runs: Int) -> Bool {
    if seed != nil { return done < 1 }
    if let seconds { return started.duration(to: .now) < .seconds(seconds) }
    return done < runs
  }

  private static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
