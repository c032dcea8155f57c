import Runtime
import Testing

@testable import Operator

struct ProgressTests {
  @Test(
    "A state as text",
    arguments: [
      (ProgressState(label: "sync", unit: "records", done: 0, total: 20_280), "sync  0 of 20,280 records  0 %"),
      (
        ProgressState(label: "sync", unit: "records", done: 12_000, total: 20_280, rate: 4100.4),
        "sync  12,000 of 20,280 records  59 %  4,100/s  3 s left"
      ),
      (ProgressState(label: "sync", done: 5, total: nil, rate: 0.25), "sync  5  0.3/s"),
      (ProgressState(label: "sync", done: 7, total: 7, rate: 2), "sync  7 of 7  100 %  2.0/s"),
      (ProgressState(label: "sync", done: 0, total: 0), "sync  0 of 0  100 %"),
      (ProgressState(label: "sync", done: 0, total: 9, rate: 0), "sync  0 of 9  0 %  0.0/s"),
      (
        ProgressState(label: "a\u{1B}b", done: 1, total: 1_000_000, rate: 1),
        "a\\x1bb  1 of 1,000,000  0 %  1.0/s  277 h 46 min left"
      ),
    ])
  func plain(_ state: ProgressState, _ expected: String) { #expect(state.plain == expected) }

  @Test("The bar fills the line and no more")
  func bar() {
    let half = ProgressState(label: "sync", done: 50, total: 100)
    #expect(half.bar(width: 60) == "sync  50 of 100  50 %  [===============>              ]")
    #expect(half.bar(width: 37) == "sync  50 of 100  50 %  [======>     ]")
    #expect(half.bar(width: 33) == "sync  50 of 100  50 %")
    #expect(half.bar(width: 10) == "sync  50 …")
    let full = ProgressState(label: "sync", done: 100, total: 100)
    #expect(full.bar(width: 60).hasSuffix("[==============================]"))
    for width in 1...120 {
      for done in [-5, 0, 33, 100, 500] as [Int64] {
        let line = ProgressState(label: "sync", done: done, total: 100, rate: 3).bar(width: width)
        #expect(displayWidth(line) <= width)
      }
    }
  }

  @Test("On a terminal one line is drawn again; the rate is that of the last seconds")
  func terminal() {
    let time = Locked<Int64>(0)
    let recorder = Locked("")
    let progress = Progress(
      "sync", terminal: Terminal(isTerminal: true, width: 61), sink: TextSink { text in recorder.with { $0 += text } },
      now: { time.with { $0 } })
    progress.update(done: 0, total: 1000)
    time.with { $0 = 50 }
    progress.update(done: 10, total: 1000)
    time.with { $0 = 1000 }
    progress.update(done: 100, total: 1000)
    time.with { $0 = 30_000 }
    progress.update(done: 200, total: 1000)
    progress.finish()
    let frames = recorder.with { $0 }.split(separator: "\r")
    #expect(frames.count == 4)
    #expect(frames[1].hasPrefix("sync  100 of 1,000  10 %  100/s  9 s left"))
    #expect(frames[2].contains("3.4/s"))
    #expect(frames[3].hasSuffix("\u{1B}[K\n"))
    progress.finish()
    #expect(recorder.with { $0 }.split(separator: "\r").count == 4, "the end is shown once")
  }

  @Test("Elsewhere a plain line every few seconds, and one at the end; none that says nothing new")
  func pipe() {
    let time = Locked<Int64>(0)
    let recorder = Locked("")
    let progress = Progress(
      "sync", terminal: .none, sink: TextSink { text in recorder.with { $0 += text } }, now: { time.with { $0 } })
    for second in 0...13 {
      time.with { $0 = Int64(second) * 1000 }
      progress.update(done: Int64(min(second, 12)), total: 12)
    }
    progress.finish()
    progress.finish()
    let lines = recorder.with { $0 }.split(separator: "\n")
    #expect(lines.map { $0.prefix(12) } == ["sync  0 of 1", "sync  5 of 1", "sync  10 of ", "sync  12 of "])
    #expect(!recorder.with { $0 }.contains("\u{1B}"))
  }

  @Test("Nothing is shown when nothing was reported")
  func silent() {
    let recorder = Locked("")
    Progress("x", terminal: .none, sink: TextSink { text in recorder.with { $0 += text } }).finish()
    #expect(recorder.with { $0 } == "")
  }
}
