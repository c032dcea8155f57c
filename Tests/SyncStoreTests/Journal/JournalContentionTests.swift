import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Many writers of one stream: whatever the strategy, versions without gap or duplicate, and everybody told.
@Suite("Journal contention", .syncDatabase, .serialized) struct JournalContentionTests {
  private func together(
    _ count: Int, _ body: @escaping @Sendable (PGSession, Int) throws -> [AppendOutcome]
  ) async throws -> [AppendOutcome] {
    let database = try SyncDatabase.current
    return try await withThrowingTaskGroup(of: [AppendOutcome].self) { group in
      for number in 0..<count {
        group.addTask { try await database.connect("writer-\(number)").run { try body($0, number) } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  /// Strategies of eight writers; the last mixes them.
  private static let mixes: [[AppendStrategy]] = [[.advisory], [.delayed], [.advisory, .delayed]]

  @Test(
    "S4-32 8 writers on one stream: versions 0 to n-1, no gap, no duplicate, every caller told (C-04)", arguments: mixes
  )
  func oneStream(strategies: [AppendStrategy]) async throws {
    let outcomes = try await together(8) { session, writer in
      let strategy = strategies[writer % strategies.count]
      var outcomes: [AppendOutcome] = []
      var known: Int64 = -1
      // Until it has 15 appends in, of one to three events.
      while outcomes.filter(\.isAppended).count < 15 {
        let types = (0...(outcomes.count % 3)).map { "w\(writer)-\(outcomes.count)-\($0)" }
        outcomes.append(try session.append(types, to: "hot", at: known, strategy))
        switch outcomes.last {
        case .appended(let version)?, .conflict(actual: let version)?: known = version
        case nil: break
        }
      }
      return outcomes
    }
    try await onDatabase { (session) throws in
      let events = try session.stream("hot")
      #expect(events.enumerated().allSatisfy { $1.hasPrefix("\($0) ") })
      let told = outcomes.compactMap { if case .appended(let version) = $0 { version } else { nil } }
      #expect(Set(told).count == 8 * 15, "each append has a version of its own")
      #expect(told.max() == Int64(events.count) - 1)
      #expect(
        try session.count("SELECT count(DISTINCT type)::int FROM sync_event WHERE stream = 'hot'") == events.count)
    }
  }

  @Test(
    "S4-32 Writers at any version, and writers with criteria that nobody else meets, are never refused and never deadlock",
    arguments: mixes)
  func neverRefused(strategies: [AppendStrategy]) async throws {
    let outcomes = try await together(8) { session, writer in
      let strategy = strategies[writer / 2 % strategies.count]
      let item = JSONValue.member("writer", String(writer))
      var known: Int64 = -1
      return try (0..<25).map { number in
        let outcome =
          writer % 2 == 0
          ? try session.append(["any", "any"], to: "hot", at: nil, strategy)
          : try session.append(to: "hot", at: known, criteria: item, strategy, data: item)
        if case .appended(let version) = outcome { known = version }
        return outcome
      }
    }
    #expect(outcomes.allSatisfy(\.isAppended) && outcomes.count == 200)
    try await onDatabase { (session) throws in
      #expect(try session.count("SELECT count(*)::int FROM sync_event") == 4 * 25 * 2 + 4 * 25)
      #expect(try session.count("SELECT max(version)::int FROM sync_event") == 299)
    }
  }

  @Test(
    "S4-10 Three sessions x 200 on a shared stream: 600 are accounted for (S4-09, S4-26)",
    arguments: [
      AppendStrategy.advisory, .delayed,
    ])
  func threeSessions(strategy: AppendStrategy) async throws {
    let outcomes = try await together(3) { session, _ in
      var known: Int64 = -1
      return try (0..<200).map { _ in
        let outcome = try session.append(to: "shared", at: known, strategy)
        switch outcome {
        case .appended(let version), .conflict(actual: let version): known = version
        }
        return outcome
      }
    }
    #expect(outcomes.count == 600)
    let held = try await onDatabase { try $0.stream("shared").count }
    #expect(held == outcomes.filter(\.isAppended).count && held >= 200)
  }

  @Test(
    "S4-32 While others wait for an open append, with and without the lock, its own transaction goes on and is told (S4-12)"
  )
  func noDeadlock() async throws {
    let database = try SyncDatabase.current
    let (first, second, third) = (
      try await database.connect("A"), try await database.connect("B"), try await database.connect("C")
    )
    let gate = try await Gate()
    let holding = Task {
      try await first.run { session in
        try session.asApp("ann") {
          try session.appendNow(["a"], to: "s", at: -1, .delayed)
          try session.waitAtGate()
          // Whoever holds the lock waits for the row above: to wait for the lock now would be a deadlock.
          try #require(throws: StreamConflict(stream: "s", actual: 0)) {
            try session.savepoint { try session.appendNow(["b"], to: "s", at: 5, .delayed) }
          }
          try session.appendNow(["b"], to: "s", at: 0, .delayed)
        }
      }
    }
    try await gate.reached()
    let processes = (try await second.run { $0.backendPID }, try await third.run { $0.backendPID })
    let locking = Task { try await second.run { try $0.append(["c"], to: "s", at: nil, .advisory) } }
    try await gate.blocked(processes.0)
    let trying = Task { try await third.run { try $0.append(["c"], to: "s", at: nil, .delayed) } }
    try await gate.blocked(processes.1)
    let seen = try await onDatabase { (session) throws in
      try session.asApp("ann") {
        try session.table(
          """
          SELECT lock_type, mode, granted, lock_count, mean_wait_seconds > 0 FROM sync_event_contention
          WHERE lock_type <> 'relation' ORDER BY 1
          """)
      }
    }
    #expect(
      seen == [["advisory", "ExclusiveLock", "t", "1", "∅"], ["transactionid", "ShareLock", "f", "2", "t"]])
    try await gate.open()
    try await holding.value
    let versions = Set([try await locking.value, try await trying.value])
    #expect(versions == [.appended(2), .appended(3)])
    try await onDatabase { (session) throws in
      #expect(try session.stream("s") == ["0 a", "1 b", "2 c", "3 c"])
      #expect(try session.count("SELECT min(lost_races) FROM sync_event WHERE type = 'c'") > 0)
    }
  }

  @Test("In a repeatable read transaction whoever comes second is told to begin again, and nothing is appended")
  func repeatableRead() async throws {
    let other = try await SyncDatabase.current.connect("other")
    let first = try await SyncDatabase.current.connect("first")
    let gate = try await Gate()
    let late = Task {
      try await first.run { session in
        try pgError {
          try session.transaction(isolation: .repeatableRead) {
            try session.query("SELECT set_config('syncline.organization', 'RIO', true)")
            try session.waitAtGate()
            try session.appendNow(to: "s", at: -1, .delayed)
          }
        }
      }
    }
    try await gate.reached()
    let appended = try await other.run { try $0.append(to: "s", at: -1) }
    #expect(appended == .appended(0))
    try await gate.open()
    let refused = try await late.value
    let held = try await onDatabase { try $0.stream("s") }
    #expect(refused.isConflict && held == ["0 happened"])
  }
}
