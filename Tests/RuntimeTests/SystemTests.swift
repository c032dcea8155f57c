import Glibc
import Testing

@testable import Runtime

struct SystemTests {
  @Test("SIGTERM arrives at every listener, numbered")
  func signals() async {
    let first = Signals.stops()
    let second = Signals.stops()
    kill(getpid(), SIGTERM)
    var one = first.makeAsyncIterator()
    var two = second.makeAsyncIterator()
    let got = await one.next()
    #expect(got?.number == SIGTERM)
    #expect(await two.next() == got)
    kill(getpid(), SIGTERM)
    let again = await one.next()
    #expect(again?.ordinal == (got?.ordinal ?? 0) + 1)
    #expect(again?.name == "SIGTERM")
    // The test process itself must still end when somebody asks it to.
    signal(SIGTERM, SIG_DFL)
    signal(SIGINT, SIG_DFL)
  }

  @Test("A timeout throws, a result in time is returned, an error passes through")
  func timeouts() async throws {
    struct Broken: Error {}
    #expect(try await withTimeout(.seconds(60)) { 7 } == 7)
    await #expect(throws: TimedOut.self) {
      try await withTimeout(.milliseconds(1)) { try await Task.sleep(for: .seconds(3600)) }  // no wait: it times out
    }
    await #expect(throws: Broken.self) { try await withTimeout(.seconds(60)) { throw Broken() } }
  }

  @Test("Durations convert without overflow")
  func durations() {
    #expect(Duration.milliseconds(1500).inMilliseconds == 1500)
    #expect(Duration.microseconds(-1500).inMilliseconds == -1)
    #expect(Duration.seconds(Int64.max).inMilliseconds == .max)
    #expect(Duration.milliseconds(250).inSeconds == 0.25)
    #expect(Deadline(after: .zero).hasPassed)
    #expect(!Deadline(after: .seconds(60)).hasPassed)
    #expect(monotonicMilliseconds() <= monotonicMilliseconds())
  }

  @Test("The environment is read, a pipe is no terminal, NO_COLOR is honoured")
  func environment() throws {
    #expect(Environment.current()["PATH"] == getenv("PATH").map { String(cString: $0) })
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    #expect(Terminal.of(ends[0], environment: [:]) == .none)
    for end in ends { close(end) }
    var parent: Int32 = 0
    var child: Int32 = 0
    var size = winsize(ws_row: 24, ws_col: 132, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&parent, &child, nil, nil, &size) == 0)
    #expect(Terminal.of(child, environment: [:]) == Terminal(isTerminal: true, width: 132, height: 24, hasColor: true))
    #expect(!Terminal.of(child, environment: ["NO_COLOR": "1"]).hasColor)
    #expect(Terminal.of(child, environment: ["NO_COLOR": ""]).hasColor)
    #expect(!Terminal.of(child, environment: ["TERM": "dumb"]).hasColor)
    close(parent)
    close(child)
  }

  @Test("A file that is missing, too long or not UTF-8 is refused with a cause")
  func files() {
    #expect(throws: FileError(path: "/nowhere", cause: "No such file or directory")) { try readTextFile("/nowhere") }
    withFile("12345") { path in
      #expect(throws: FileError(path: path, cause: "longer than 4 bytes")) { try readTextFile(path, limit: 4) }
      #expect((try? readTextFile(path)) == "12345")
    }
    #expect(withoutByteOrderMark("\u{FEFF}a\u{FEFF}") == "a\u{FEFF}" && withoutByteOrderMark("") == "")
  }
}
