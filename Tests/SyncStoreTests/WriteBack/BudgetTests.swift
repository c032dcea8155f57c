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
}
