import Postgres
import SQLCatalog

/// Facts about what does not go on by itself, for `doctor`. Bind the session with `reading` first.
package enum StandstillReports {
  /// A project that no schema change can be applied to.
  package struct Project: Sendable, Equatable {
    package let id: String
    package let organization: String
    package let status: String
    /// Since its lease ended, in seconds; nil without a lease.
    package let lapsedFor: Int64?

    package init(id: String, organization: String, status: String, lapsedFor: Int64?) {
      self.id = id
      self.organization = organization
      self.status = status
      self.lapsedFor = lapsedFor
    }
  }

  /// Projects in error, or applying under a lease that has been past for this many seconds; at most 20.
  package static func projects(_ session: PGSession, after seconds: Int) throws -> [Project] {
    try session.query(Queries.stuckProjects, [.int4(Int32(clamping: seconds))]).rows.map { row in
      Project(
        id: try row.string("id"), organization: try row.string("organization_id"), status: try row.string("status"),
        lapsedFor: try row.int("lapsed_for"))
    }
  }

  /// A pause that somebody may have forgotten; nil means every kind, every organization.
  package struct Pause: Sendable, Equatable {
    package let kind: String?
    package let organization: String?
    package let by: String
    package let age: Int64

    package init(kind: String?, organization: String?, by: String, age: Int64) {
      self.kind = kind
      self.organization = organization
      self.by = by
      self.age = age
    }
  }

  /// Pauses older than this many seconds, the oldest first; at most 20.
  package static func pauses(_ session: PGSession, olderThan seconds: Int) throws -> [Pause] {
    try session.query(Queries.oldPauses, [.int4(Int32(clamping: seconds))]).rows.map { row in
      Pause(
        kind: try row.text("kind"), organization: try row.text("organization_id"), by: try row.string("paused_by"),
        age: try row.integer("age"))
    }
  }

  /// A record with PEMS' own value of fields that no edit overrides any more.
  package struct Override: Sendable, Equatable {
    package let organization: String
    package let pfaId: String
    package let fields: [String]

    package init(organization: String, pfaId: String, fields: [String]) {
      self.organization = organization
      self.pfaId = pfaId
      self.fields = fields
    }
  }

  /// At most 20. Reads every record.
  package static func overrides(_ session: PGSession) throws -> [Override] {
    try session.query(Queries.orphanedOverrides).rows.map { row in
      Override(
        organization: try row.string("organization_id"), pfaId: try row.string("pfa_id"),
        fields: (try row.textArray("fields") ?? []).compactMap(\.self))
    }
  }

  /// How firings of schedules come along.
  package struct Schedules: Sendable {
    package var active: Int64 = 0
    /// Due for longer than a leader leaves them.
    package var overdue: Int64 = 0
    /// How long the worst of all is due, in seconds; negative: none is due; nil: there is none.
    package var worst: Int64?
    /// The job and organization of the worst.
    package var first: String?
    /// Nil: nobody leads.
    package var leader: String?
    /// The same of each job, the worst first.
    package var jobs: [(name: String, schedules: Schedules)] = []

    package init() {}

    /// Those of the jobs that are defined. Others stay active until a leader has looked, and nobody is to fire them.
    package func of(_ names: Set<String>) -> Schedules {
      var some = Schedules()
      some.leader = leader
      for job in jobs where names.contains(job.name) { some.add(job.name, job.schedules) }
      return some
    }

    /// Jobs come in order, the worst first.
    package mutating func add(_ name: String, _ schedules: Schedules) {
      active += schedules.active
      overdue += schedules.overdue
      if jobs.isEmpty { (worst, first) = (schedules.worst, schedules.first) }
      jobs.append((name, schedules))
    }
  }

  package static func schedules(_ session: PGSession, lateness seconds: Int) throws -> Schedules {
    var all = Schedules()
    all.leader = try ScheduleStore.leader(session)
    for row in try session.query(Queries.overdueSchedules, [.int4(Int32(clamping: seconds))]).rows {
      var own = Schedules()
      own.active = try row.integer("active")
      own.overdue = try row.integer("overdue")
      own.worst = try row.int("worst")
      own.first = try row.text("first")
      all.add(try row.string("job"), own)
    }
    return all
  }

  /// What waits for some worker.
  package struct WaitingWork: Sendable, Equatable {
    package var jobs: Int64 = 0
    /// Asked for by a command within a day, and not begun.
    package var requests: Int64 = 0
    package var messages: Int64 = 0

    package init() {}
  }

  package static func waitingWork(_ session: PGSession) throws -> WaitingWork {
    let row = try session.query(Queries.waitingWork).one()
    var work = WaitingWork()
    work.jobs = try row.integer("jobs")
    work.requests = try row.integer("requests")
    work.messages = try row.integer("messages")
    return work
  }
}
