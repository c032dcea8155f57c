import Runtime
import SyncDomain

/// Puts rate limit and retries around a source (R9, R10, R11).
///
/// Reading a page again is always safe. What is permanent, above all a refused login, passes through at once; a wait
/// the upstream asks for holds everybody who shares the budget. While nobody may ask it, the page ends at once: whoever
/// reads does better to come back then than to wait.
package struct RetryingSource: RecordSource {
  private let source: any RecordSource
  private let budget: any RateBudget
  private let policy: RetryPolicy
  private let clock: SourceClock
  private let onRetry: @Sendable (SourceError, Duration) -> Void
  private let watch: (any UpstreamWatch)?

  /// `onRetry` is told of each failure that will be tried again and of the wait before that, `watch` of answers too.
  package init(
    _ source: any RecordSource, budget: any RateBudget, policy: RetryPolicy = .pems, clock: SourceClock = .system,
    watch: (any UpstreamWatch)? = nil, onRetry: @escaping @Sendable (SourceError, Duration) -> Void = { _, _ in }
  ) {
    self.source = source
    self.budget = budget
    self.policy = policy
    self.clock = clock
    self.onRetry = onRetry
    self.watch = watch
  }

  package func page(_ request: PageRequest) async throws(SourceError) -> SourcePage {
    var generator = SystemRandomNumberGenerator()
    var attempt = 1
    var failure: SourceError?
    while true {
      do throws(SourceError) {
        try await clock.wait(for: budget)
      } catch {
        guard error.reason == .circuitOpen, let rest = error.retryAfter else { throw error }
        await watch?.fails(error, askedAgainIn: rest)
        // Whatever was sent is held against the run: a page that fails alone must not keep it waiting for ever.
        throw failure?.resting(rest) ?? error
      }
      do throws(SourceError) {
        let page = try await source.page(request)
        _ = await budget.ended(nil)
        await watch?.answers()
        return page
      } catch {
        failure = error
        if let rest = await budget.ended(error), error.isOfUpstream {
          await watch?.fails(error, askedAgainIn: rest)
          throw error.resting(rest)
        }
        let asked = error.retryAfter.map { $0 / .seconds(1) }
        guard error.isTransient, let seconds = policy.delay(after: attempt, retryAfter: asked, using: &generator) else {
          throw error
        }
        let wait = Duration.seconds(seconds)
        onRetry(error, wait)
        await watch?.fails(error, askedAgainIn: wait)
        if error.retryAfter != nil { await budget.pause(wait) }
        try await clock.wait(wait)
        attempt += 1
      }
    }
  }
}
