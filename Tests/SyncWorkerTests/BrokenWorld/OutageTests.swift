import Kafka
import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Postgres that is there and answers nothing, loses answers, or hangs up in the middle of what counts.
@Suite("Outages")
struct OutageTests {
  @Test(
    "S0-17: a Postgres that loses its answers, never answers or refuses, in the middle of a sync: it ends as if nothing had been",
    arguments: [FaultProxy.Mode.swallowReplies, .blackHole, .refuse])
  func outage(_ mode: FaultProxy.Mode) async throws {
    try await WorkerWorld.withProxy(
      .of {
        $0.records = 400
        $0.pageSize = 40
      }
    ) { world, proxy, worker in
      world.pems.fail(SimulatedFault(.slow(80), times: 10))
      let id = try await world.requestSync()
      try await until("pages are applied") { try await world.count("sync_page WHERE state = 'applied'") >= 2 }
      proxy.set(mode)
      // What was open is as dead as what comes; half-open connections stay, their answers lost.
      if mode != .swallowReplies { proxy.cut() }
      try await until("the worker notices") { worker.worker.health.missing.contains("postgres is not reachable") }
      #expect(worker.worker.health.isAlive)
      try await until("the gauge says so") { worker.worker.metrics.value(MetricCatalog.databaseUp.name) == 0 }
      proxy.set(.pass)
      proxy.cut()
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 1, "\(job)")
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 400 && log.received == 400 && log.isClosed, "\(log)")
      #expect(try await world.lines("SELECT DISTINCT version FROM pfa_mirror") == ["1"])
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test(
    "contract 4.1: connections cut before and in the middle of COMMIT of commits and pushes: each session once, each edit sent once"
  )
  func cutCommits() async throws {
    try await WorkerWorld.withProxy(.of { $0.records = 40 }) { world, proxy, worker in
      try await world.permit("ann")
      try await world.sync()
      for index in 0..<12 {
        try await world.draft(WorkerWorld.id(index), #"{"dor":"S\#(index)"}"#, user: "ann", session: "s\(index)")
        proxy.arm(index % 2 == 0 ? .cutReply("COMMIT") : .cutBefore("COMMIT"))
        #expect(try await world.commit("s\(index)", user: "ann").state == "succeeded")
      }
      try await until("every edit is in PEMS") {
        try await world.count("pfa_modification WHERE sync_state = 'synced'") == 12
      }
      #expect(world.pems.writes.taken == 12 && world.pems.writes.overlapping == 0)
      let upstream = (0..<12).map { world.upstream($0, "dor") }
      #expect(upstream == (0..<12).map { "\"S\($0)\"" })
      #expect(try await world.count("pfa_mirror WHERE version = 2") == 12)
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("A disk that is full where records go: the batch waits, nothing is rejected, and goes on when there is room")
  func fullDisk() async throws {
    try await WorkerWorld.with(.of { $0.records = 60 }) { world in
      try await world.execute(
        """
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON pfa_mirror FOR EACH STATEMENT EXECUTE FUNCTION full_disk()
        """)
      let worker = try world.startWorker()
      let id = try await world.requestSync()
      try await until("the batch was tried again and again") {
        worker.metric(MetricCatalog.retries, [("code", "53100")]) >= 3
      }
      try await world.execute("DROP TRIGGER full_disk ON pfa_mirror")
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 1 && job.result == "clean", "\(job)")
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 60 && log.rejected == 0 && log.isClosed, "\(log)")
      #expect(try await world.count("dead_letter") == 0)
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test(
    "A target whose disk is full: master and target stay at the old version, and have the new one when there is room")
  func fullTarget() async throws {
    try await WorkerWorld.with { world in
      try await world.deploy()
      try world.startWorker()
      try await world.makeProject()
      try await world.execute(
        """
        CREATE FUNCTION full_target() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE EVENT TRIGGER full_target ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION full_target()
        """)
      let job = try await world.change(
        #"{"type":"add_column","table_id":"orders","column":{"id":"note","type":"text"}}"#, version: 1)
      try await until("it was tried twice") {
        try await world.history().count { $0 == "failed|TARGET_ERROR" } >= 2
      }
      #expect(try await world.columns().count == 3)
      #expect(try await world.project()?.hasPrefix("1|") == true)
      try await world.execute("DROP EVENT TRIGGER full_target")
      #expect(try await world.waitForJob(job).state == "succeeded")
      #expect(try await world.project() == "2|ready")
      #expect(try await world.columns().count == 4)
      let applied = try await world.history().filter { $0 == "applied|∅" }
      #expect(applied.count == 2)
      #expect(try await world.disagreements() == [])
    }
  }
}
