import Runtime
import SyncDomain
import SyncStore

/// The time a change has: for all of it, for a statement, for its lease.
struct SchemaClock: Sendable {
  private let settings: SchemaSettings
  private let deadline: Deadline
  private let began: ContinuousClock.Instant

  /// - Parameter elapsed: since the change's first attempt began.
  init(_ settings: SchemaSettings, elapsed: Duration) {
    self.settings = settings
    began = .now - elapsed
    deadline = Deadline(after: max(.zero, settings.deadline - elapsed))
  }

  var hasPassed: Bool { deadline.hasPassed }
  var remaining: Duration { deadline.remaining }
  var elapsed: Duration { began.duration(to: .now) }

  /// At least some time for the last statement, so that the server and not a limit of 0, which is none, ends it.
  var limits: TargetStore.Limits {
    let left = max(50, remaining.inMilliseconds)
    return TargetStore.Limits(
      lock: min(settings.lockTimeout.inMilliseconds, left),
      statement: min(settings.statementTimeout.inMilliseconds, left))
  }

  /// A lease outlives its change by a little: then the change has ended by itself.
  var leaseMilliseconds: Int64 { remaining.inMilliseconds + 10_000 }

  /// What is said when there is no time for another attempt.
  func ending(_ fault: SchemaFault) -> SchemaFault {
    guard fault.code == .targetError else { return fault }
    return SchemaFault(.timeout, "no attempt succeeded within \(settings.deadline): \(fault.message)")
  }
}
