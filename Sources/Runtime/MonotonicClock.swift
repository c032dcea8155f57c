import Glibc

/// Milliseconds since some fixed moment, never going back; for measuring, not for dates.
package func monotonicMilliseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

extension Duration {
  /// Whole milliseconds, cut towards zero and saturating.
  package var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    if overflow { return seconds < 0 ? .min : .max }
    return whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
  }

  /// Seconds with their fraction, the unit of metrics.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}

/// A moment on the monotonic clock by which something must have happened.
package struct Deadline: Sendable, Equatable {
  private let instant: ContinuousClock.Instant

  package init(after duration: Duration) { instant = .now + duration }

  /// Time left; zero once it has passed.
  package var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: instant)) }
  package var hasPassed: Bool { remaining == .zero }
}

/// A wait that took longer than it was allowed to.
package struct TimedOut: Error, Equatable, CustomStringConvertible {
  package let limit: Duration

  package init(limit: Duration) { self.limit = limit }

  package var description: String { "timed out after \(limit)" }
}

/// The result of `body`, or `TimedOut` after `limit`. The body is cancelled then and waited for, so it must honour
/// cancellation.
package func withTimeout<Value: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask(operation: body)
    group.addTask {
      try await Task.sleep(for: limit)
      throw TimedOut(limit: limit)
    }
    defer { group.cancelAll() }
    guard let value = try await group.next() else { throw CancellationError() }
    return value
  }
}

/// Seconds since 1970 by the system's clock, for timestamps in metrics; never for measuring.
package func epochSeconds() -> Int64 { Int64(time(nil)) }
