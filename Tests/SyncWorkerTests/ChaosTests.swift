import FoundationEssentials
import Glibc
import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

/// `kill -9` at random moments leaves what one clean run leaves.
///
/// `SYNCLINE_CHAOS_KILLS` says at how many moments; `SYNCLINE_TEST_SEED` replays a run's choices.
@Suite("Chaos", .serialized)
struct ChaosTests {
  private static let rows = 3_000

  /// Rounds of a history that is the same in both worlds: the upstream as each sync finds it.
  private struct History {
    let seed: UInt64

    func prepare(_ round: Int, _ pems: SimulatedPEMS) {
      pems.behave { $0.serverTime = 1_800_000_000_000 + Int64(round) * 3_600_000 }
      guard round > 0 else { return pems.seed(organization: "RIO", records: ChaosTests.rows, seed: seed) }
      var random = SplitMix64(seed: seed &+ UInt64(round))
      for _ in 0..<200 {
        let generator = RecordGenerator(seed: seed, organization: "RIO")
        let id = generator.pfaId(index: random.below(ChaosTests.rows))
        switch random.below(10) {
        case 0: pems.discontinue(organization: "RIO", pfaId: id)
        case 1: pems.remove(organization: "RIO", pfaId: id)
        case 2: pems.poison(organization: "RIO", pfaId: id, .nul)
        default:
          let price = JSONValue.number("\(random.below(1_000_000)).\(random.below(90) + 10)")
          pems.update(
            organization: "RIO", pfaId: id,
            data: [
              .init("purchasePrice", price), .init("source", .string("Purchase")),
              .init("dor", .string("D\(random.below(5))")),
            ])
        }
      }
    }

    func mode(_ round: Int) -> ReadSyncMode { [.full, .incremental, .full, .manual][round % 4] }
  }

  /// Everything that must not depend on how it came about.
  private struct Outcome: Equatable {
    var rows: [String] = []
    var kpis: [String] = []
    var logs: [String] = []
    var issues: [String] = []

    init(_ world: WorkerWorld) async throws {
      rows = try await world.rows()
      kpis = try await world.kpis()
      // Runs are numbered by their jobs; times, ids, attempts and how the pages were cut are not part of it.
      logs = try await world.lines(
        """
        SELECT sync_type, source, status, received, inserted, updated, unchanged, stale, discontinued, conflicted, rejected, swept, pages,
          error_code, error_message FROM pfa_sync_log ORDER BY id
        """)
      issues = try await world.lines(
        """
        SELECT i.organization_id, page, pfa_id, field, code, raw, i.rejected
        FROM sync_record_issue i LEFT JOIN pfa_sync_log l USING (job_id) ORDER BY l.id, page, pfa_id, field, code
        """)
    }
  }

  @Test(
    "S1-29, S2-15, R21: kill -9 of workers, of Postgres and of both at random moments of syncs with three workers ends like one clean run"
  )
  func randomKills() async throws {
    let seed = printedSeed()
    let kills = getenv("SYNCLINE_CHAOS_KILLS").flatMap { Int(String(cString: $0)) } ?? 6
    let history = History(seed: seed)
    let server = try await KillableServer()
    defer { server.removeFiles() }
    var rounds = 0
    var chaotic: Outcome?
    try await WorkerWorld.with(
      .of {
        $0.server = server.current
        $0.pageSize = 100
      }
    ) { world in
      var monkey = Monkey(world: world, server: server, random: SplitMix64(seed: seed), killsLeft: kills)
      try await monkey.start()
      while rounds == 0 || monkey.killsLeft > 0 {
        history.prepare(rounds, world.pems)
        // Thirty pages, slow enough that a kill meets the middle of the work.
        world.pems.fail(SimulatedFault(.slow(150), times: 40))
        let job = try await world.requestSync(history.mode(rounds))
        try await monkey.rage(until: job)
        rounds += 1
        try #require(rounds < 1_000)
      }
      await monkey.stop()
      #expect(try await world.kpiDifferences() == [])
      chaotic = try await Outcome(world)
      #expect(monkey.killsLeft <= 0)
    }
    await server.stop()
    print("chaos: \(kills) kills in \(rounds) syncs")
    try await WorkerWorld.with(.of { $0.pageSize = 100 }) { world in
      try world.startWorker()
      for round in 0..<rounds {
        history.prepare(round, world.pems)
        #expect(try await world.sync(history.mode(round)).state == "succeeded")
      }
      let clean = try await Outcome(world)
      let found = try #require(chaotic)
      for (name, lines) in [
        ("logs", (found.logs, clean.logs)), ("kpis", (found.kpis, clean.kpis)),
        ("issues", (found.issues, clean.issues)),
        ("rows", (found.rows, clean.rows)),
      ] {
        #expect(lines.0.count == lines.1.count, "\(name)")
        let difference = zip(lines.0, lines.1).first { $0 != $1 }
        #expect(difference == nil, "the first of \(name) that differs: \(difference.map { "\($0)\n\($1)" } ?? "")")
      }
    }
  }

