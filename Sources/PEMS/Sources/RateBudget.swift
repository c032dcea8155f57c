import Runtime

/// Whether and when a tenant of an upstream takes a request (R9, W10): asked before each, told what became of it.
package protocol RateBudget: Sendable {
  /// Takes the right to one request; returns how long to wait before using it. Throws CIRCUIT_OPEN while nobody may
  /// ask the tenant.
  func take() async throws(SourceError) -> Duration

  /// Nobody gets a right before this has passed: what an upstream's Retry-After means for everybody of the tenant.
  func pause(_ duration: Duration) async

  /// What became of a request; nil: it was answered well. Returns how long nobody may ask the tenant now; nil: anybody
  /// may.
  func ended(_ error: SourceError?) async -> Duration?
}

/// A budget that holds within this process, and lets everybody ask however often the tenant fails.
package struct LocalBudget: RateBudget {
  private let bucket: TokenBucket
  private let clock: SourceClock

  /// `rate` in requests per second.
  package init(rate: Double, clock: SourceClock = .system) {
    bucket = TokenBucket(rate: rate, now: clock.now())
    self.clock = clock
  }

  package func take() async -> Duration { bucket.take(now: clock.now()) }

  package func pause(_ duration: Duration) async { bucket.pause(duration, now: clock.now()) }

  package func ended(_ error: SourceError?) async -> Duration? { nil }
}

extension SourceClock {
  /// Waits for the right to one request. Throws CIRCUIT_OPEN while there is none, and CANCELLED when the task is
  /// cancelled meanwhile.
  func wait(for budget: any RateBudget) async throws(SourceError) { try await wait(try await budget.take()) }

  /// Throws CANCELLED when the task is cancelled meanwhile.
  func wait(_ duration: Duration) async throws(SourceError) {
    do {
      if duration > .zero { try await sleep(duration) }
      try Task.checkCancellation()
    } catch {
      throw SourceError(.cancelled, "cancelled while waiting for the upstream")
    }
  }
}
