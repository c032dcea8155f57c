/// How long to wait before trying again: doubling from `base` up to `cap`, with jitter so that many clients do not come
/// back together.
package struct Backoff: Sendable, Equatable {
  package enum Jitter: Sendable {
    /// Exactly the ceiling.
    case none
    /// Evenly between nothing and the ceiling: spreads a crowd best, for retries against a shared database.
    case full
    /// Evenly between half the ceiling and the ceiling: never at once, for polite waits on somebody else's service.
    case equal
  }

  /// The first ceiling. Default: 200 ms.
  package var base: Duration
  /// No wait is longer. Default: 60 s.
  package var cap: Duration
  package var jitter: Jitter
  /// Waits handed out since the last `reset()`.
  package private(set) var attempt = 0

  package init(base: Duration = .milliseconds(200), cap: Duration = .seconds(60), jitter: Jitter = .full) {
    self.base = base
    self.cap = cap
    self.jitter = jitter
  }

  /// The longest wait before try `attempt + 2`: `min(cap, base × 2^attempt)`; a negative attempt counts as 0.
  package func ceiling(attempt: Int) -> Duration {
    guard base < cap else { return cap }
    var wait = base
    for _ in 0..<max(0, attempt) {
      guard wait < cap else { break }
      wait = wait * 2
    }
    return min(wait, cap)
  }

  /// One wait after `attempt` earlier ones, in whole milliseconds.
  package func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    let top = max(0, ceiling(attempt: attempt).inMilliseconds)
    return switch jitter {
    case .none: .milliseconds(top)
    case .full: .milliseconds(Int64.random(in: 0...top, using: &generator))
    case .equal: .milliseconds(Int64.random(in: (top / 2)...top, using: &generator))
    }
  }

  /// The next wait of this sequence.
  package mutating func next() -> Duration {
    var generator = SystemRandomNumberGenerator()
    return next(using: &generator)
  }

  package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    defer { attempt += 1 }
    return delay(attempt: attempt, using: &generator)
  }

  /// Starts over, after a success.
  package mutating func reset() { attempt = 0 }
}
