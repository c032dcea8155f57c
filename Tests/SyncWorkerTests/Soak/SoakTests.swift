import Glibc
import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

/// The long form of the client histories: real worker processes under load, watched for what grows. `make soak` runs
/// it for an hour.
@Suite("Soak")
struct SoakTests {
  private static let seconds = getenv("SYNCLINE_SOAK_SECONDS").flatMap { Int(String(cString: $0)) }

  @Test(
    "S1-65: reads, changes, edits, commits and appends for long: histories are explained, totals right, nothing grows",
    .enabled(if: seconds != nil))
  func soak() async throws {
    let seed = printedSeed()
    try await WorkerWorld.with(.of { $0.records = 500 }) { world in
      try await world.permit("ann")
      let workers = [try world.spawnWorker(), try world.spawnWorker()]
      _ = try await world.sync()
      let generator = RecordGenerator(seed: 1, organization: "RIO")
      let records = (0..<40).map { generator.record(index: $0) }.filter { !$0.discontinued }.map(\.pfaId).suffix(6)
      let pool = PGPool(PGOptions(url: world.databaseURL), size: 4, name: "clients", log: Log(level: .error))
      let clients = HistoryClients(
        pool: pool, records: Array(records), streams: ["soak/1", "soak/2", "soak/3"],
        commit: { try await SoakTests.commit($0, $1, world) })
      var watch = SoakWatch(pids: workers.map(\.pid))
      let deadline = ContinuousClock.now + .seconds(SoakTests.seconds ?? 0)
      var (rounds, calls, faults) = (0, 0, [String]())
      while ContinuousClock.now < deadline {
        do {
          let before = try await clients.versions()
          let mode: ReadSyncMode = rounds % 4 == 0 ? .full : .incremental
          async let sync = world.sync(mode)
          try await changes(world, round: rounds)
          try await clients.run(
            clients: 6, seed: seed &+ UInt64(rounds * 100), until: min(deadline, .now + .seconds(10)))
          if try await sync.state != "succeeded" { faults.append("round \(rounds): a read did not succeed") }
          let history = clients.history(from: before, to: try await clients.versions())
          calls += history.calls.count
          if let fault = history.fault() { faults.append("round \(rounds): \(fault)") }
          let differences = try await world.kpiDifferences()
          if !differences.isEmpty { faults.append("round \(rounds): totals of \(differences.count) groups are wrong") }
          try await watch.look(world)
        } catch {
          // What the hour has shown until now is told all the same, and what stands still.
          faults.append("round \(rounds): \(error)")
          faults += try await world.lines(
            """
            SELECT id, kind, state, attempt, run_at, lease_owner, lease_expires_at, progress FROM sync_job
            WHERE finished_at IS NULL
            """)
          faults += await deadlocks()
          break
        }
        rounds += 1
      }
      await pool.close()
      faults += verdict(watch)
      print(
        "soak: seed \(seed), \(SoakTests.seconds ?? 0) s, \(rounds) rounds, \(calls) calls with their answers explained"
      )
      print("soak: \(faults.isEmpty ? "PASS" : "FAIL")")
      #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    }
  }

  /// What the server's log says of deadlocks: the statements that waited for each other.
  private func deadlocks() async -> [String] {
    let lines: [Substring]
    do {
      lines = try readTextFile(try await TestDatabase.embedded().logPath, limit: 1 << 30).split(separator: "\n")
    } catch {
      return ["\(error)"]
    }
    return lines.indices.filter { lines[$0].contains("deadlock detected") }.flatMap { index in
      lines[index..<min(index + 150, lines.count)].filter { !$0.hasPrefix("\t--") }.prefix(100).map(String.init)
    }
  }

  /// Upstream changes of records that no client edits, pushed to us.
  private func changes(_ world: WorkerWorld, round: Int) async throws {
    for index in 100..<150 {
      let record = RecordGenerator(seed: 1, organization: "RIO").record(index: index, revision: round + 1)
      try await world.produce(Events.changed(record), key: "RIO/\(record.pfaId)")
    }
  }

  /// A commit through Kafka and a worker, and what its rows say became of it.
  private static func commit(_ pool: PGPool, _ session: String, _ world: WorkerWorld) async throws
    -> HistoryClients.Told
  {
    let id = try await world.requestCommit(session, user: "ann")
    _ = try await world.waitForJob(id)
    let rows = try await pool.run { database in
      try database.query(
        """
        SELECT m.pfa_id, e.applied_version::bigint AS version
        FROM pfa_modification e JOIN pfa_mirror m ON m.id = e.mirror_id
        WHERE e.session_id = $1 AND e.applied_version IS NOT NULL
        """, [.text(session)]
      ).rows.map { (try $0.string("pfa_id"), try $0.integer("version")) }
    }
    return (rows.map { ToldHistory.Effect($0.0, $0.1 - 1, $0.1) }, [])
  }

  /// What grew that must not.
  private func verdict(_ watch: SoakWatch) -> [String] {
    guard watch.samples.count >= 6 else { return ["too short to tell what grows"] }
    let descriptors = watch.growth(\.descriptors)
    let connections = watch.growth(\.connections)
    let dead = watch.growth(\.deadRows)
    let slope = watch.slope
    let last = watch.samples[watch.samples.count - 1]
    print(
      """
      soak: memory of two workers \(last.kilobytes / 1_024) MB, slope \(Int(slope.rounded())) MB an hour; \
      descriptors \(descriptors.before), later \(descriptors.after); connections \(connections.before), later \
      \(connections.after); dead rows \(dead.before), later \(dead.after)
      """)
    // A short run can not tell a slope from noise: 8 MB in all are allowed besides 20 MB an hour.
    let allowed = 20 + 8 * 3_600 / max(1, last.seconds)
    return [
      slope > allowed ? "memory grows by \(Int(slope)) MB an hour" : nil,
      descriptors.after > descriptors.before + 4 ? "descriptors grow" : nil,
      connections.after > connections.before + 4 ? "connections grow" : nil,
    ].compactMap { $0 }
  }
}
