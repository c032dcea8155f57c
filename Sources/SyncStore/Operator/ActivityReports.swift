import Postgres
import SQLCatalog

/// How much there is to do, over all organizations.
package struct Activity: Sendable, Equatable {
  package var queued: Int64 = 0
  package var running: Int64 = 0
  package var retrying: Int64 = 0
  package var awaitingApproval: Int64 = 0
  /// Within the last hour.
  package var failed: Int64 = 0
  /// Within the last hour.
  package var succeeded: Int64 = 0
  /// Open ones.
  package var deadLetters: Int64 = 0
  /// Open ones.
  package var conflicts: Int64 = 0
  package var heldMessages: Int64 = 0
  package var pauses: Int64 = 0
  /// Messages that wait for the relay.
  package var outbox: Int64 = 0

  package init() {}
}

/// A job that runs.
package struct RunningJob: Sendable, Equatable {
  package let id: String
  package let organization: String
  package let kind: String
  package let owner: String?
  /// Since it began.
  package let seconds: Int64
  /// Records applied.
  package let applied: Int64
  /// Nil while nobody knows.
  package let total: Int64?

  package init(
    id: String, organization: String, kind: String, owner: String?, seconds: Int64, applied: Int64, total: Int64?
  ) {
    self.id = id
    self.organization = organization
    self.kind = kind
    self.owner = owner
    self.seconds = seconds
    self.applied = applied
    self.total = total
  }
}

/// A job that failed.
package struct FailedJob: Sendable, Equatable {
  package let id: String
  package let organization: String
  package let kind: String
  package let code: String
  package let message: String
  /// PostgreSQL's text.
  package let finishedAt: String

  package init(id: String, organization: String, kind: String, code: String, message: String, finishedAt: String) {
    self.id = id
    self.organization = organization
    self.kind = kind
    self.code = code
    self.message = message
    self.finishedAt = finishedAt
  }
}

/// What `top` and the status page begin with.
package struct LiveState: Sendable, Equatable {
  package var activity = Activity()
  /// The longest first.
  package var running: [RunningJob] = []
  /// Of the last day, the newest first.
  package var failures: [FailedJob] = []

  package init() {}
}

/// What goes on at the moment, for `top`, `doctor` and the status page. Bind the session with `reading` first.
package enum ActivityReports {
  /// `limit`: of running jobs and of failures.
  package static func live(_ session: PGSession, limit: Int) throws -> LiveState {
    var live = LiveState()
    live.activity = try activity(session)
    live.running = try running(session, limit: limit)
    live.failures = try failures(session, limit: limit)
    return live
  }

  package static func activity(_ session: PGSession) throws -> Activity {
    let row = try session.query(Queries.activity).one()
    var activity = Activity()
    activity.queued = try row.integer("queued")
    activity.running = try row.integer("running")
    activity.retrying = try row.integer("retrying")
    activity.awaitingApproval = try row.integer("awaiting_approval")
    activity.failed = try row.integer("failed")
    activity.succeeded = try row.integer("succeeded")
    activity.deadLetters = try row.integer("dead_letters")
    activity.conflicts = try row.integer("conflicts")
    activity.heldMessages = try row.integer("held_messages")
    activity.pauses = try row.integer("pauses")
    activity.outbox = try row.integer("outbox")
    return activity
  }

  /// The longest first.
  package static func running(_ session: PGSession, limit: Int) throws -> [RunningJob] {
    try session.query(Queries.runningJobs, [.int4(Int32(clamping: limit))]).rows.map { row in
      RunningJob(
        id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
        owner: try row.text("lease_owner"), seconds: try row.int("seconds") ?? 0, applied: try row.integer("applied"),
        total: try row.int("total"))
    }
  }

  /// Of the last day, the newest first.
  package static func failures(_ session: PGSession, limit: Int) throws -> [FailedJob] {
    try session.query(Queries.recentFailures, [.int4(Int32(clamping: limit))]).rows.map { row in
      FailedJob(
        id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
        code: try row.text("error_code") ?? "", message: try row.text("error_message") ?? "",
        finishedAt: try row.string("finished_at"))
    }
  }
}
