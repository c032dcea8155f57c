import Postgres
import Testing

@Suite("Pipeline and prepared statements")
struct PipelineTests {
  @Test("All results in order, in one implicit transaction")
  func results() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int8 PRIMARY KEY)")
      var steps = (1...500).map { PGStatement("INSERT INTO t VALUES ($1) RETURNING n", [.int(Int64($0))]) }
      steps.append(PGStatement("SELECT count(*) AS n FROM t"))
      for _ in 0..<2 {
        let results = try session.pipeline(steps)
        #expect(results.count == 501)
        #expect(try results[41].first?.int("n") == 42)
        #expect(try results[500].first?.int("n") == 500)
        try session.execute("TRUNCATE t")
      }
      #expect(try session.pipeline([]).isEmpty)
    }
  }

  @Test("An error in the middle names its step, undoes all, and leaves the session usable")
  func errorInTheMiddle() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int8 PRIMARY KEY)")
      let insert = { (n: Int64) in PGStatement("INSERT INTO t VALUES ($1)", [.int(n)]) }
      let error = try pgError {
        try session.pipeline([insert(1), insert(2), insert(1), PGStatement("SELECT 1"), insert(3)])
      }
      #expect(error.statementIndex == 2)
      #expect(error.sqlstate == "23505")
      #expect(try session.query("SELECT * FROM t").rowCount == 0)
      // A statement whose preparation was skipped is prepared now.
      #expect(try session.pipeline([PGStatement("SELECT 1"), insert(5)]).count == 2)
      let syntax = try pgError { try session.pipeline([insert(6), PGStatement("SELEKT"), PGStatement("SELECT 2")]) }
      #expect(syntax.statementIndex == 1)
      #expect(syntax.sqlstate == "42601")
      #expect(try session.query("SELECT n FROM t").rows.map { try $0.integer("n") } == [5])
      let nul = try pgError { try session.pipeline([insert(7), PGStatement("SELECT $1", [.text("\0")])]) }
      #expect(nul.kind == .conversion)
      #expect(nul.statementIndex == 1)
      #expect(session.isUsable)
    }
  }

  @Test("Inside a transaction a failed pipeline is undone with it, or with its savepoint")
  func inTransaction() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int8 PRIMARY KEY)")
      try session.transaction {
        try session.pipeline([PGStatement("INSERT INTO t VALUES ($1)", [.int(1)])])
        let error = try pgError {
          try session.savepoint {
            try session.pipeline([PGStatement("INSERT INTO t VALUES (2)"), PGStatement("SELECT 1/0")])
          }
        }
        #expect(error.sqlstate == "22012")
      }
      #expect(try session.query("SELECT * FROM t").rowCount == 1)
    }
  }

  @Test("Large answers and large requests do not block each other")
  func bothDirections() async throws {
    try await withSession { session in
      let text = String(repeating: "x", count: 20_000)
      let steps = (0..<500).map { _ in PGStatement("SELECT $1::text || $1::text AS t", [.text(text)]) }
      let results = try session.pipeline(steps)
      #expect(try results.allSatisfy { try $0.first?.string("t").utf8.count == 40_000 })
    }
  }

  @Test("A schema change makes a statement stale: once more outside a transaction, a transient error inside")
  func schemaChange() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
      let count = { try session.query("SELECT * FROM t").columns.count }
      #expect(try count() == 1)
      try session.execute("ALTER TABLE t ADD COLUMN m int")
      #expect(try count() == 2)
      try session.execute("ALTER TABLE t ADD COLUMN o int")
      #expect(try session.pipeline([PGStatement("SELECT 1"), PGStatement("SELECT * FROM t")])[1].columns.count == 3)
      try session.execute("ALTER TABLE t ADD COLUMN p int")
      let error = try pgError { try session.transaction { _ = try count() } }
      #expect(error.isStaleStatement)
      #expect(error.isTransient)
      #expect(try session.transaction(count) == 4)
      // The server forgets all by itself.
      try session.execute("DEALLOCATE ALL")
      #expect(try count() == 4)
    }
  }

  @Test("One SQL text serves values of different types, and null fits all of them")
  func types() async throws {
    try await withSession { (session: PGSession) throws in
      let sql = "SELECT pg_typeof($1)::text AS type, $1::text AS value"
      let read = { (value: PGValue) -> [String?] in
        let row = try #require(try session.query(sql, [value]).first)
        return [row[0].text, row[1].text]
      }
      #expect(try read(.int(1)) == ["bigint", "1"] as [String?])
      #expect(try read(.null) == ["bigint", nil] as [String?])
      #expect(try read(.bool(true)) == ["boolean", "true"] as [String?])
      #expect(try read(.int(2)) == ["bigint", "2"] as [String?])
      #expect(try read(.array(.text(["a"]))) == ["text[]", "{a}"] as [String?])
    }
  }

  @Test("The number of prepared statements is bounded")
  func bounded() async throws {
    try await withSession {
      $0.statementCacheSize = 20
    } _: { session in
      for number in 0..<200 { #expect(try session.query("SELECT \(number)").first?[0].int == Int64(number)) }
      let known = try session.query("SELECT count(*) FROM pg_prepared_statements").first?[0].int ?? 0
      #expect(known <= 20 + 17)
      #expect(try session.query("SELECT 199").first?[0].int == 199)
    }
  }

  @Test("Rows are streamed; an error of the body ends the statement and passes through")
  func stream() async throws {
    struct Enough: Error {}
    try await withSession { session in
      var sum: Int64 = 0
      let count = try session.stream("SELECT n FROM generate_series(1, $1::int8) n", [.int(10_000)]) {
        sum += try $0.integer("n")
      }
      #expect(count == 10_000)
      #expect(sum == 50_005_000)
      var seen = 0
      let error = failure {
        try session.stream("SELECT generate_series(1, 100000000)") { _ in
          seen += 1
          if seen == 10 { throw Enough() }
        }
      }
      #expect(error is Enough)
      #expect(seen == 10)
      let late = try pgError { try session.stream("SELECT 1 / (5 - n) FROM generate_series(1, 9) n") { _ in } }
      #expect(late.sqlstate == "22012")
      #expect(try session.query("SELECT 1").first?[0].int == 1)
    }
  }
}
