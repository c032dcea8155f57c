import Runtime

/// Spreads requests over time: `rate` per second, with a burst of one second's worth.
///
/// Pure arithmetic over a clock that is passed in; waiting is the caller's. One bucket is shared by everybody who
/// talks to the same tenant (R9).
package final class TokenBucket: Sendable {
  private struct State {
    var tokens: Double
    var updated: Duration
  }

  private let rate: Double
  private let burst: Double
  private let state: Locked<State>

  /// `rate` in requests per second; `now` is any monotonic time.
  package init(rate: Double, now: Duration) {
    self.rate = rate
    burst = max(1, rate)
    state = Locked(State(tokens: max(1, rate), updated: now))
  }

  /// Takes one token and returns how long to wait before using it; zero when it is there already. Never refuses: who
  /// comes later waits longer.
  package func take(now: Duration) -> Duration {
    state.with { state in
      let elapsed = max(.zero, now - state.updated)
      state.updated = max(state.updated, now)
      state.tokens = min(burst, state.tokens + elapsed / .seconds(1) * rate)
      state.tokens -= 1
      return state.tokens >= 0 ? .zero : .seconds(-state.tokens / rate)
    }
  }

  /// Nobody gets a token before this has passed: what an upstream's Retry-After means for everybody of the tenant.
  package func pause(_ duration: Duration, now: Duration) {
    state.with { state in
      state.updated = max(state.updated, now)
      state.tokens = min(state.tokens, -(duration / .seconds(1)) * rate)
    }
  }
}
