import Postgres
import SyncStore

/// A row of the sync log with the first of its issues, read in one snapshot.
struct RunReport: Sendable {
  let log: [Cell]
  let issues: Table
  /// There are more issues than were asked for.
  let hasMore: Bool

  init(_ session: PGSession, _ row: PGRow, limit: Int64, format: OutputFormat) throws {
    log = try Cell.cells(row, LogColumns.all)
    var table = try Table(
      try LogReports.issues(session, of: row, limit: limit + 1), LogColumns.issues(for: format))
    hasMore = table.rows.count > limit
    if hasMore { table.rows.removeLast() }
    issues = table
  }

  /// For people, below what was shown before: the issues as a table, or nothing when there are none.
  func writeIssues(to output: Output) throws {
    if !issues.rows.isEmpty {
      try output.text("\n")
      try output.write(issues)
    }
    if hasMore { output.message("there are more issues; see them with --issues N") }
  }
}
