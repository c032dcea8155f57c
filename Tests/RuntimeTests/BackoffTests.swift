import Testing

@testable import Runtime

struct BackoffTests {
  @Test("W6 5, 10, 20 seconds and never above the cap")
  func ceilings() {
    let backoff = Backoff(base: .seconds(5), cap: .seconds(60))
    #expect((0..<6).map { backoff.ceiling(attempt: $0) } == [5, 10, 20, 40, 60, 60].map { .seconds($0) })
    #expect(backoff.ceiling(attempt: 1_000_000) == .seconds(60))
    #expect(backoff.ceiling(attempt: -1) == .seconds(5))
    #expect(Backoff(base: .seconds(90), cap: .seconds(60)).ceiling(attempt: 0) == .seconds(60))
    #expect(Backoff(base: .zero, cap: .seconds(1)).ceiling(attempt: 5) == .zero)
  }

  @Test("Delays stay in the range of their jitter")
  func delays() {
    let seed = UInt64.random(in: .min ... .max)
    print("BackoffTests.delays seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let attempt = Int.random(in: 0...12, using: &generator)
      let base = Duration.milliseconds(Int64.random(in: 0...5000, using: &generator))
      let cap = Duration.milliseconds(Int64.random(in: 1...60_000, using: &generator))
      let full = Backoff(base: base, cap: cap, jitter: .full)
      let top = full.ceiling(attempt: attempt)
      #expect(top <= cap)
      #expect((.zero...top).contains(full.delay(attempt: attempt, using: &generator)))
      let equal = Backoff(base: base, cap: cap, jitter: .equal).delay(attempt: attempt, using: &generator)
      #expect(equal <= top && equal >= .milliseconds(top.inMilliseconds / 2))
      #expect(Backoff(base: base, cap: cap, jitter: .none).delay(attempt: attempt, using: &generator) == top)
    }
  }

  @Test("A sequence rises and starts over after a reset")
  func sequence() {
    var backoff = Backoff(base: .milliseconds(200), jitter: .none)
    #expect([backoff.next(), backoff.next(), backoff.next()] == [200, 400, 800].map { .milliseconds($0) })
    backoff.reset()
    #expect(backoff.next() == .milliseconds(200))
  }
}
