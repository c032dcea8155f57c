/// How long to wait before trying again.
package struct RetryPolicy: Hashable, Sendable {
  /// Waits before the second, third, … try, in seconds; further ones double from the last.
  package let steps: [Double]
  /// No wait is longer, in seconds; a Retry-After neither.
  package let cap: Double
  /// Tries in all; nil means no end.
  package let attempts: Int?
  /// The part of a wait that is random, 0 to 1: 1 is full jitter (anything from 0 to the step), 0.5 anything from
  /// half the step.
  package let jitter: Double

  /// Full jitter spreads workers that failed together best.
  package init(steps: [Double], cap: Double, attempts: Int?, jitter: Double = 1) {
    self.steps = steps.isEmpty ? [0] : steps
    self.cap = cap
    self.attempts = attempts
    self.jitter = min(1, max(0, jitter))
  }

  /// Exponential: `base` seconds, doubled at each try.
  package init(base: Double, cap: Double, attempts: Int?) {
    self.init(steps: [base], cap: cap, attempts: attempts)
  }

  /// Calls to PEMS: 5, 10, 20 s with jitter, at most 60 s (domain.md R9). The jitter takes at most half, so that a
  /// tenant that asked for rest gets some.
  package static let pems = RetryPolicy(steps: [5, 10, 20], cap: 60, attempts: 4, jitter: 0.5)

  /// A database transaction.
  package static let transaction = RetryPolicy(base: 0.02, cap: 2, attempts: 10)

  /// Seconds to wait after try number `attempt` (from 1) failed; nil when that was the last one.
  ///
  /// - Parameter retryAfter: seconds the other side asked for; nil when it did not. It is honoured up to the cap,
  ///   with no jitter below it.
  package func delay(
    after attempt: Int, retryAfter: Double? = nil, using generator: inout some RandomNumberGenerator
  ) -> Double? {
    if let attempts, attempt >= attempts { return nil }
    if let retryAfter { return min(cap, max(0, retryAfter)) }
    let step = min(cap, ceiling(attempt))
    let share = Double(generator.next() >> 11) * 0x1p-53
    return step * (1 - jitter * share)
  }

  /// The step before jitter and cap.
  private func ceiling(_ attempt: Int) -> Double {
    let index = max(1, attempt) - 1
    if index < steps.count { return steps[index] }
    // 2^60 times any step is beyond any cap.
    let doublings = min(60, index - steps.count + 1)
    return steps[steps.count - 1] * Double(UInt64(1) << UInt64(doublings))
  }
}
