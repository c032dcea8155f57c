import SyncDomain
import SyncStore

/// What a leader's turn does about a job of an organization: pure.
enum ScheduleStep: Sendable, Equatable {
  /// Nothing is due.
  case rest
  /// From here on: the job is new, was changed, came back, or a clock that was far ahead has decided too much.
  case begin
  case fire(FiringPlan)

  /// `position`: how far its firings have been decided; nil: it was never looked at. `now`: seconds since 1970.
  static func decide(
    _ job: ScheduledJob, organization: String, _ position: ScheduleStore.Position?, now: Int64
  ) -> ScheduleStep {
    guard let position, position.isActive, position.definition == job.schedule.fingerprint,
      // A clock that was far ahead: what it fired is known by its ids and is not fired twice.
      position.handledUntil <= now + 3600
    else { return .begin }
    guard let next = position.next, next <= now else { return .rest }
    let plan = FiringPlan(
      job.schedule, handledUntil: position.handledUntil, now: now, policy: job.missed, limit: job.missedLimit,
      delay: { FiringEvent.delay(of: job, organization: organization, due: $0) })
    return plan.handledUntil == position.handledUntil ? .rest : .fire(plan)
  }
}
