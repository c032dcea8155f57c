import Glibc
import PEMS
import Postgres
import Runtime
import SyncWorker
import TestKit
import Testing

/// Workers that come, go, and come back from the dead.
@Suite("Membership")
struct MembershipTests {
  @Test(
    "R21: one joins, one drains, one sleeps past its lease: nothing is applied twice, the zombie is fenced and counted"
  )
  func zombie() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 4_000
        $0.pageSize = 50
      }
    ) { world in
      var workers = [try world.spawnWorker(), try world.spawnWorker()]
      world.pems.fail(SimulatedFault(.slow(300), times: 80))
      let id = try await world.requestSync()
      func pages(_ count: Int) async throws {
        try await until("\(count) pages are applied") {
          try await world.count("sync_page WHERE state = 'applied'") >= count
        }
      }
      try await pages(5)
      workers.append(try world.spawnWorker())
      try await pages(10)

      // SIGTERM to one that does not drive the job: a clean drain.
      let driver = try #require(try await owner(of: id, world))
      let leaving = try #require(workers.first { !$0.log.contains(driver) })
      leaving.signal(SIGTERM)
      #expect(await leaving.wait() == 0, "\(leaving.log)")
      let applied = try await world.count("sync_page WHERE state = 'applied'")
      try await pages(applied + 5)

      // SIGSTOP to the one that drives the job, until others have both its job and its partitions.
      let sleepingName = try #require(try await owner(of: id, world))
      let sleeping = try #require(workers.first { $0.log.contains(sleepingName) })
      sleeping.signal(SIGSTOP)
      try await until("the job is taken over") { try await owner(of: id, world) != sleepingName }
      try await until("its partitions are taken over") {
        try await world.count("consumer_offset WHERE owner = '\(sleepingName)'") == 0
      }
      sleeping.signal(SIGCONT)
      try await until("the zombie is fenced and counted") { try await fenced(sleeping) >= 1 }
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 1, "\(job)")
      let log = try #require(try await world.logRow(id))
      #expect(log.received == 4_000 && log.inserted == 4_000 && log.isClosed, "\(log)")
      #expect(try await world.lines("SELECT DISTINCT version FROM pfa_mirror") == ["1"])
      #expect(try await world.kpiDifferences() == [])
    }
  }

  private func owner(of job: String, _ world: WorkerWorld) async throws -> String? {
    let line = try await world.lines("SELECT lease_owner FROM sync_job WHERE id = '\(job)' AND state = 'running'").first
    return line == "∅" ? nil : line
  }

  private func fenced(_ worker: WorkerProcess) async throws -> Double {
    let text = try await worker.metrics()
    let line = text.split(separator: "\n").first { $0.hasPrefix("syncline_fenced_total") }
    return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? 0
  }

  @Test(
    "R21: a worker that drains hands its job over; the next goes on at the checkpoint under the same job and attempt")
  func handover() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 600
        $0.pageSize = 50
      }
    ) { world in
      let first = try world.startWorker()
      world.pems.fail(SimulatedFault(.slow(250), times: 12))
      let id = try await world.requestSync()
      try await until("pages are applied") { try await world.count("sync_page WHERE state = 'applied'") >= 3 }
      let ending = await first.stop()
      #expect(ending?.abandoned == [])
      #expect(try await world.job(id)?.state == "running")
      let requests = world.pems.requests
      let applied = try await world.count("sync_page WHERE state = 'applied'")
      let second = try world.startWorker()
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 1, "\(job)")
      // One job is counted once, by whoever ended it.
      let kind = [("kind", "read_sync")]
      try await until("its duration is told") { second.metric(MetricCatalog.jobDuration, kind) == 1 }
      #expect(first.metric(MetricCatalog.jobDuration, kind) == 0)
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 600 && log.received == 600 && log.isClosed)
      // What was applied is not asked for again; a page whose message was still under way is.
      #expect(applied >= 3 && world.pems.requests - requests <= 12 - applied)
    }
  }

  @Test("Workers for some kinds come and go beside one for all: none dies of what the others consume")
  func mixed() async throws {
    try await WorkerWorld.with(.of { $0.records = 300 }) { world in
      let lasting = try world.spawnWorker()
      for kinds in [["--only", "read_sync"], ["--only", "read_sync,draft_commit"], []] {
        let others = [try world.spawnWorker([], kinds), try world.spawnWorker()]
        for other in others {
          try await until("it is ready") { try await other.get("/readyz").status == 200 }
        }
        for other in others {
          other.signal(SIGTERM)
          #expect(await other.wait() == 0, "\(other.log)")
        }
      }
      let id = try await world.requestSync()
      #expect(try await world.waitForJob(id).state == "succeeded")
      lasting.signal(SIGTERM)
      #expect(await lasting.wait() == 0, "\(lasting.log)")
    }
  }

  @Test("A job that is claimed while its worker is being stopped is left to others at once")
  func claimedLate() async throws {
    try await WorkerWorld.with(.of { $0.records = 300 }) { world in
      // A claim waits here for the test.
      try await world.execute(
        """
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
        CREATE TRIGGER gate BEFORE UPDATE ON sync_job FOR EACH ROW WHEN (NEW.state = 'running' AND OLD.state = 'queued')
          EXECUTE FUNCTION wait_at_gate();
        """)
      let keeper = try await PGConnection.open(PGOptions(url: world.databaseURL), name: "keeper")
      try await keeper.run { _ = try $0.query("SELECT pg_advisory_lock(7)") }
      let worker = try world.startWorker()
      let id = try await world.requestSync()
      try await until("the claim waits") {
        try await world.count("pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted") == 1
      }
      try await until("it has said that it lives") { try await world.count("live_worker") == 1 }
      let stopping = Task { await worker.stop() }
      try await until("the worker is being stopped") { try await world.count("live_worker") == 0 }
      try await keeper.run { _ = try $0.query("SELECT pg_advisory_unlock(7)") }
      #expect(await stopping.value?.abandoned == [])
      let job = try await world.job(id)
      #expect(job?.state == "running", "\(String(describing: job))")
      #expect(try await world.count("sync_page") == 0)
      await keeper.close()
    }
  }
}
