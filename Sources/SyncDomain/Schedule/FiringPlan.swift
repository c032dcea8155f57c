/// What happens about firings that no scheduler was there for.
package enum MissedPolicy: String, CaseIterable, Sendable {
  /// They are left out.
  case skip
  /// The newest one stands for all of them, unless one is due in time anyway.
  case once
  /// Each is made up for, at most a number of them, the newest.
  case all
}

/// Which of a job's firings are to be made now.
package struct FiringPlan: Sendable, Equatable {
  /// Due instants, rising, in seconds since 1970.
  package var firings: [Int64] = []
  /// Missed ones that are left out; after a very long time at least so many.
  package var dropped = 0
  /// Everything up to this instant has been decided.
  package var handledUntil: Int64
  /// The next firing; nil: never again.
  package var next: Int64?

  /// How late a firing may be and count as in time, in seconds.
  package static let grace: Int64 = 60

  /// Decides about what has come due after `handled`. `delay` is the jitter of a due instant in seconds.
  package init(
    _ schedule: CronSchedule, handledUntil handled: Int64, now: Int64, policy: MissedPolicy, limit: Int,
    delay: (Int64) -> Int64 = { _ in 0 }
  ) {
    var missed: [Int64] = []
    handledUntil = handled
    next = schedule.next(after: handled)
    while let due = next {
      let time = due + delay(due)
      guard time <= now else { break }
      if now - time <= FiringPlan.grace { firings.append(due) } else { missed.append(due) }
      handledUntil = due
      next = schedule.next(after: due)
      // After months of silence of a job of every minute only the last week is looked at.
      if missed.count == FiringPlan.most, due < now - 7 * 86_400 {
        dropped += missed.count
        missed = []
        handledUntil = now - 7 * 86_400
        next = schedule.next(after: handledUntil)
      }
    }
    let kept =
      switch policy {
      case .skip: 0
      case .once: firings.isEmpty ? 1 : 0
      case .all: max(0, limit)
      }
    dropped += max(0, missed.count - kept)
    firings = missed.suffix(kept) + firings
  }

  /// More than a job of every minute has in a week.
  private static let most = 20_000
}
