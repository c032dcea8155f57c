import FoundationEssentials
import Runtime

/// Rows under named columns: what a command has to show, before anybody decides how.
package struct Table: Sendable, Equatable {
  package let columns: [Column]
  /// Each as long as `columns`.
  package var rows: [[Cell]]

  package init(_ columns: [Column], rows: [[Cell]] = []) {
    self.columns = columns
    self.rows = rows
  }
}

/// A column: its name is the JSON key, the CSV header and the SQL column's name.
package struct Column: Sendable, Equatable {
  package enum Kind: Sendable { case text, integer, decimal, boolean, time, json }

  /// What becomes of a text that does not fit on a terminal.
  package enum Fit: Sendable, Equatable {
    case cut
    /// Goes on in the next line, below where it began.
    case wrap
    /// Has a line of its own below its row, behind the arrow, whole: for commands that are pasted. Everywhere, because
    /// beside it the column before would be filled up with blanks.
    case below
    /// The whole column is left out, the lowest number first; other columns tell more.
    case drop(Int)
  }

  package let name: String
  package let kind: Kind
  package let fit: Fit

  /// Columns that a narrow terminal goes without, in whatever table they stand, the first of them first: what others
  /// tell as well, what `show` tells too, then what fewer people come for. The rest stays, however narrow it is.
  private static let spare = [
    "attempt", "attempts", "replays", "time_zone", "duration_ms", "swept", "result", "base_version", "current_version",
    "oldest_seconds", "first_at", "last_finished_at", "finished_at", "paused_at", "locked_at", "lock_expires_at",
    "last_applied_version", "locked_by", "from_version", "created_by", "last_due_at", "resolution", "last_job_id",
    "job_id", "stale", "conflicted", "discontinued", "unchanged", "updated", "inserted", "remote_fields", "retrying",
    "running", "awaiting_approval", "paused_by", "actualized_count", "record_count", "enabled", "updated_at",
    "applied_at", "started_at", "created_at", "last_at", "rejected", "received", "conflict_fields", "user_id",
    "to_version", "changes", "last_detail", "cron",
  ]
  private static let ranks = Dictionary(uniqueKeysWithValues: zip(spare, 0...))

  /// Without `fit` the column's name decides.
  package init(_ name: String, _ kind: Kind = .text, fit: Fit? = nil) {
    self.name = name
    self.kind = kind
    self.fit = fit ?? Column.ranks[name].map { .drop($0) } ?? .cut
  }

  /// Numbers stand at the right, below each other.
  var isRightAligned: Bool { kind == .integer || kind == .decimal }
  /// Only free text may give way on a terminal; half a number would be another number.
  var mayGiveWay: Bool { (kind == .text || kind == .json) && !isWord }
  /// One of a few words that say what a row is, or when something happens: a part of one says nothing.
  var isWord: Bool { kind == .text && Column.words.contains { name == $0 || name.hasSuffix("_" + $0) } }
  private static let words = ["kind", "state", "status", "code", "type", "mode", "result", "event", "level", "cron"]
  /// What a command takes to find one: jobs, records, conflicts, edits.
  var isName: Bool { kind == .text && (name == "id" || name == "job" || name.hasSuffix("_id")) }
}

/// One value.
package enum Cell: Sendable, Equatable {
  case null
  case text(String)
  case integer(Int64)
  /// A number by its exact text, for example `81800.26`: money never goes through a Double.
  case decimal(String)
  /// A measured number; not finite counts as null in JSON and CSV.
  case real(Double)
  case boolean(Bool)
  case time(Date)
  /// JSON by its text; anything that is not JSON is shown as a string.
  case json(String)

  package static func text(_ value: String?) -> Cell { value.map { .text($0) } ?? .null }
  package static func integer(_ value: Int64?) -> Cell { value.map { .integer($0) } ?? .null }
  package static func integer(_ value: Int) -> Cell { .integer(Int64(value)) }
  package static func decimal(_ value: String?) -> Cell { value.map { .decimal($0) } ?? .null }
  /// A JSON array of texts.
  package static func list(_ values: [String]) -> Cell {
    .json("[\(values.map(printableJSONString).joined(separator: ", "))]")
  }
  package static func time(_ value: Date?) -> Cell { value.map { .time($0) } ?? .null }
}
