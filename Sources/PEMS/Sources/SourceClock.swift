import FoundationEssentials

/// Time as sources see it; tests put in one that does not wait.
package struct SourceClock: Sendable {
  /// Monotonic, from an arbitrary start.
  package var now: @Sendable () -> Duration
  /// Epoch seconds; only for reading dates in answers.
  package var wallSeconds: @Sendable () -> Double
  /// Returns early, by throwing, when the task is cancelled.
  package var sleep: @Sendable (Duration) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Duration, wallSeconds: @escaping @Sendable () -> Double,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.wallSeconds = wallSeconds
    self.sleep = sleep
  }

  /// The machine's own.
  package static let system: SourceClock = {
    let start = ContinuousClock.now
    return SourceClock(
      now: { ContinuousClock.now - start }, wallSeconds: { Date().timeIntervalSince1970 },
      sleep: { try await Task.sleep(for: $0) })
  }()
}
