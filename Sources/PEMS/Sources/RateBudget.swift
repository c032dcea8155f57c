import Runtime

/// How many requests a tenant of an upstream takes (R9, W10): asked before each, told when the tenant wants rest.
package protocol RateBudget: Sendable {
  /// Takes the right to one request; returns how long to wait before using it. Never refuses.
  func take() async -> Duration

  /// Nobody gets a right before this has passed: what an upstream's Retry-After means for everybody of the tenant.
  func pause(_ duration: Duration) async
}

/// A budget that holds within this process.
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
}

extension SourceClock {
  /// Waits for the right to one request. Throws CANCELLED when the task is cancelled meanwhile.
  func wait(for budget: any RateBudget) async throws(SourceError) { try await wait(await budget.take()) }

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
