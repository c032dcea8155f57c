import FoundationEssentials
import Glibc
import Testing

@testable import Runtime

struct LogTests {
  private let time = Date(timeIntervalSince1970: 1_769_851_800.25)

  @Test("Text lines, as a whole")
  func text() {
    let fields = [("job", "7"), ("reason", "two words"), ("empty", ""), ("job", "8"), ("esc", "a\u{1B}")]
    #expect(
      Log.line(.text, time, .warning, "slow\nbatch", fields)
        == "2026-01-31T09:30:00.250Z WARNING slow\\nbatch reason=\"two words\" empty=\"\" job=8 esc=\"a\\u001b\"\n")
  }

  @Test("JSON lines have every key once; a field cannot pose as the level")
  func json() {
    let fields = [("job", "7"), ("level", "info"), ("job", "8")]
    #expect(
      Log.line(.json, time, .error, "a \"b\"", fields)
        == #"{"time":"2026-01-31T09:30:00.250Z","level":"error","message":"a \"b\"","level_":"info","job":"8"}"# + "\n")
  }

  @Test("Lines below the level are dropped; context is added to the others")
  func levels() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let log = Log(level: .warning, format: .text, descriptor: ends[1], context: [("worker", "1")]).with(("job", "2"))
    log.debug("no")
    log.info("no")
    log.warning("yes", ("code", "X"))
    close(ends[1])
    var buffer = [UInt8](repeating: 0, count: 1000)
    let count = read(ends[0], &buffer, buffer.count)
    close(ends[0])
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    #expect(text.hasSuffix("Z WARNING yes worker=1 job=2 code=X\n"))
    #expect(text.split(separator: "\n").count == 1)
  }

  @Test("Level names are read in any case")
  func names() {
    #expect(LogLevel(name: "WARNING") == .warning)
    #expect(LogLevel(name: "loud") == nil)
  }

  @Test(
    "Timestamps keep every millisecond, before 1970 too",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_001, "2000-02-29T00:00:00.001Z"),
      (1_769_851_800_999, "2026-01-31T09:30:00.999Z"),
    ] as [(Int64, String)])
  func timestamps(_ milliseconds: Int64, _ expected: String) {
    #expect(timestamp(Date(timeIntervalSince1970: Double(milliseconds) / 1000)) == expected)
  }

  @Test("A timestamp of nonsense does not end the process")
  func nonsense() {
    #expect(timestamp(Date(timeIntervalSince1970: .nan)).hasPrefix("1970"))
    #expect(timestamp(Date(timeIntervalSince1970: 1e30)).hasPrefix("1970"))
    #expect(timestamp(.distantPast).hasSuffix("Z"))
  }

  @Test("writeAll goes on after short writes to a full pipe and reports a closed one")
  func writing() async throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    _ = fcntl(writing, F_SETFL, O_NONBLOCK)
    let size = 1_000_000
    let total = Locked(0)
    startThread(name: "reader") {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(reading, &buffer, buffer.count)
        if count <= 0 { return }
        total.with { $0 += count }
      }
    }
    #expect(writeAll(writing, Array(repeating: 1, count: size)) == 0)
    #expect(await eventually { total.with { $0 } == size })
    close(writing)

    try #require(pipe(&ends) == 0)
    close(ends[0])
    #expect(writeAll(ends[1], [1]) == EPIPE)
    close(ends[1])
  }
}
