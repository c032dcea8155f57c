import SyncDomain
import SyncStore
import TestKit
import Testing

@Suite("Shared rate limit", .syncDatabase) struct BudgetTests {
  @Test("W10, R9 however many workers ask, a tenant gets a second's worth at once and then its rate")
  func shared() async throws {
    let database = try SyncDatabase.current
    let waits = try await withThrowingTaskGroup(of: [Double].self) { group in
      for _ in 0..<3 {
        group.addTask {
          try await database.run { session in
            try (0..<10).map { _ in
              try session.asSystem { try BudgetStore.take(session, tenant: "t", rate: 0.1) }
            }
          }
        }
      }
      return try await group.reduce(into: [Double]()) { $0 += $1 }.sorted()
    }
    // One request in ten seconds: the last of thirty waits 290 of them, less what the test took.
    #expect(waits.count == 30 && waits[0] == 0)
    for (index, wait) in waits.enumerated() { #expect(wait <= Double(index) * 10 && wait > Double(index) * 10 - 9) }
    let other = try await database.run { session in
      try session.asSystem { try BudgetStore.take(session, tenant: "other", rate: 0.1) }
    }
    #expect(other == 0)
  }

  @Test("W10, R9 a tenant that asks for rest gets it from all")
  func pause() async throws {
    try await onDatabase { session in
      let wait = try session.asSystem {
        try BudgetStore.pause(session, tenant: "t", seconds: 100)
        return try BudgetStore.take(session, tenant: "t", rate: 10)
      }
      #expect(wait > 90 && wait <= 100.2)
    }
  }

  @Test("W10, R9 of many workers that find an upstream's rest over, one probes it; its answer lets everybody ask again")
  func probe() async throws {
    let database = try SyncDatabase.current
    let policy = CircuitBreaker.Policy(
      threshold: 2, rest: RetryPolicy(steps: [100], cap: 100, attempts: nil, jitter: 0))
    try await onDatabase { session in
      try session.asSystem {
        _ = try BudgetStore.take(session, tenant: "t", rate: 10)
        for _ in 0..<2 {
          var random = SplitMix64(seed: 1)
          _ = try BreakerStore.change(session, tenant: "t", code: "UPSTREAM_TIMEOUT", message: "no answer") {
            $0.fail(policy, now: $1, using: &random)
          }
        }
        let open = try BreakerStore.open(session)
        #expect(open.map(\.tenant) == ["t"] && open.first?.rests == true && open.first?.code == "UPSTREAM_TIMEOUT")
      }
      try session.execute("UPDATE upstream_budget SET open_until = now()")
      #expect(try session.asSystem { try BreakerStore.open(session) }.first?.rests == false)
    }
    let answers = try await withThrowingTaskGroup(of: CircuitBreaker.Answer?.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await database.run { session in
            try session.asSystem {
              try BreakerStore.change(session, tenant: "t") { $0.ask(policy, now: $1) }?.decision
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count { $0 == .probe } == 1)
    #expect(answers.allSatisfy { $0 == .probe || $0 == .wait(1) }, "\(answers)")
    try await onDatabase { session in
      try session.asSystem {
        _ = try BreakerStore.change(session, tenant: "t") { breaker, _ in breaker.answer() }
        #expect(try BreakerStore.open(session).isEmpty)
        #expect(try BreakerStore.change(session, tenant: "t") { $0.ask(policy, now: $1) }?.decision == .send)
        #expect(try BreakerStore.read(session, tenant: "nobody") == nil)
      }
    }
  }
}
