import Postgres
import SyncStore

/// `syncline jobs show ID`: one job with its history, its run and the first of its issues.
enum JobsShowCommand {
  static let command = Command(
    path: ["jobs", "show"], summary: "Show one job, what happened to it, its log row and its issues",
    arguments: [Argument("ID", "the job")], options: [.issues],
    examples: [Example("syncline jobs show 3f0c4c1e-0000-4000-8000-000000000000 -o json", "for a script")],
    needs: [.database]
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    let group = try invocation.settings().group
    let (report, request) = try await Database.read(invocation) {
      session -> (JobReport?, (JobRequest, RequestVerdict)?) in
      guard try JobReports.job(session, id) != nil else {
        return (nil, try JobSubject.request(session, id, group: group))
      }
      return (
        try JobReport(session, id, issues: invocation.integer("issues") ?? 20, format: invocation.output.format), nil
      )
    }
    try report?.write(to: invocation.output)
    if let (request, verdict) = request {
      try invocation.output.show(JobSubject.columns, JobSubject.cells(request))
      invocation.output.message(verdict.why)
    }
    return .ok
  }
}

/// A job with its history and its run, read in one snapshot.
struct JobReport: Sendable {
  let job: [Cell]
  let history: Table
  /// Nil: it has not begun.
  let run: RunReport?

  /// Throws when there is no such job.
  init(_ session: PGSession, _ id: String, issues: Int64, format: OutputFormat) throws {
    let row = try Subjects.job(session, id)
    job = try Cell.cells(row, JobColumns.all)
    history = try Table(
      try JobReports.history(session, organization: try row.string("organization_id"), id),
      JobColumns.history(for: format))
    run = try LogReports.log(session, job: id).map {
      try RunReport(session, $0, limit: issues, format: format)
    }
  }

  /// The job; for programs one object with `history`, `log` (null before it has begun) and `issues`, for people one
  /// below the other.
  /// `adding`: one more table of what the job brought about, by its JSON name; left out when it is empty for people.
  func write(to output: Output, adding extra: (name: String, table: Table)? = nil) throws {
    guard output.format == .table else {
      let log: Cell = run.map { .json(jsonObject(LogColumns.all, $0.log)) } ?? .null
      let issues: Cell = run.map(\.issues.json) ?? .json("[]")
      return try output.show(
        JobColumns.all + [Column("history", .json), Column("log", .json), Column("issues", .json)]
          + (extra.map { [Column($0.name, .json)] } ?? []),
        job + [history.json, log, issues] + (extra.map { [$0.table.json] } ?? []))
    }
    try output.show(JobColumns.all, job)
    if !history.rows.isEmpty {
      try output.text("\n")
      try output.write(history)
    }
    guard let run else { return }
    try output.text("\n")
    try output.show(LogColumns.all, run.log)
    try run.writeIssues(to: output)
    guard let extra, !extra.table.rows.isEmpty else { return }
    try output.text("\n")
    try output.write(extra.table)
  }
}
