/// Whether an upstream is asked at all: after failures in a row it is left alone, and then asked by one at a time until
/// it answers. Pure; moments are seconds of one clock.
package struct CircuitBreaker: Hashable, Sendable {
  /// The comments are the manual.
  package struct Policy: Hashable, Sendable {
    /// Failures in a row that open it. More than two pushes have tries: what concerns few edits ends as W6 says, what
    /// concerns all of them costs each few tries.
    package var threshold: Int
    /// How long it stays open, by how often it has opened since the last answer.
    package var rest: RetryPolicy
    /// Seconds a probe may take before another may be sent: longer than a request with its wait for the rate limit, so
    /// that only one that died is replaced.
    package var probeTime: Double

    package init(threshold: Int, rest: RetryPolicy, probeTime: Double = 60) {
      self.threshold = max(1, threshold)
      self.rest = rest
      self.probeTime = probeTime
    }

    /// Ten failures; 5, 10, 20, … s, at most two minutes, of which half is random.
    package static let upstream = Policy(
      threshold: 10, rest: RetryPolicy(steps: [5, 10, 20], cap: 120, attempts: nil, jitter: 0.5))
  }

  package enum State: Hashable, Sendable {
    /// Everybody may ask. `failures`: in a row so far.
    case closed(failures: Int)
    /// Nobody may ask before `until`. `openings`: since the last answer.
    case open(until: Double, openings: Int)
    /// One asks, and has until then to say what became of it.
    case halfOpen(until: Double, openings: Int)
  }

  package enum Answer: Hashable, Sendable {
    case send
    /// Send, alone: what becomes of it decides.
    case probe
    /// Send nothing, and ask again after so many seconds.
    case wait(Double)
  }

  /// How often somebody looks whether a probe of another has ended, in seconds.
  private static let probeWait = 1.0

  package var state: State

  package init(_ state: State = .closed(failures: 0)) { self.state = state }

  package var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  package var isOpen: Bool {
    if case .open = state { true } else { false }
  }

  /// Seconds for which nobody may ask; nil: anybody may, or may probe.
  package func rest(now: Double) -> Double? {
    switch state {
    case .open(let until, _), .halfOpen(let until, _): until > now ? until - now : nil
    case .closed: nil
    }
  }

  /// Somebody wants to send a request. After `probe` the new state must be kept before the request is sent.
  package mutating func ask(_ policy: Policy, now: Double) -> Answer {
    switch state {
    case .closed: return .send
    case .open(let until, _) where now < until: return .wait(until - now)
    case .halfOpen(let until, _) where now < until: return .wait(min(Self.probeWait, until - now))
    case .open(_, let openings), .halfOpen(_, let openings):
      state = .halfOpen(until: now + policy.probeTime, openings: openings)
      return .probe
    }
  }

  /// A request failed in a way that may pass. What was sent before it opened says nothing new.
  package mutating func fail(_ policy: Policy, now: Double, using generator: inout some RandomNumberGenerator) {
    switch state {
    case .closed(let failures) where failures + 1 < policy.threshold: state = .closed(failures: failures + 1)
    case .closed: open(policy, 1, now, &generator)
    case .halfOpen(_, let openings): open(policy, openings + 1, now, &generator)
    case .open: break
    }
  }

  /// The upstream answered, if only to refuse.
  package mutating func answer() { state = .closed(failures: 0) }

  private mutating func open(
    _ policy: Policy, _ openings: Int, _ now: Double, _ generator: inout some RandomNumberGenerator
  ) {
    let rest = policy.rest.delay(after: openings, using: &generator) ?? policy.rest.cap
    state = .open(until: now + rest, openings: openings)
  }
}
