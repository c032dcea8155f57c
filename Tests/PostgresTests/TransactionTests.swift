import Postgres
import TestKit
import Testing

@Suite("Transactions")
struct TransactionTests {
  private struct Own: Error, Equatable { let number: Int }

  @Test("The body's error passes through unchanged and its effects are gone")
  func rollback() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int)")
      #expect(throws: Own(number: 7)) {
        try session.transaction {
          try session.query("INSERT INTO t VALUES (1)")
          throw Own(number: 7)
        }
      }
      #expect(session.transactionStatus == .idle)
      #expect(try session.query("SELECT * FROM t").rowCount == 0)
      let value = try session.transaction { try session.query("INSERT INTO t VALUES (2)").affected }
      #expect(value == 1)
      #expect(try session.query("SELECT n FROM t").first?.int("n") == 2)
    }
  }

  @Test("A hidden failure does not commit")
  func hiddenFailure() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int PRIMARY KEY)")
      let error = try pgError {
        try session.transaction {
          try session.query("INSERT INTO t VALUES (1)")
          _ = try? session.query("INSERT INTO t VALUES (1)")
        }
      }
      #expect(error.kind == .protocol)
      #expect(session.transactionStatus == .idle)
      #expect(try session.query("SELECT * FROM t").rowCount == 0)
    }
  }

  @Test("A deferred constraint that fails at COMMIT is an ordinary error")
  func deferred() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
      let error = try pgError {
        try session.transaction { try session.execute("INSERT INTO t VALUES (1), (1)") }
      }
      #expect(error.kind == .server)
      #expect(error.sqlstate == "23505")
      #expect(session.transactionStatus == .idle)
    }
  }

  @Test("Transactions do not nest; isolation and read only are the server's")
  func modes() async throws {
    try await withSession { session in
      try session.transaction(isolation: .serializable, readOnly: true) {
        #expect(try session.query("SHOW transaction_isolation").first?[0].text == "serializable")
        #expect(try pgError { try session.transaction {} }.kind == .protocol)
        let error = try pgError { try session.savepoint { try session.execute("CREATE TABLE x ()") } }
        #expect(error.sqlstate == "25006")
      }
      #expect(session.transactionStatus == .idle)
    }
  }

  @Test("A savepoint undoes only its own effects, at any depth")
  func savepoints() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int PRIMARY KEY)")
      try session.transaction {
        try session.query("INSERT INTO t VALUES (1)")
        let error = try pgError {
          try session.savepoint {
            try session.query("INSERT INTO t VALUES (2)")
            try session.savepoint { try session.query("INSERT INTO t VALUES (3)") }
            try session.query("INSERT INTO t VALUES (1)")
          }
        }
        #expect(error.sqlstate == "23505")
        #expect(error.constraint == "t_pkey")
        #expect(throws: Own.self) { try session.savepoint { throw Own(number: 1) } }
        _ = try pgError { try session.savepoint { _ = try? session.query("SELECT 1/0") } }
        try session.savepoint { try session.query("INSERT INTO t VALUES (4)") }
      }
      let numbers = try session.query("SELECT n FROM t ORDER BY n").rows.map { try $0.integer("n") }
      #expect(numbers == [1, 4])
    }
  }

  @Test("A COMMIT whose answer is lost is unknown, and the rows are there")
  func commitReplyLost() async throws {
    let (proxy, proxied, direct) = try await faultyDatabase()
    defer { proxy.stop() }
    try await run(direct) { try $0.execute("CREATE TABLE t (n int)") }
    let connection = try await PGConnection.open(PGOptions(url: proxied), name: "unknown")
    proxy.arm(.cutReply("COMMIT"))
    let error = try await awaitedError {
      try await connection.run { session in
        try session.transaction { try session.query("INSERT INTO t VALUES (1)") }
      }
    }
    #expect(error.kind == .commitUnknown)
    #expect(error.isTransient)
    #expect(await !connection.isUsable)
    await connection.close()
    #expect(try await run(direct) { try $0.query("SELECT * FROM t").rowCount } == 1)
  }

  @Test("A COMMIT that never arrives is unknown too, and the rows are not there")
  func commitLost() async throws {
    let (proxy, proxied, direct) = try await faultyDatabase()
    defer { proxy.stop() }
    try await run(direct) { try $0.execute("CREATE TABLE t (n int)") }
    let connection = try await PGConnection.open(PGOptions(url: proxied), name: "unknown")
    proxy.arm(.cutBefore("COMMIT"))
    let error = try await awaitedError {
      try await connection.run { session in
        try session.transaction { try session.query("INSERT INTO t VALUES (1)") }
      }
    }
    #expect(error.kind == .commitUnknown)
    await connection.close()
    #expect(try await run(direct) { try $0.query("SELECT * FROM t").rowCount } == 0)
  }

  @Test("A COMMIT answered by nobody ends by the silence limit as unknown")
  func commitHalfOpen() async throws {
    let (proxy, proxied, _) = try await faultyDatabase()
    defer { proxy.stop() }
    let options = PGOptions(url: proxied, statementTimeout: .milliseconds(200), answerGrace: .milliseconds(200))
    let connection = try await PGConnection.open(options, name: "unknown")
    let error = try await awaitedError {
      try await connection.run { session in
        try session.transaction {
          try session.execute("SELECT 1")
          proxy.set(.swallowReplies)
        }
      }
    }
    #expect(error.kind == .commitUnknown)
    await connection.close()
  }

  @Test("A connection lost before COMMIT is not unknown")
  func lostBefore() async throws {
    let (proxy, proxied, direct) = try await faultyDatabase()
    defer { proxy.stop() }
    let connection = try await PGConnection.open(PGOptions(url: proxied), name: "lost")
    let error = try await awaitedError {
      try await connection.run { session in
        try session.transaction {
          try session.execute("SELECT 1")
          proxy.cut()
          // The cut has arrived when a statement fails.
          try session.execute("SELECT 1")
        }
      }
    }
    #expect(error.kind == .connection)
    #expect(error.isUnreachable)
    await connection.close()
    #expect(try await run(direct) { try $0.query("SELECT 1").rowCount } == 1)
  }
}

/// A fresh database with its proxy: the proxy, the URL through it, the direct URL.
func faultyDatabase() async throws -> (FaultProxy, proxied: String, direct: String) {
  let server = try await TestDatabase.embedded()
  let name = "faulty_\(UInt32.random(in: 0 ... .max))"
  try await server.createDatabase(name)
  let proxy = try FaultProxy.start(.unix(server.socketPath))
  let proxied = "postgresql://postgres@127.0.0.1:\(proxy.port)/\(name)?sslmode=disable&gssencmode=disable"
  return (proxy, proxied, server.url(database: name))
}

/// One body on a connection of its own.
@discardableResult
func run<R: Sendable>(_ url: String, _ body: @Sendable (PGSession) throws -> R) async throws -> R {
  let connection = try await PGConnection.open(PGOptions(url: url), name: "direct")
  do {
    let result = try await connection.run(body)
    await connection.close()
    return result
  } catch {
    await connection.close()
    throw error
  }
}
