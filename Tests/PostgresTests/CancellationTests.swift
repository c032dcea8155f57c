import Glibc
import Postgres
import Runtime
import TestKit
import Testing

@Suite("Cancellation")
struct CancellationTests {
  @Test("Cancelling hits its own statement and never the next one: 300 tries at random moments")
  func noCollateral() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("cancellation: seed \(seed)")
    var generator = SplitMix(state: seed)
    try await withConnection { connection in
      var cancelled = 0
      for number in 0..<300 {
        let started = Locked(false)
        let task = Task {
          try await connection.run { session in
            started.with { $0 = true }
            return try session.query("SELECT pg_sleep(0.002)").rowCount
          }
        }
        try await spin { started.with { $0 } }
        // From long before the statement to long after it.
        for _ in 0..<Int.random(in: 0...300, using: &generator) { sched_yield() }
        task.cancel()
        do { #expect(try await task.value == 1) } catch is CancellationError { cancelled += 1 }
        let next = try await connection.run { session in
          try session.query("SELECT pg_sleep(0.0005), $1::int8 AS n", [.int(Int64(number))]).first?.int("n")
        }
        #expect(next == Int64(number))
      }
      print("cancellation: \(cancelled) of 300 were cancelled")
      #expect(cancelled > 0)
    }
  }

  @Test("A long statement ends at once; its transaction is rolled back; the connection lives")
  func longStatement() async throws {
    try await withConnection { connection in
      try await connection.run { try $0.execute("CREATE TABLE t (n int)") }
      let running = Locked(false)
      let task = Task {
        try await connection.run { session in
          try session.transaction {
            try session.query("INSERT INTO t VALUES (1)")
            running.with { $0 = true }
            try session.query("SELECT pg_sleep(600)")
          }
        }
      }
      try await until("running") { running.with { $0 } }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      let rows = try await connection.run { session in
        #expect(session.transactionStatus == .idle)
        return try session.query("SELECT * FROM t").rowCount
      }
      #expect(rows == 0)
    }
  }

  @Test("A cancelled body cannot start another statement, nor commit")
  func nothingMore() async throws {
    try await withConnection { connection in
      try await connection.run { try $0.execute("CREATE TABLE t (n int)") }
      let (inside, go) = (Locked(false), Locked(false))
      let task = Task {
        try await connection.run { session in
          try session.transaction {
            try session.query("INSERT INTO t VALUES (1)")
            inside.with { $0 = true }
            while !go.with({ $0 }) { sched_yield() }
          }
        }
      }
      try await until("inside") { inside.with { $0 } }
      task.cancel()
      go.with { $0 = true }
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await connection.run { try $0.query("SELECT * FROM t").rowCount } == 0)
    }
  }

  @Test("COPY, pipelines, streams and waiting for notifications can be cancelled too")
  func everything() async throws {
    let bodies: [@Sendable (PGSession) throws -> Void] = [
      { try $0.copyOut("COPY (SELECT pg_sleep(600)) TO STDOUT") { _ in } },
      { try $0.copyIn("COPY t FROM STDIN") { Array("1\n".utf8) } },
      { try $0.pipeline([PGStatement("SELECT 1"), PGStatement("SELECT pg_sleep(600)"), PGStatement("SELECT 2")]) },
      { try $0.stream("SELECT generate_series(1, 1000000000)") { _ in } },
      { try $0.execute("SELECT 1; SELECT pg_sleep(600)") },
      { _ = try $0.notifications(timeoutMilliseconds: 600_000) },
    ]
    try await withConnection { connection in
      try await connection.run { try $0.execute("CREATE TABLE t (n int)") }
      for body in bodies {
        let running = Locked(false)
        let task = Task {
          try await connection.run { session in
            running.with { $0 = true }
            try body(session)
          }
        }
        try await until("running") { running.with { $0 } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.run { try $0.query("SELECT count(*) FROM t").first?[0].int } == 0)
      }
    }
  }

  @Test("A cancelled statement that nobody ends gives the connection up")
  func unanswered() async throws {
    let (proxy, proxied, _) = try await faultyDatabase()
    defer { proxy.stop() }
    let options = PGOptions(url: proxied, statementTimeout: nil, answerGrace: .milliseconds(300))
    let connection = try await PGConnection.open(options, name: "stalled")
    let running = Locked(false)
    let task = Task {
      try await connection.run { session in
        proxy.set(.blackHole)
        running.with { $0 = true }
        try session.query("SELECT pg_sleep(600)")
      }
    }
    try await until("running") { running.with { $0 } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(await !connection.isUsable)
    await connection.close()
  }

  private func spin(_ fact: () -> Bool) async throws {
    while !fact() { await Task.yield() }
  }
}
