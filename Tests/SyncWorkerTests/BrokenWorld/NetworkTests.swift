import Kafka
import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Broken networks between a worker and its services.
@Suite("Network")
struct NetworkTests {
  @Test("contract 4.1: a connection cut before or in the middle of COMMIT leaves each message applied exactly once")
  func cutCommit() async throws {
    try await WorkerWorld.withProxy { world, proxy, worker in
      var sent = 0
      // Whose COMMIT is hit is chance: the lane's, the relay's or the gauges'. Until the lane's was, three times of
      // each kind.
      for trigger in [FaultProxy.Trigger.cutReply("COMMIT"), .cutBefore("COMMIT"), .cutReply("MARK")] {
        let before = worker.metric(MetricCatalog.retries, [("code", "commit unknown")]) + lost(worker)
        for _ in 0..<200
        where worker.metric(MetricCatalog.retries, [("code", "commit unknown")]) + lost(worker) < before + 3 {
          proxy.arm(trigger)
          let messages = (0..<3).map { index in
            world.message(
              Array(
                (#"{"organization":"RIO","record":{"pfaId":"A-\#(sent + index)","data":{"dor":"MARK","source":"Purchase","#
                  + #""purchasePrice":1.11,"originalStart":"2025-01-01","originalEnd":"2025-01-02"}}}"#)
                  .utf8), headers: Events.headers())
          }
          sent += messages.count
          try await world.apply(messages)
        }
        #expect(
          worker.metric(MetricCatalog.retries, [("code", "commit unknown")]) + lost(worker) >= before + 3, "\(trigger)")
      }
      let log = try #require(try await world.streamRow())
      #expect(log.received == Int64(sent) && log.inserted == Int64(sent) && log.isClosed, "\(log), sent \(sent)")
      #expect(try await world.lines("SELECT DISTINCT version FROM pfa_mirror") == ["1"])
      #expect(try await world.count("pfa_mirror") == sent)
      #expect(try await world.kpiDifferences() == [])
      #expect(worker.metric(MetricCatalog.fenced) == 0)
    }
  }

  private func lost(_ worker: RunningWorker) -> Double {
    worker.metric(MetricCatalog.retries, [("code", "connection")])
  }

  @Test(
    "S0-16: while Postgres does not answer the worker says so and waits; afterwards the sync ends as if nothing had been"
  )
  func stall() async throws {
    try await WorkerWorld.withProxy(
      .of {
        $0.records = 500
        $0.pageSize = 50
      }
    ) { world, proxy, worker in
      world.pems.fail(SimulatedFault(.slow(100), times: 10))
      let id = try await world.requestSync()
      try await until("pages are applied") { try await world.count("sync_page WHERE state = 'applied'") >= 2 }
      proxy.set(.stall)
      try await until("the worker notices") { worker.worker.health.missing.contains("postgres is not reachable") }
      #expect(worker.worker.health.isAlive, "an outage of others never fails liveness")
      proxy.set(.pass)
      #expect(try await world.waitForJob(id).state == "succeeded")
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 500 && log.isClosed && log.received == 500)
      #expect(try await world.kpiDifferences() == [])
      try await until("the worker is ready again") { worker.worker.health.missing.isEmpty }
    }
  }

  @Test("cut connections, many times during a sync, change nothing of its outcome and use up no attempt")
  func cuts() async throws {
    try await WorkerWorld.withProxy(
      .of {
        $0.records = 600
        $0.pageSize = 30
      }
    ) { world, proxy, _ in
      world.pems.fail(SimulatedFault(.slow(80), times: 20))
      let id = try await world.requestSync()
      var applied = 0
      while try await world.job(id)?.state != "succeeded" {
        let now = try await world.count("sync_page WHERE state = 'applied'")
        if now >= applied + 2 {
          applied = now
          proxy.cut()
        }
        try await Task.sleep(for: .milliseconds(10))  // between two looks
      }
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 1, "\(job)")
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 600 && log.received == 600 && log.isClosed)
      #expect(try await world.lines("SELECT DISTINCT version FROM pfa_mirror") == ["1"])
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test(
    "leaders that go and move, a coordinator that moves, refused reads and writes: a sync ends complete, each record once"
  )
  func kafka() async throws {
    let kafka = try EmbeddedKafka(brokers: 3)
    try await WorkerWorld.with(
      .of {
        $0.kafka = kafka
        $0.records = 1_000
        $0.pageSize = 50
      }
    ) { world in
      try world.startWorker()
      world.pems.fail(SimulatedFault(.slow(100), times: 20))
      let id = try await world.requestSync()
      func pages(_ count: Int) async throws {
        try await until("\(count) pages are applied") {
          try await world.count("sync_page WHERE state = 'applied'") >= count
        }
      }
      try await pages(2)
      // NOT_ENOUGH_REPLICAS, NOT_LEADER_FOR_PARTITION, REQUEST_TIMED_OUT
      kafka.failNext(.produce, with: [19, 6, 7])
      try await pages(5)
      for partition in Int32(0)..<4 {
        try kafka.moveLeader(
          TopicPartition(topic: world.topics.readSync, partition: partition), to: Int(partition) % 3 + 1)
      }
      try await pages(8)
      // LEADER_NOT_AVAILABLE, both ways. Not a broker that is down: the mock aborts when its port was taken meanwhile.
      kafka.failNext(.produce, with: [5, 5])
      kafka.failNext(.fetch, with: [5, 6])
      try await pages(12)
      // COORDINATOR_NOT_AVAILABLE, then the group's coordinator moves.
      kafka.failNext(.heartbeat, with: [15])
      try kafka.moveCoordinator(group: world.group, to: 3)
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded", "\(job)")
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 1_000 && log.received == 1_000 && log.isClosed)
      #expect(try await world.kpiDifferences() == [])
    }
    kafka.stop()
  }
}
