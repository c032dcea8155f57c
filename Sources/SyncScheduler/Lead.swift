import SyncStore

/// The lead as the scheduler that has it knows it by its own clock. Pure.
struct Lead: Sendable, Equatable {
  let token: Int64
  private var end: ContinuousClock.Instant

  /// `asked`: when the database was asked for it; the lease begins there or later.
  init(token: Int64, at asked: ContinuousClock.Instant) {
    self.token = token
    end = asked + .seconds(ScheduleLease.seconds)
  }

  mutating func renewed(at asked: ContinuousClock.Instant) { self = Lead(token: token, at: asked) }

  /// Once the lease has run out another scheduler may lead. If none did, this one goes on when the database answers.
  func isHeld(at now: ContinuousClock.Instant) -> Bool { now < end }
}
