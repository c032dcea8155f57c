import Kafka
import Postgres
import Runtime
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
        worker.health.missing.contains("the schema is not current: run `syncline migrate`")
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
