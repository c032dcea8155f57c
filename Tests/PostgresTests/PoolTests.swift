import Postgres
import Runtime
import TestKit
import Testing

@Suite("Pool")
struct PoolTests {
  private struct Own: Error {}

  private func withPool<R: Sendable>(
    size: Int, acquireTimeout: Duration = .seconds(30), _ body: (PGPool, String) async throws -> R
  ) async throws -> R {
    let url = try await TestDatabase.fresh()
    let pool = PGPool(PGOptions(url: url), size: size, name: "pool", log: quiet, acquireTimeout: acquireTimeout)
    do {
      let result = try await body(pool, url)
      await pool.close()
      return result
    } catch {
      await pool.close()
      throw error
    }
  }

  @Test("Fifty tasks share three connections, each alone on its own")
  func sharing() async throws {
    try await withPool(size: 3) { pool, _ in
      let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
        for number in 0..<50 {
          group.addTask {
            try await pool.transaction { session in
              try session.execute("SELECT set_config('syncline.mine', '\(number)', true), pg_sleep(0.001)")
              #expect(try session.query("SHOW syncline.mine").first?[0].text == "\(number)")
              return session.backendPID
            }
          }
        }
        return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
      }
      #expect(pids.count <= 3)
      #expect(pool.inUse == 0)
      #expect(pool.waiters == 0)
    }
  }

  @Test("A waiter that waits too long, and one that is cancelled, are refused; the next one is served")
  func waiting() async throws {
    try await withPool(size: 1, acquireTimeout: .seconds(5)) { pool, _ in
      let (inside, go) = (Locked(false), Locked(false))
      let holder = Task {
        try await pool.run { _ in
          inside.with { $0 = true }
          while !go.with({ $0 }) {}
        }
      }
      try await until("inside") { inside.with { $0 } }
      #expect(pool.inUse == 1)
      let cancelled = Task { try await pool.run { _ in } }
      try await until("waiting") { pool.waiters == 1 }
      cancelled.cancel()
      await #expect(throws: CancellationError.self) { try await cancelled.value }
      let error = try await awaitedError { try await pool.run { _ in } }
      #expect(error.kind == .poolTimeout)
      #expect(error.isTransient)
      #expect(!error.isUnreachable)
      go.with { $0 = true }
      try await holder.value
      #expect(try await pool.run { try $0.query("SELECT 1").rowCount } == 1)
    }
  }

  @Test("A transaction left open is rolled back; a lost connection is replaced")
  func returning() async throws {
    try await withPool(size: 1) { pool, url in
      let first = try await pool.run { session in
        try session.execute("CREATE TABLE t (n int)")
        try session.execute("BEGIN; INSERT INTO t VALUES (1)")
        return session.backendPID
      }
      let second = try await pool.run { (session) throws -> Int32 in
        #expect(session.transactionStatus == .idle)
        #expect(try session.query("SELECT * FROM t").rowCount == 0)
        return session.backendPID
      }
      #expect(first == second)
      let error = try await awaitedError {
        try await pool.run { try $0.query("SELECT pg_terminate_backend(pg_backend_pid())") }
      }
      #expect(error.kind == .connection)
      let third = try await pool.run { $0.backendPID }
      #expect(third != second)
      // Ended while idle: the body does not notice.
      try await run(url) { session in
        try session.query("SELECT pg_terminate_backend($1, 10000)", [.int4(third)])
      }
      let fourth = try await pool.run { session in
        try session.execute("SELECT 1")
        return session.backendPID
      }
      #expect(fourth != third)
    }
  }

  @Test("Two transactions that deadlock both succeed when they may run again")
  func deadlock() async throws {
    try await withPool(size: 2) { pool, _ in
      try await pool.run {
        try $0.execute("CREATE TABLE t (n int PRIMARY KEY, c int); INSERT INTO t VALUES (1,0),(2,0)")
      }
      let meeting = Locked(0)
      let attempts = Locked(0)
      let work: @Sendable (Int32, Int32) async throws -> Void = { first, second in
        try await pool.transaction(retries: 5) { session in
          attempts.with { $0 += 1 }
          try session.execute("SET LOCAL deadlock_timeout = '20ms'")
          try session.query("UPDATE t SET c = c + 1 WHERE n = $1", [.int4(first)])
          meeting.with { $0 += 1 }
          // Both hold their first row, or this is a second attempt.
          while meeting.with({ $0 }) < 2 {}
          try session.query("UPDATE t SET c = c + 1 WHERE n = $1", [.int4(second)])
        }
      }
      async let one: Void = work(1, 2)
      async let two: Void = work(2, 1)
      _ = try await (one, two)
      #expect(attempts.with { $0 } > 2)
      #expect(try await pool.run { try $0.query("SELECT sum(c) FROM t").first?[0].int } == 4)
    }
  }

  @Test("Other errors are not retried, and pass through")
  func noRetry() async throws {
    try await withPool(size: 1) { pool, _ in
      let attempts = Locked(0)
      await #expect(throws: Own.self) {
        try await pool.transaction(retries: 5) { _ in
          attempts.with { $0 += 1 }
          throw Own()
        }
      }
      _ = try await awaitedError { try await pool.transaction(retries: 5) { try $0.query("SELECT 1/0") } }
      #expect(attempts.with { $0 } == 1)
    }
  }

  @Test("An outage refuses every waiter, and the pool recovers")
  func outage() async throws {
    let (proxy, proxied, _) = try await faultyDatabase()
    defer { proxy.stop() }
    let pool = PGPool(PGOptions(url: proxied), size: 2, name: "outage", log: quiet)
    proxy.set(.refuse)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<10 {
        group.addTask {
          do { try await pool.run { _ in } } catch let error as PGError { return error.isUnreachable } catch {}
          return false
        }
      }
      for await refused in group { #expect(refused) }
    }
    proxy.set(.pass)
    #expect(try await pool.run { try $0.query("SELECT 1").rowCount } == 1)
    proxy.cut()
    #expect(try await pool.run { try $0.query("SELECT 1").rowCount } == 1)
    await pool.close()
    let error = try await awaitedError { try await pool.run { _ in } }
    #expect(error.kind == .protocol)
  }
}
