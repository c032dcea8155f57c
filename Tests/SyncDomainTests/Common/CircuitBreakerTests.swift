import SyncDomain
import TestKit
import Testing

@Suite struct CircuitBreakerTests {
  private let policy = CircuitBreaker.Policy(
    threshold: 3, rest: RetryPolicy(steps: [5, 10], cap: 40, attempts: nil, jitter: 0), probeTime: 60)

  @Test("Failures in a row open it, one probe at a time asks, its failure opens it for longer, an answer closes it")
  func course() {
    var random = SplitMix64(seed: 1)
    var breaker = CircuitBreaker()
    for _ in 0..<2 { breaker.fail(policy, now: 100, using: &random) }
    #expect(breaker.ask(policy, now: 100) == .send)
    breaker.answer()
    #expect(breaker == CircuitBreaker())
    for _ in 0..<3 { breaker.fail(policy, now: 100, using: &random) }
    #expect(breaker.state == .open(until: 105, openings: 1))
    #expect(breaker.ask(policy, now: 102) == .wait(3))
    // Of a request that was sent before.
    breaker.fail(policy, now: 103, using: &random)
    #expect(breaker.state == .open(until: 105, openings: 1))
    #expect(breaker.ask(policy, now: 105) == .probe)
    #expect(breaker.ask(policy, now: 105) == .wait(1))
    breaker.fail(policy, now: 106, using: &random)
    #expect(breaker.state == .open(until: 116, openings: 2))
    #expect(breaker.ask(policy, now: 116) == .probe)
    // Who probed has died.
    #expect(breaker.ask(policy, now: 175.5) == .wait(0.5))
    #expect(breaker.ask(policy, now: 176) == .probe)
    breaker.answer()
    #expect(breaker.ask(policy, now: 177) == .send)
  }

  @Test("Whatever happens: no probe beside another, no rest above the cap, and never a wait without an end")
  func properties() {
    var random = SplitMix64(seed: printedSeed())
    let policy = CircuitBreaker.Policy.upstream
    for _ in 0..<200 {
      var breaker = CircuitBreaker()
      var now = 1_000.0
      var failures = 0
      var probing: Double?
      for _ in 0..<200 {
        now += Double(random.next() % 20_000) / 1_000
        switch random.next() % 4 {
        case 0:
          breaker.answer()
          (failures, probing) = (0, nil)
        case 1:
          let wasOpen = breaker.isOpen
          breaker.fail(policy, now: now, using: &random)
          failures += 1
          probing = nil
          #expect(breaker.isClosed == (failures < policy.threshold))
          #expect(breaker.isClosed || breaker.isOpen)
          if let rest = breaker.rest(now: now) { #expect(rest <= policy.rest.cap) }
          if !wasOpen, breaker.isOpen { #expect((breaker.rest(now: now) ?? 0) >= 2.5) }
        default:
          let wasClosed = breaker.isClosed
          switch breaker.ask(policy, now: now) {
          case .send: #expect(wasClosed)
          case .probe:
            if let probing { #expect(now >= probing) }
            probing = now + policy.probeTime
          case .wait(let seconds): #expect(!wasClosed && seconds > 0 && seconds <= policy.rest.cap)
          }
        }
      }
    }
  }
}
