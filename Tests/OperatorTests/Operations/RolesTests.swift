import Glibc
import Runtime
import TestKit
import Testing

@testable import Operator

/// One program in two roles, each a process of its own.
@Suite struct RolesTests {
  @Test("S1-50 A worker times the queries that applications make most")
  func probe() async throws {
    try await WorkerWorld.with(.of { $0.records = 200 }) { world in
      let worker = try world.startWorker { $0.probeInterval = .milliseconds(20) }
      #expect(try await world.sync().state == "succeeded")
      for query in ["filter", "first page of 100", "kpi summary", "timeline bounds", "containment"] {
        try await until("\(query) has a time") { worker.metric(MetricCatalog.queryTime, [("query", query)]) > 0 }
      }
    }
  }

  @Test("S2-18 S2-20 S2-25 Worker and scheduler start from the documented commands, serve metrics, and stop in order")
  func roles() async throws {
    try await WorkerWorld.with(.of { $0.records = 10 }) { world in
      let worker = try world.spawnWorker()
      let scheduler = try world.spawnScheduler(jobs: "jobs: []\n")
      // What tells the roles apart for the alerts that miss one of them.
      let ofWorker = "\n\(MetricCatalog.poolInUse.name) "
      let ofScheduler = "\n\(MetricCatalog.schedulerLeader.name) 1"
      try await until("the worker samples its pool") { try await worker.metrics().contains(ofWorker) }
      try await until("the scheduler leads") { try await scheduler.metrics().contains(ofScheduler) }
      #expect(try await !worker.metrics().contains("\n\(MetricCatalog.schedulerLeader.name) "))
      #expect(try await !scheduler.metrics().contains(ofWorker))
      #expect(try await world.sync().state == "succeeded")
      for process in [worker, scheduler] {
        process.signal(SIGTERM)
        #expect(await process.wait() == 0, "\(process.log)")
      }
    }
  }
}
