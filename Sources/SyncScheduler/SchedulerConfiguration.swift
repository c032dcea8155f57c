import Postgres
import Runtime
import SyncDomain
import SyncStore

/// What a scheduler is and may use; the comments are the manual.
package struct SchedulerConfiguration: Sendable {
  package var postgres: PGOptions
  package var jobs: [ScheduledJob]
  /// Names this process in the lease and in logs.
  package var owner: String
  /// Time as schedules see it, in seconds since 1970. Default: the system's clock. The lead itself is measured by the
  /// database's clock alone.
  package var now: @Sendable () -> Int64 = { epochSeconds() }
  /// How often the leader looks for what is due, and the others whether it still lives. Default: 1 s; with the lease of
  /// ``ScheduleLease/seconds`` somebody else leads within 11 s of a leader's death.
  package var pollInterval = Duration.seconds(1)
  /// Hears after each turn whether the database answers, and whether its schema is the one of this program.
  package var onTurn: @Sendable (_ isReachable: Bool, _ isCurrent: Bool) -> Void = { _, _ in }
  package var log = Log()

  package init(
    postgres: PGOptions, jobs: [ScheduledJob], owner: String = "scheduler-" + UUIDText.random().prefix(8)
  ) {
    self.postgres = postgres
    self.jobs = jobs
    self.owner = owner
  }
}