  /// Kills what runs and starts it again.
  private struct Monkey {
    let world: WorkerWorld
    let server: KillableServer
    var random: SplitMix64
    var killsLeft: Int
    var workers: [WorkerProcess] = []

    init(world: WorkerWorld, server: KillableServer, random: SplitMix64, killsLeft: Int) {
      self.world = world
      self.server = server
      self.random = random
      self.killsLeft = killsLeft
    }

    mutating func start() async throws {
      for _ in 0..<3 { workers.append(try world.spawnWorker()) }
    }

    func stop() async {
      for worker in workers { await worker.kill() }
    }

    /// Kills at random moments until the job has ended.
    mutating func rage(until job: String) async throws {
      try await until("a worker drives the job") { ["running", "succeeded"].contains(try await world.job(job)?.state) }
      while true {
        if try await waitForMoment(job) { return }
        guard killsLeft > 0 else {
          let ended = try await world.waitForJob(job, limit: .seconds(120))
          #expect(ended.state == "succeeded", "\(ended)")
          return
        }
        killsLeft -= 1
        switch random.below(4) {
        case 0: try await killWorker()
        case 1: try await server.killBackend(random.next())
        case 2: try await server.kill()
        default:
          try await killWorker()
          try await server.kill()
        }
      }
    }

    /// A random time, or a random part of a second after a random number of further pages was applied: moments in which
    /// something goes on. True when the job ended before.
    private mutating func waitForMoment(_ job: String) async throws -> Bool {
      let pages = random.below(3) == 0 ? 0 : 1 + random.below(8)
      let rest = Duration.milliseconds(pages == 0 ? random.below(2_500) : random.below(120))
      let start = try await applied(job)
      let limit = Deadline(after: .seconds(60))
      while try await applied(job) < start + pages, !limit.hasPassed {
        if try await isOver(job) { return true }
        try await Task.sleep(for: .milliseconds(5))  // between two looks
      }
      let moment = Deadline(after: rest)
      while !moment.hasPassed {
        if try await isOver(job) { return true }
        try await Task.sleep(for: .milliseconds(5))  // between two looks
      }
      return false
    }

    private func applied(_ job: String) async throws -> Int {
      try await world.count("sync_page WHERE state = 'applied' AND job_id = '\(job)'")
    }

    private func isOver(_ job: String) async throws -> Bool {
      guard let row = try await world.job(job) else { return false }
      if row.state == "failed" || row.state == "cancelled" || row.state == "awaiting_approval" {
        Issue.record("the job ended as \(row)")
      }
      return ["succeeded", "failed", "cancelled", "awaiting_approval"].contains(row.state)
    }

    private mutating func killWorker() async throws {
      let index = random.below(workers.count)
      await workers[index].kill()
      workers[index] = try world.spawnWorker()
    }
  }
}

/// A Postgres of a test's own that is killed and comes back with its data.
final class KillableServer: Sendable {
  private let directory: String
  private let state: Locked<EmbeddedPostgres>

  var current: EmbeddedPostgres { state.with { $0 } }

  init() async throws {
    directory = "/tmp/syncline-chaos-\(UUIDText.random().prefix(8))"
    state = Locked(try await KillableServer.start(directory))
  }

  private static func start(_ directory: String) async throws -> EmbeddedPostgres {
    // Killed processes lose nothing that the kernel has; waiting for the disk would only slow the test down.
    try await EmbeddedPostgres.start(directory: directory, settings: ["fsync": "off"], keep: true)
  }

  /// `kill -9` of the whole server, and its next start.
  func kill() async throws {
    if let pid = current.serverPID { Glibc.kill(pid, SIGKILL) }
    await current.stop()
    let next = try await KillableServer.start(directory)
    state.with { $0 = next }
  }

  /// `kill -9` of one session's process: the server throws all sessions out and recovers by itself.
  func killBackend(_ chance: UInt64) async throws {
    guard let connection = try? await PGConnection.open(PGOptions(url: current.url()), name: "killer") else { return }
    let victims = try? await connection.run { session in
      try session.query("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'syncline-worker%' ORDER BY pid")
        .rows
        .map { try $0.integer("pid") }
    }
    await connection.close()
    guard let victims, !victims.isEmpty else { return }
    Glibc.kill(Int32(victims[Int(chance % UInt64(victims.count))]), SIGKILL)
  }

  func stop() async { await current.stop() }

  func removeFiles() { try? FileManager.default.removeItem(atPath: directory) }
}
