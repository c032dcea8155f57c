import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// A worker whose services are away: what it says, and how it stops.
@Suite("Worker without its services")
struct StandstillTests {
  @Test("A worker says that it lives, and takes it back when it stops")
  func presence() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker()
      try await until("the worker is seen") { try await world.count("live_worker") == 1 }
      #expect(try await world.lines("SELECT consumer_group FROM live_worker") == [world.group])
      await worker.stop()
      #expect(try await world.count("live_worker") == 0)
    }
  }

  @Test("S1-50 Query time, index use, bloat, freshness and pool use are on the metrics page")
  func gauges() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker()
      try await until("the gauges are there") { worker.metric(MetricCatalog.tableBytes, [("table", "pfa_mirror")]) > 0 }
      let page = worker.worker.metrics.render()
      #expect(page.contains("syncline_table_dead_share{table=\"pfa_mirror\"}"))
      #expect(page.contains("syncline_index_scans{table=\"pfa_mirror\",index=\"pfa_mirror_key\"}"))
      #expect(page.contains("syncline_idle_triggers 0"))
      #expect(page.contains("syncline_consumes{kind=\"draft_commit\"} 1"))
      var analyst = world.configuration()
      analyst.kinds = []
      let idle = try Worker(analyst)
      #expect(!idle.metrics.render().contains("syncline_consumes{"), "it applies no messages")
      await idle.close()
      // Query time, freshness and pool use were there before.
      for name in ["batch_duration_seconds", "last_sync_success_timestamp_seconds", "pool_in_use", "pool_waiters"] {
        #expect(page.contains("# TYPE syncline_\(name) "), "\(name)")
      }
    }
  }

  @Test("With Kafka gone and messages to publish a stop abandons nothing; what was not published stays in the outbox")
  func stopsWithoutKafka() async throws {
    let kafka = try EmbeddedKafka()
    try await WorkerWorld.with(.of { $0.kafka = kafka }) { world in
      let configuration = world.configuration()
      let worker = try Worker(configuration)
      // Well below what a message may take to time out.
      let group = ServiceGroup(worker.services, drainTime: .seconds(15), log: configuration.log)
      let running = Task { try await group.run() }
      try await until("the worker has joined") { worker.health.missing.isEmpty }
      kafka.stop()
      try await world.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'kpi_rebuild')")
      try await until("the relay has taken the message") {
        try await world.lines("SELECT pg_try_advisory_xact_lock(7236001)") == ["f"]
      }
      group.stop()
      let ending = try await running.value
      #expect(ending.abandoned == [])
      #expect(try await world.count("outbox") == 1)
      await worker.close()
    }
  }

  @Test("Started without a schema a worker says once what it waits for, on its log and in readiness, and goes on then")
  func waitsForSchema() async throws {
    try await WorkerWorld.with { world in
      let url = try await TestDatabase.fresh()
      var configuration = world.configuration()
      configuration.postgres.url = url
      let worker = try Worker(configuration)
      let group = ServiceGroup(worker.services, log: configuration.log)
      let running = Task { try await group.run() }
      try await until("it says so") {
        worker.health.missing.contains("the schema is not current: run 'syncline migrate up'")
      }
      let connection = try await PGConnection.open(PGOptions(url: url), name: "migrate")
      _ = try await connection.run { try Migrator.up($0) }
      await connection.close()
      try await until("it has joined") { worker.health.missing.isEmpty }
      group.stop()
      #expect(try await running.value.abandoned == [])
      await worker.close()
    }
  }
}

/// Requests that were noted before a worker has them.
@Suite("Noted requests")
struct RequestTests {
  /// Puts a request on the topic and notes it, as `sync run` does; its job.
  private func ask(_ world: WorkerWorld) async throws -> String {
    let request = ReadSyncRequest(
      organization: "RIO", mode: .full, source: "sim", pageSize: nil, dryRun: false, requestedBy: "ann")
    let event = CloudEvent(
      id: UUIDText.random(), source: "syncline-cli", type: ReadSyncMessage.requestedType, organization: "RIO",
      data: request.encoded())
    let place = try await world.produce(event, key: "RIO")
    let job = UUIDText.event(source: event.source, id: event.id)
    let topic = world.topics.readSync
    try await world.connection.run { session in
      try session.asSystem {
        try JobRequestStore.record(
          session, job: job, organization: "RIO", kind: "read_sync", event: event.id, key: event.requestKey("RIO"),
          parameters: event.data, place: (topic, place.partition, place.offset), by: "ann")
      }
    }
    return job
  }

  @Test("A request that was cancelled before any worker had it is never done; a job begins when it was asked for")
  func cancelled() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      let cancelled = try await ask(world)
      let isDone = try await world.connection.run {
        try JobRequestStore.cancel($0, cancelled, by: Decision(actor: "bob", reason: "wrong source"))
      }
      #expect(isDone)
      let asked = try await ask(world)
      let moments = try await world.lines("SELECT requested_at FROM job_request ORDER BY requested_at")
      try world.startWorker()
      #expect(try await world.waitForJob(asked).state == "succeeded")
      #expect(try await world.job(cancelled)?.state == "cancelled")
      #expect(try await world.lines("SELECT job_id::text FROM pfa_sync_log WHERE job_id IS NOT NULL") == [asked])
      #expect(try await world.lines("SELECT created_at FROM sync_job ORDER BY created_at") == moments)
    }
  }
}
