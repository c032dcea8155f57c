import Postgres
import SQLCatalog
import SyncDomain

/// How far the firings of jobs have been decided. Times are seconds since 1970; for the leader, inside
/// ``ScheduleLease/holding(_:_:_:)``.
package enum ScheduleStore {
  /// A job of an organization.
  package struct Key: Hashable, Sendable {
    package let job: String
    package let organization: String

    package init(job: String, organization: String) {
      self.job = job
      self.organization = organization
    }
  }

  /// A row of `job_schedule`.
  package struct Position: Sendable, Equatable {
    package let definition: String
    package let isActive: Bool
    package let handledUntil: Int64
    /// Nil: never again.
    package let next: Int64?

    package init(definition: String, isActive: Bool, handledUntil: Int64, next: Int64?) {
      self.definition = definition
      self.isActive = isActive
      self.handledUntil = handledUntil
      self.next = next
    }
  }

  package static func all(_ session: PGSession) throws -> [Key: Position] {
    var positions: [Key: Position] = [:]
    for row in try session.query(Queries.listSchedules).rows {
      let key = Key(job: try row.string("job"), organization: try row.string("organization_id"))
      positions[key] = Position(
        definition: try row.string("definition"), isActive: try row.bool("is_active") ?? false,
        handledUntil: try row.integer("handled_until"), next: try row.int("next_at"))
    }
    return positions
  }

  package static func store(
    _ session: PGSession, _ key: Key, _ job: ScheduledJob, handledUntil: Int64, next: Int64?
  ) throws {
    try session.query(
      Queries.storeSchedule,
      [
        .text(key.job), .text(key.organization), .text(job.kind.rawValue), .text(job.schedule.fingerprint),
        .int(handledUntil), next.map { .int($0) } ?? .null,
      ])
  }

  /// It is not fired any more.
  package static func retire(_ session: PGSession, _ key: Key) throws {
    try session.query(Queries.retireSchedule, [.text(key.job), .text(key.organization)])
  }

  /// Active organizations, in order of id.
  package static func organizations(_ session: PGSession) throws -> [String] {
    try OrganizationStore.all(session).rows.compactMap {
      try $0.string("status") == "active" ? try $0.string("id") : nil
    }
  }

  // MARK: For people, inside `reading`

  /// Each schedule with its newest firing: job, organization_id, is_active, next_at, definition, last_due_at,
  /// last_state, last_finished_at, last_job_id, last_detail.
  package static func report(_ session: PGSession) throws -> PGResult { try session.query(Queries.listLastFirings) }

  /// The newest firings of a job; nil: of all organizations.
  package static func firings(
    _ session: PGSession, job: String, organization: String?, limit: Int64
  ) throws -> PGResult {
    try session.query(
      Queries.listFirings, [.text(job), PGValue(organization), .int4(Int32(clamping: limit))])
  }

  /// Who leads; nil: nobody does.
  package static func leader(_ session: PGSession) throws -> String? {
    guard let row = try session.query(Queries.scheduleLeader).first, try row.bool("is_led") == true else { return nil }
    return try row.text("owner")
  }
}
