import Testing

@testable import Operator

/// `bench append`, small: what it prints must be true before it is fast.
@Suite("bench append", .serialized) struct BenchAppendTests {
  @Test(
    "S4-07 Both strategies run from several sessions at once: rate, mean, real conflict rate, every append accounted for"
  )
  // S4-08, S4-13 and S4-14 are the same with other numbers; S4-09, S4-10 and S4-28 its last line.
  func small() async throws {
    var bench = AppendBench(appends: 5, events: 3, sessions: 3)
    bench.rounds = 1
    bench.fsync = false
    let report = try await bench.run { _ in }
    #expect(report.results.map(\.name) == AppendWorkload.allCases.map(\.name) + ["3 sessions x 200, one stream"])
    for result in report.results {
      #expect(result.ratio ?? 0 > 0 && result.target == nil, "\(result.name)")
      let appends = result.name.contains("200") ? 600 : 15
      #expect(result.note.contains("lock: \(appends) in"), "\(result.note)")
    }
    #expect(report.results[0].note.contains("0.00 % of attempts refused"), "nobody meets on a private stream")
  }

  @Test("A tally's shares and means, also of nothing")
  func tally() {
    let none = AppendTally()
    #expect(none.rate == 0 && none.conflictShare == 0 && none.meanMilliseconds == 0)
    let one = AppendTally(appended: 3, conflicts: 1, seconds: 0.6, elapsed: 0.5)
    let sum = one + one
    #expect(sum == AppendTally(appended: 6, conflicts: 2, seconds: 1.2, elapsed: 1))
    #expect(one.rate == 6 && sum.conflictShare == 0.25 && abs(sum.meanMilliseconds - 200) < 1e-9)
  }

  @Test("Private streams never meet, a hot one is everybody's")
  func workloads() {
    func streams(_ workload: AppendWorkload) -> Set<Int> {
      Set((0..<4).flatMap { session in (0..<50).map { workload.stream(of: session, sessions: 4, die: $0) } })
    }
    #expect((0..<4).allSatisfy { AppendWorkload.privateStreams.stream(of: $0, sessions: 4, die: 7) == $0 })
    #expect(streams(.sharedStreams) == [0, 1, 2, 3])
    #expect(streams(.hotStream) == [0] && streams(.hotStreamAnyVersion) == [0])
  }
}
