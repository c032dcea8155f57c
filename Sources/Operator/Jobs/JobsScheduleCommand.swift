import FoundationEssentials
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// `syncline jobs schedule`: what is fired when, and what came of it.
enum JobsScheduleCommand {
  static let command = Command(
    path: ["jobs", "schedule"], summary: "List scheduled jobs with their next and last firings",
    discussion: """
      Each job of the jobs directory for each organization it is for. With JOB the newest firings of that job: \
      requested and running ones, what they came to, and why some were left out.
      """,
    arguments: [Argument("JOB", "a job of the jobs directory", .optional)], options: [.organization, .limit(50)],
    examples: [
      Example("syncline jobs schedule", "what comes next"),
      Example("syncline jobs schedule read-changes --organization RIO", "what came of it"),
    ], needs: [.database]
  ) { invocation in
    let jobs = try invocation.settings().jobCatalog(invocation.environment).jobs
    let organization = invocation.option("organization")
    if let name = invocation.optionalArgument("JOB") {
      let limit = invocation.integer("limit") ?? 50
      let table = try await Database.read(invocation) { session in
        if let organization { try Subjects.requireOrganization(session, organization) }
        let firings = try ScheduleStore.firings(session, job: name, organization: organization, limit: limit)
        if firings.rowCount == 0, !jobs.contains(where: { $0.name == name }) { throw noJob(name, jobs) }
        return try Table(firings, firingColumns)
      }
      try invocation.output.write(table)
      return .ok
    }
    let now = epochSeconds()
    let (table, leader) = try await Database.read(invocation) { session in
      if let organization { try Subjects.requireOrganization(session, organization) }
      let rows = try schedule(session, jobs, organization: organization, now: now)
      return (Table(columns, rows: rows), try ScheduleStore.leader(session))
    }
    try invocation.output.write(table)
    if leader == nil { invocation.output.message("no scheduler leads: nothing is fired until one runs") }
    return .ok
  }

  static let columns = [
    Column("job"), Column("organization_id"), Column("kind"), Column("enabled", .boolean), Column("cron"),
    Column("time_zone"), Column("next_at", .time), Column("last_due_at", .time), Column("last_state"),
    Column("last_finished_at", .time), Column("last_job_id"), Column("last_detail"),
  ]

  /// No command takes a firing's own id.
  static let firingColumns = [
    Column("id", fit: .drop(0)), Column("job"), Column("organization_id"), Column("kind"), Column("due_at", .time),
    Column("state"),
    Column("attempt", .integer), Column("job_id"), Column("detail"), Column("created_at", .time),
    Column("finished_at", .time),
  ]

  private static func schedule(
    _ session: PGSession, _ jobs: [ScheduledJob], organization: String?, now: Int64
  ) throws -> [[Cell]] {
    var known: [ScheduleStore.Key: PGRow] = [:]
    for row in try ScheduleStore.report(session).rows {
      known[ScheduleStore.Key(job: try row.string("job"), organization: try row.string("organization_id"))] = row
    }
    let active = try ScheduleStore.organizations(session).filter { organization == nil || $0 == organization }
    var rows: [[Cell]] = []
    for job in jobs {
      for organization in active where job.organizations?.contains(organization) ?? true {
        let row = known[ScheduleStore.Key(job: job.name, organization: organization)]
        rows.append(
          [
            .text(job.name), .text(organization), .text(job.kind.rawValue), .boolean(job.isEnabled),
            .text(job.schedule.expression.text), .text(job.schedule.zone.name), try next(job, row, now: now),
            .moment(try row?.text("last_due_at")), .text(try row?.text("last_state")),
            .moment(try row?.text("last_finished_at")), .text(try row?.text("last_job_id")),
            .text(try row?.text("last_detail")),
          ])
      }
    }
    return rows
  }

  /// As the leader has it; where none has seen this definition yet, as it would begin now.
  private static func next(_ job: ScheduledJob, _ row: PGRow?, now: Int64) throws -> Cell {
    guard job.isEnabled else { return .null }
    if let row, try row.bool("is_active") == true, try row.string("definition") == job.schedule.fingerprint {
      return .moment(try row.text("next_at"))
    }
    return .time(job.schedule.next(after: now).map { Date(timeIntervalSince1970: Double($0)) })
  }

  private static func noJob(_ name: String, _ jobs: [ScheduledJob]) -> CommandError {
    let hint = nearest(name, in: jobs.map(\.name)).map { "did you mean \($0)?" } ?? "see 'syncline jobs schedule'"
    return CommandError(.notFound, "JOB_NOT_FOUND", "no scheduled job is named '\(name)'", hint: hint)
  }
}
