import Glibc
import Postgres
import Runtime
import TestKit
import Testing

@Suite("Connections")
struct ConnectionTests {
  @Test("Every session starts with the options' settings, and the URL wins")
  func settings() async throws {
    let url = try await TestDatabase.fresh()
    var options = PGOptions(url: url, lockTimeout: .milliseconds(1500))
    options.sessionSettings = ["plan_cache_mode": "force_custom_plan", "syncline.organization": "A b\\c"]
    let read: @Sendable (PGSession, String) throws -> String? = { try $0.query("SHOW \($1)").first?[0].text }
    let connection = try await PGConnection.open(options, name: "settings")
    try await connection.run { (session) throws -> Void in
      #expect(try read(session, "TimeZone") == "UTC")
      #expect(try read(session, "statement_timeout") == "30s")
      #expect(try read(session, "lock_timeout") == "1500ms")
      #expect(try read(session, "idle_in_transaction_session_timeout") == "1min")
      #expect(try read(session, "plan_cache_mode") == "force_custom_plan")
      #expect(try read(session, "syncline.organization") == "A b\\c")
      #expect(try read(session, "application_name") == "syncline")
      #expect(try read(session, "client_encoding") == "UTF8")
      #expect(session.serverVersion >= 150_000)
      #expect(session.backendPID > 0)
    }
    await connection.close()
    options.url = url + "&application_name=mine&options=-c%20lock_timeout%3D7s"
    let other = try await PGConnection.open(options, name: "settings")
    try await other.run { (session) throws -> Void in
      #expect(try read(session, "application_name") == "mine")
      #expect(try read(session, "lock_timeout") == "7s")
      #expect(try read(session, "statement_timeout") == "30s")
    }
    await other.close()
    await #expect(throws: PGError.self) { try await other.run { _ in } }
  }

  @Test("A malformed URL says so without its password; a target has no secret")
  func secrets() async throws {
    for url in ["postgresql://u:hunter2@h/d?bogus=hunter2", "host=h hunter2", "postgresql://u:hunter2%zz@h/d"] {
      let error = try await awaitedError { try await PGConnection.open(PGOptions(url: url), name: "bad") }
      #expect(error.kind == .connection)
      #expect(!error.debugDescription.contains("hunter2"))
    }
    let target = try PGOptions(url: "postgresql://u:hunter2@example:6000/d").target()
    #expect(target == "u@example:6000/d")
  }

  @Test("Nobody there, a server that never answers, and one that hangs up are all unreachable")
  func unreachable() async throws {
    let (proxy, proxied, _) = try await faultyDatabase()
    let options = PGOptions(url: proxied, connectTimeout: .seconds(2))
    for mode in [FaultProxy.Mode.refuse, .blackHole] {
      proxy.set(mode)
      let error = try await awaitedError { try await PGConnection.open(options, name: "unreachable") }
      #expect(error.isUnreachable)
      #expect(error.isTransient)
    }
    proxy.stop()
    let error = try await awaitedError {
      try await PGConnection.open(PGOptions(url: "postgresql://127.0.0.1:1/x"), name: "nobody")
    }
    #expect(error.isUnreachable)
  }

  @Test("A server that falls silent in the middle of a statement ends by the silence limit")
  func silence() async throws {
    let (proxy, proxied, _) = try await faultyDatabase()
    defer { proxy.stop() }
    let options = PGOptions(url: proxied, statementTimeout: .milliseconds(200), answerGrace: .milliseconds(200))
    let connection = try await PGConnection.open(options, name: "silent")
    let error = try await awaitedError {
      try await connection.run { session in
        proxy.set(.stall)
        try session.query("SELECT 1")
      }
    }
    #expect(error.kind == .connection)
    #expect(await !connection.isUsable)
    await connection.close()
  }

  @Test("A statement that outlives its timeout is a transient error; one that lifts the timeout is left alone")
  func timeouts() async throws {
    try await withSession {
      $0.statementTimeout = .milliseconds(100)
      $0.answerGrace = .milliseconds(100)
    } _: { session in
      let error = try pgError { try session.query("SELECT pg_sleep(600)") }
      #expect(error.sqlstate == "57014")
      #expect(error.isTransient)
      try session.transaction {
        try session.execute("SET LOCAL statement_timeout = 0")
        try session.query("SELECT pg_sleep(0.5)")
      }
      #expect(try pgError { try session.query("SELECT pg_sleep(600)") }.sqlstate == "57014")
      #expect(session.isUsable)
    }
  }

