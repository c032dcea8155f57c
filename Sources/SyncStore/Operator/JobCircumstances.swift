import Postgres
import SyncDomain

/// A job and everything around it that can explain its state. Moments are PostgreSQL's text in the session's time zone,
/// spans are seconds.
package struct JobCircumstances: Sendable, Equatable {
  package var id: String
  package var organization: String
  package var kind: String
  package var state: JobState
  package var result: String?
  package var attempt: Int64 = 0
  package var runAt = ""
  package var errorCode: String?
  package var errorMessage: String?
  package var leaseOwner: String?
  package var leaseExpiresAt: String?
  package var finishedAt: String?
  /// It is not due before `runAt`.
  package var isEarly = false
  package var organizationStatus = "active"
  /// It is running, and its lease is past.
  package var isSilent = false
  /// Since it was asked for.
  package var age: Int64 = 0
  /// Since its lease ended; nil without a lease.
  package var silentFor: Int64?
  /// Due jobs of its kind that are claimed before it.
  package var ahead: Int64 = 0
  /// Jobs of its kind that run under a living lease.
  package var running: Int64 = 0
  package var pagesWaiting: Int64 = 0
  package var pagesApplied: Int64 = 0
  /// The newest job that does its work again.
  package var retriedAs: String?
  /// Who could do it; nil: unknown.
  package var crew: Crew?
  /// What keeps work like this from beginning.
  package var pause: Pause?

  /// What it has to wait for upstream; nil: its source answers, as far as is known.
  package var upstream: Upstream?

  /// A source that fails. Moments are as commands print them.
  package struct Upstream: Sendable, Equatable {
    package let source: String
    /// `host:port`.
    package let place: String
    package let since: String
    /// When it is asked again.
    package let next: String
    /// Of the last failure.
    package let code: String
    package let message: String

    package init(source: String, place: String, since: String, next: String, code: String, message: String) {
      self.source = source
      self.place = place
      self.since = since
      self.next = next
      self.code = code
      self.message = message
    }
  }

  /// A pause of a kind, an organization, or both; nil means every one.
  package struct Pause: Sendable, Equatable {
    package let kind: String?
    package let organization: String?
    package let actor: String
    package let reason: String?
    package let since: String

    package init(kind: String?, organization: String?, actor: String, reason: String?, since: String) {
      self.kind = kind
      self.organization = organization
      self.actor = actor
      self.reason = reason
      self.since = since
    }
  }
  /// An earlier schema change of the same project that has not ended.
  package var waitsForJob: String?
  /// The schema version it was asked to wait for; nil: none.
  package var schemaWanted: Int64?
  /// The schema version that its organization, or the project it names, has; nil: none yet.
  package var schemaApplied: Int64?

  /// Its schema change; nil for other jobs.
  package var change: Change?

  /// A schema change and its project, as long as it has not ended; then only the project's lease is told.
  package struct Change: Sendable, Equatable {
    /// Nil once it has ended.
    package var project: String?
    /// It holds the lease, and its attempt is written down.
    package var isApplying = false
    /// That the attempt begins from, or the change was made for, and that the attempt leads to.
    package var fromVersion: Int64?
    package var toVersion: Int64?
    /// Nil: there is no such project, or not yet.
    package var projectVersion: Int64?
    /// Who holds the project's lease now; nil: nobody.
    package var lockedBy: String?
    package var lockedUntil: String?
    /// Nil: it is in no safe steps.
    package var steps: Steps?

    package init() {}
  }

  /// How far a change of a large table is.
  package struct Steps: Sendable, Equatable {
    package let step: Int64
    package let steps: Int64
    /// Nil: unknown.
    package let table: String?
    /// That the step has changed, and that the table has, as far as that is known.
    package let rows: Int64
    package let tableRows: Int64?

    package init(step: Int64, steps: Int64, table: String?, rows: Int64, tableRows: Int64?) {
      self.step = step
      self.steps = steps
      self.table = table
      self.rows = rows
      self.tableRows = tableRows
    }
  }

  package init(id: String, organization: String, kind: String, state: JobState) {
    self.id = id
    self.organization = organization
    self.kind = kind
    self.state = state
  }

  init(_ row: PGRow) throws {
    guard let state = JobState(rawValue: try row.string("state")) else {
      throw PGError(.conversion, "column state is not one of a job's states")
    }
    self.init(
      id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
      state: state)
    result = try row.text("result")
    attempt = try row.integer("attempt")
    runAt = try row.string("run_at")
    errorCode = try row.text("error_code")
    errorMessage = try row.text("error_message")
    leaseOwner = try row.text("lease_owner")
    leaseExpiresAt = try row.text("lease_expires_at")
    finishedAt = try row.text("finished_at")
    isEarly = try row.bool("is_early") ?? false
    organizationStatus = try row.string("organization_status")
    isSilent = try row.bool("is_silent") ?? false
    age = try row.integer("age")
    silentFor = try row.int("silent_for")
    ahead = try row.integer("ahead")
    running = try row.integer("running")
    pagesWaiting = try row.integer("pages_waiting")
    pagesApplied = try row.integer("pages_applied")
    retriedAs = try row.text("retried_as")
    if let actor = try row.text("paused_by") {
      pause = Pause(
        kind: try row.text("paused_kind"), organization: try row.text("paused_organization"), actor: actor,
        reason: try row.text("paused_reason"), since: try row.string("paused_at"))
    }
    if let source = try row.text("upstream") {
      upstream = Upstream(
        source: source, place: try row.text("upstream_place") ?? "", since: try row.text("upstream_since") ?? "",
        next: try row.text("upstream_next") ?? "", code: try row.text("upstream_code") ?? "",
        message: try row.text("upstream_message") ?? "")
    }
    waitsForJob = try row.text("waits_for_job")
    schemaWanted = try row.int("schema_wanted")
    schemaApplied = try row.int("schema_applied")
    if kind == "schema_change" { change = try Change(row) }
  }
}

extension JobCircumstances.Change {
  fileprivate init(_ row: PGRow) throws {
    project = try row.text("project_id")
    isApplying = try row.text("change_status") == "applying"
    fromVersion = try row.int("from_version")
    toVersion = try row.int("to_version")
    projectVersion = try row.int("project_version")
    lockedBy = try row.text("project_locked_by")
    lockedUntil = try row.text("project_locked_until")
    steps = try row.bytes("safe_steps").flatMap { JobCircumstances.Steps(try JSONValue(parsing: $0)) }
  }
}

extension JobCircumstances.Steps {
  /// Nil: the progress is of something else.
  fileprivate init?(_ progress: JSONValue) {
    guard let step = progress["step"]?.integer, let steps = progress["steps"]?.integer else { return nil }
    self.init(
      step: step, steps: steps, table: progress["table"]?.string, rows: progress["rows"]?.integer ?? 0,
      tableRows: progress["table_rows"]?.integer)
  }
}
