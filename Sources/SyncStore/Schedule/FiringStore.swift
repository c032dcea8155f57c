import Postgres
import SQLCatalog
import SyncDomain

/// Firings of jobs and what becomes of them. Times are seconds since 1970; for the leader, inside
/// ``ScheduleLease/holding(_:_:_:)``.
package enum FiringStore {
  package enum State: String, Sendable {
    case waiting, requested, running, succeeded, failed, cancelled, skipped
    case timedOut = "timed_out"
  }

  /// A firing that something is to be done about.
  package struct Firing: Sendable {
    package let id: String
    package let key: ScheduleStore.Key
    package let kind: String
    package let state: State
    package let attempt: Int
    package let detail: String?
    /// Nil where it does not matter.
    package let due: Int64?
    /// It has not ended in time.
    package let isLate: Bool
    /// Nil: the leader does the work itself.
    package let jobId: String?
  }

  /// What is under way beside a firing.
  package struct Lane: Sendable {
    package let state: OverlapPolicy.Lane
    /// The firing itself was recorded before.
    package let isKnown: Bool
    /// Ids of jobs under way.
    package let jobs: [String]
  }

  package static func lane(_ session: PGSession, _ key: ScheduleStore.Key, lane: String, besides id: String) throws
    -> Lane
  {
    let row = try session.query(
      Queries.laneState, [.text(key.organization), .text(lane), .text(key.job), .uuid(id)]
    ).one()
    return Lane(
      state: OverlapPolicy.Lane(
        isBusy: try row.bool("is_busy") ?? false, hasWaiting: try row.bool("has_waiting") ?? false,
        canCancel: try row.bool("can_cancel") ?? false),
      isKnown: try row.bool("is_known") ?? false, jobs: (try row.textArray("jobs") ?? []).compactMap { $0 })
  }

  /// False: it was recorded before, and nothing changed.
  package static func insert(
    _ session: PGSession, id: String, _ key: ScheduleStore.Key, _ job: ScheduledJob, due: Int64, state: State,
    jobId: String?, detail: String?, now: Int64
  ) throws -> Bool {
    let values: [PGValue] = [
      .uuid(id), .text(key.job), .text(key.organization), .text(job.kind.rawValue), .text(job.lane), .int(due),
      .text(state.rawValue), .int4(Int32(job.priority)), .int(now), .int(now + job.timeout),
      jobId.map { .uuid($0) } ?? .null, PGValue(detail), .int(now),
    ]
    return try session.query(Queries.insertFiring, values).rowCount == 1
  }

  /// Takes over what became of jobs; those that changed.
  package static func settle(_ session: PGSession) throws -> [Firing] {
    try session.query(Queries.settleFirings).rows.map { row in
      try firing(row, detail: try row.text("detail"))
    }
  }

  /// Waiting ones that may start, and late ones; at most 500.
  package static func due(_ session: PGSession, now: Int64) throws -> [Firing] {
    try session.query(Queries.dueFirings, [.int(now)]).rows.map { row in
      try firing(
        row, due: try row.integer("due_at"), isLate: try row.bool("is_late") ?? false, jobId: try row.text("job_id"))
    }
  }

  package static func start(_ session: PGSession, _ id: String, jobId: String?, timeoutAt: Int64) throws {
    try session.query(Queries.startFiring, [.uuid(id), jobId.map { .uuid($0) } ?? .null, .int(timeoutAt)])
  }

  /// False: it has ended already.
  @discardableResult
  package static func end(_ session: PGSession, _ id: String, _ state: State, detail: String?, now: Int64) throws
    -> Bool
  {
    let values: [PGValue] = [.uuid(id), .text(state.rawValue), PGValue(detail), .int(now)]
    return try session.query(Queries.endFiring, values).rowCount == 1
  }

  /// A failed one waits for another attempt.
  package static func retry(_ session: PGSession, _ id: String, at time: Int64) throws {
    try session.query(Queries.repeatFiring, [.uuid(id), .int(time)])
  }

  /// Ends what is under way in a lane, and its jobs.
  package static func cancel(
    _ session: PGSession, _ key: ScheduleStore.Key, lane: String, jobs: [String], reason: String, now: Int64
  ) throws {
    for job in jobs { try cancelJob(session, job, organization: key.organization, reason: reason) }
    try session.query(Queries.cancelLane, [.text(key.organization), .text(lane), .text(reason), .int(now)])
  }

  /// Ends a job that is not final; nothing happens when there is none. Leaves the session bound to the system.
  package static func cancelJob(_ session: PGSession, _ id: String, organization: String, reason: String) throws {
    try session.becomeWorker(organization)
    if try session.query(Queries.cancelJob, [.uuid(id), .text(reason)]).rowCount > 0 {
      try session.query(Queries.closeCancelledLog, [.uuid(id), .text(reason)])
    }
    try session.becomeSystem()
  }

  // MARK: Work of the leader itself

  /// The next one, under way then; nil: there is none.
  package static func nextOwnWork(_ session: PGSession) throws -> Firing? {
    try session.query(Queries.nextOwnWork).first.map { try firing($0, state: .running) }
  }

  private static func firing(
    _ row: PGRow, state: State? = nil, detail: String? = nil, due: Int64? = nil, isLate: Bool = false,
    jobId: String? = nil
  ) throws -> Firing {
    Firing(
      id: try row.string("id"),
      key: ScheduleStore.Key(job: try row.string("job"), organization: try row.string("organization_id")),
      kind: try row.string("kind"), state: try state ?? State(rawValue: try row.string("state")) ?? .failed,
      attempt: Int(try row.integer("attempt")), detail: detail, due: due, isLate: isLate, jobId: jobId)
  }
}