  @Test("A backend terminated in mid-query is a lost connection with the server's reason")
  func terminated() async throws {
    let url = try await TestDatabase.fresh()
    let connection = try await PGConnection.open(PGOptions(url: url), name: "victim")
    let pid = try await connection.run { $0.backendPID }
    let task = Task { try await connection.run { _ = try $0.query("SELECT pg_sleep(600)") } }
    try await run(url) { session in
      let running = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep%' AND state = 'active'"
      while try session.query(running, [.int4(pid)]).rowCount == 0 {}
      try session.query("SELECT pg_terminate_backend($1)", [.int4(pid)])
    }
    let error = try await awaitedError { try await task.value }
    #expect(error.kind == .connection)
    #expect(error.sqlstate == "57P01")
    #expect(error.isUnreachable)
    #expect(await !connection.isUsable)
    await connection.close()
  }

  @Test("Notices go to the handler")
  func notices() async throws {
    try await withSession { session in
      var seen: [PGNotice] = []
      session.onNotice = { seen.append($0) }
      try session.execute("DO $$ BEGIN RAISE WARNING 'careful' USING HINT = 'look'; END $$")
      let first = try #require(seen.first)
      #expect(first.severity == "WARNING")
      #expect(first.message == "careful")
      #expect(first.hint == "look")
      session.onNotice = nil
      try session.execute("DO $$ BEGIN RAISE NOTICE 'nobody'; END $$")
      #expect(seen.count == 1)
    }
  }

  @Test("LISTEN and NOTIFY: in order, with payload, and a wait that ends")
  func notifications() async throws {
    let url = try await TestDatabase.fresh()
    try await run(url) { session in
      try session.listen("Some \"channel\"")
      #expect(try session.notifications(timeoutMilliseconds: 1).isEmpty)
      try session.execute("NOTIFY \"Some \"\"channel\"\"\", 'one'; NOTIFY \"Some \"\"channel\"\"\", 'two'")
      let own = try session.notifications(timeoutMilliseconds: 10_000)
      #expect(own.map(\.payload) == ["one", "two"])
      #expect(own.first?.backendPID == session.backendPID)
    }
    let listening = Locked(false)
    let listener = Task {
      try await run(url) { session in
        try session.listen("c")
        listening.with { $0 = true }
        return try session.notifications(timeoutMilliseconds: 30_000)
      }
    }
    try await until("listening") { listening.with { $0 } }
    try await run(url) { try $0.execute("NOTIFY c, 'hello'") }
    #expect(try await listener.value.map(\.payload) == ["hello"])
  }

  @Test("Errors: what is transient, unreachable or the data's fault; no value in what is logged")
  func errors() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int PRIMARY KEY, s text NOT NULL); INSERT INTO t VALUES (4711, 'x')")
      let duplicate = try pgError { try session.query("INSERT INTO t VALUES (4711, 'y')") }
      #expect(duplicate.isDataError)
      #expect(!duplicate.isTransient)
      #expect(duplicate.constraint == "t_pkey")
      #expect(duplicate.table == "t")
      #expect(!duplicate.description.contains("4711"))
      #expect(duplicate.debugDescription.contains("4711"))
      let invalid = try pgError { try session.query("SELECT $1::int", [.text("hunter2")]) }
      #expect(invalid.isDataError)
      #expect(!invalid.description.contains("hunter2"))
      #expect(invalid.debugDescription.contains("hunter2"))
      let absent = try pgError { try session.query("SELECT * FROM absent") }
      #expect(absent.description.contains("\"absent\""))
      #expect(absent.position == 15)
      let missing = try pgError { try session.query("INSERT INTO t VALUES (1, NULL)") }
      #expect(missing.column == "s")
    }
    let classes: [(String, Bool, Bool)] = [
      ("08006", true, true), ("40001", true, false), ("40P01", true, false), ("53300", true, true),
      ("53100", true, false), ("55P03", true, false), ("57P03", true, true), ("57014", true, false),
      ("25006", true, false), ("22P02", false, false), ("23505", false, false), ("42601", false, false),
      ("55000", false, false),
    ]
    for (code, transient, unreachable) in classes {
      let error = PGError(.server, "", sqlstate: code)
      #expect(error.isTransient == transient, "\(code)")
      #expect(error.isUnreachable == unreachable, "\(code)")
    }
  }

  @Test("Bodies run on the connection's own thread")
  func ownThread() async throws {
    try await withConnection { connection in
      let thread = try await connection.run { _ in
        var name = [UInt8](repeating: 0, count: 16)
        let file = open("/proc/thread-self/comm", O_RDONLY)
        defer { close(file) }
        let count = read(file, &name, 16)
        return String(decoding: name.prefix(max(0, count - 1)), as: UTF8.self)
      }
      #expect(thread == connection.name)
    }
  }

  @Test("Blocking statements on many connections run side by side")
  func sideBySide() async throws {
    let url = try await TestDatabase.fresh()
    // Each waits for all others: they finish only when all of them run at once.
    try await run(url) { try $0.execute("CREATE TABLE arrived (n int)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          try await run(url) { session in
            try session.query("INSERT INTO arrived VALUES ($1)", [.int4(Int32(number))])
            while try session.query("SELECT count(*) FROM arrived").first?[0].int != 8 {}
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
