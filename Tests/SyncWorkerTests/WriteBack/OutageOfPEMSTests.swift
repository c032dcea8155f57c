import PEMS
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Pushes while PEMS as a whole is away.
@Suite("Outage of PEMS")
struct OutageOfPEMSTests {
  @Test("W6, W10: PEMS answers 500 for a while: one asks it now and then, waiting costs no try, each edit arrives")
  func outage() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      let worker = try world.startWorker {
        $0.sourceClock = .hundredfold
        $0.pushRetry = RetryPolicy(steps: [0.05, 0.1, 0.2], cap: 0.2, attempts: 20, jitter: 0.5)
        $0.breaker = CircuitBreaker.Policy(
          threshold: 4, rest: RetryPolicy(steps: [0.1], cap: 0.2, attempts: nil, jitter: 0.5))
      }
      try await world.sync()
      let before = world.pems.requests
      world.pems.fail(SimulatedFault(.status(500), times: 18))
      var edits: [String] = []
      for index in 0..<8 { edits.append(try await world.edit(index, #"{"dor": "SITE"}"#)) }
      var bounds: [String] = []
      try await until("it is probed") {
        let asked = world.pems.requests - before
        let openings = Int(try await world.lines("SELECT max(openings) FROM upstream_budget")[0]) ?? 0
        // Three failures count, all eight may be under way when the fourth comes, and then each opening has one probe.
        if openings > 0, asked > 3 + 8 + openings { bounds.append("\(asked) requests, \(openings) openings") }
        return openings >= 3
      }
      #expect(bounds == [])
      for id in edits { try await world.waitForEdit(id, "synced") }
      #expect(world.pems.writes.requests == 8 && world.pems.writes.taken == 8)
      #expect(try await world.count("dead_letter") == 0)
      #expect(worker.metric(MetricCatalog.records, [("kind", "write_back"), ("outcome", "rejected")]) == 0)
      // Each of the failures and each success is a try, and waiting is none.
      #expect(try await world.lines("SELECT sum(attempt) <= 18 + 8 FROM pfa_modification") == ["t"])
      #expect(try await world.lines("SELECT openings, failures, error_code FROM upstream_budget") == ["0|0|∅"])
      #expect(try await world.kpiDifferences() == [])
    }
  }
}
