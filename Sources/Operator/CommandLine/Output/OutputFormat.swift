/// How a command writes its data.
package enum OutputFormat: String, Sendable, CaseIterable {
  /// Aligned columns, for people.
  case table
  /// One array (of one thing: one object), for programs.
  case json
  /// One object a line, for pipes and streams.
  case ndjson
  /// RFC 4180 with a header line, for spreadsheets.
  case csv
}
