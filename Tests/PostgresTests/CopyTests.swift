import Postgres
import Testing

@Suite("COPY")
struct CopyTests {
  private struct Own: Error {}

  @Test("Rows go in in any division of the bytes and come out again")
  func roundTrip() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int, s text)")
      var bytes: [UInt8] = []
      for number in 0..<20_000 { bytes += Array("\(number)\tline \(number) ü\n".utf8) }
      var position = 0
      let rows = try session.copyIn("COPY t FROM STDIN") {
        guard position < bytes.count else { return nil }
        let end = min(bytes.count, position + 7919)
        defer { position = end }
        return Array(bytes[position..<end])
      }
      #expect(rows == 20_000)
      var out: [UInt8] = []
      try session.copyOut("COPY (SELECT * FROM t ORDER BY n) TO STDOUT") { out += $0 }
      #expect(out == bytes)
    }
  }

  @Test("A chunk larger than any buffer")
  func largeChunk() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (s text)")
      var chunks = [[UInt8](repeating: UInt8(ascii: "x"), count: 9_000_000) + [10]]
      let rows = try session.copyIn("COPY t FROM STDIN") { chunks.popLast() }
      #expect(rows == 1)
      #expect(try session.query("SELECT length(s) FROM t").first?[0].int == 9_000_000)
    }
  }

  @Test("The source's error and a bad row leave nothing behind, and the session usable")
  func failures() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int)")
      var left = 3
      let error = failure {
        try session.copyIn("COPY t FROM STDIN") {
          left -= 1
          if left == 0 { throw Own() }
          return Array("1\n".utf8)
        }
      }
      #expect(error is Own)
      var bad = [Array("x\n".utf8), Array("1\n".utf8)]
      let refused = try pgError { try session.copyIn("COPY t FROM STDIN") { bad.popLast() } }
      #expect(refused.sqlstate == "22P02")
      #expect(try pgError { try session.copyIn("COPY absent FROM STDIN") { nil } }.sqlstate == "42P01")
      #expect(try session.query("SELECT * FROM t").rowCount == 0)
    }
  }

  @Test("A reader that throws ends a huge COPY")
  func readerThrows() async throws {
    try await withSession { session in
      var seen = 0
      let error = failure {
        try session.copyOut("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT") { _ in
          seen += 1
          if seen == 5 { throw Own() }
        }
      }
      #expect(error is Own)
      #expect(seen == 5)
      try session.execute("SELECT 1")
    }
  }

  @Test("COPY in the wrong call is an error, not a hang")
  func misuse() async throws {
    try await withSession { session in
      try session.execute("CREATE TABLE t (n int)")
      #expect(try pgError { try session.execute("COPY t FROM STDIN") }.kind == .protocol)
      #expect(try pgError { try session.execute("COPY t TO STDOUT") }.kind == .protocol)
      #expect(try pgError { try session.query("COPY t FROM STDIN") }.kind == .protocol)
      #expect(try pgError { try session.copyIn("COPY t TO STDOUT") { nil } }.kind == .protocol)
      #expect(try pgError { try session.copyOut("COPY t FROM STDIN") { _ in } }.kind == .protocol)
      #expect(try pgError { try session.copyOut("SELECT 1") { _ in } }.kind == .protocol)
      #expect(try session.query("SELECT 1").rowCount == 1)
    }
  }
}
