import Postgres
import SyncStore

/// A job with its history and its run, read in one snapshot.
enum JobReport: Sendable {
  /// For programs: the very object that `pfa.job-events.v1` carries.
  case document([JobReports.Member])
  /// For people: what tells, one below the other. Nil run: it has not begun.
  case tables(job: [Cell], history: Table, run: RunReport?)

  /// Throws when there is no such job.
  init(_ session: PGSession, _ id: String, issues: Int64, format: OutputFormat) throws {
    guard format == .table else {
      let members = try JobReports.document(session, id, issues: issues)
      guard !members.isEmpty else { throw Subjects.noJob(id) }
      self = .document(members)
      return
    }
    let row = try Subjects.job(session, id)
    self = .tables(
      job: try Cell.cells(row, JobColumns.all),
      history: try Table(
        try JobReports.history(session, organization: try row.string("organization_id"), id), JobColumns.history),
      run: try LogReports.log(session, job: id).map { try RunReport(session, $0, limit: issues, format: format) })
  }

  /// `adding`: one more table of what the job brought about, by its JSON name; left out when it is empty for people.
  func write(to output: Output, adding extra: (name: String, table: Table)? = nil) throws {
    switch self {
    case .document(let members):
      try output.show(
        members.map { Column($0.name) } + (extra.map { [Column($0.name, .json)] } ?? []),
        members.map(Cell.init) + (extra.map { [$0.table.json] } ?? []))
    case .tables(let job, let history, let run):
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
}

extension Cell {
  /// A member as it stands in the document.
  fileprivate init(_ member: JobReports.Member) {
    self = member.isText ? .text(member.text) : member.json == "null" ? .null : .json(member.json)
  }
}
