import Runtime

/// Turns rows into the text of one format, piece by piece: begin, rows, end. Pure.
protocol RowFormatter: Sendable {
  mutating func begin() -> String
  mutating func row(_ cells: [Cell]) -> String
  mutating func end() -> String
}

/// One JSON array with one object a line.
struct JSONFormatter: RowFormatter {
  let columns: [Column]
  private var isFirst = true

  init(_ columns: [Column]) { self.columns = columns }

  mutating func begin() -> String { "[" }

  mutating func row(_ cells: [Cell]) -> String {
    defer { isFirst = false }
    return (isFirst ? "\n  " : ",\n  ") + jsonObject(columns, cells)
  }

  mutating func end() -> String { isFirst ? "]\n" : "\n]\n" }
}

/// One JSON object a line.
struct NDJSONFormatter: RowFormatter {
  let columns: [Column]

  init(_ columns: [Column]) { self.columns = columns }

  func begin() -> String { "" }
  func row(_ cells: [Cell]) -> String { jsonObject(columns, cells) + "\n" }
  func end() -> String { "" }
}

/// RFC 4180: CRLF behind each line, quotes where needed. Null is empty, the empty text is `""`.
///
/// A value that starts with `=`, `+`, `-` or `@` stays as it is: changing it would falsify the data. Whoever opens the
/// file in a spreadsheet should import such columns as text.
struct CSVFormatter: RowFormatter {
  let columns: [Column]
  /// On a terminal control characters are shown instead of sent.
  let isTerminal: Bool

  init(_ columns: [Column], isTerminal: Bool = false) {
    self.columns = columns
    self.isTerminal = isTerminal
  }

  func begin() -> String { columns.map { quoted($0.name) }.joined(separator: ",") + "\r\n" }
  func row(_ cells: [Cell]) -> String {
    cells.map { cell in cell.raw.map { quoted(isTerminal ? cell.shown : $0) } ?? "" }.joined(separator: ",") + "\r\n"
  }
  func end() -> String { "" }

  private func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 != 0x22 && $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }
    let hasEdgeBlank = text.utf8.first == 0x20 || text.utf8.last == 0x20
    if isPlain && !text.isEmpty && !hasEdgeBlank { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

/// `{"a": 1, "b": "x"}`
func jsonObject(_ columns: [Column], _ cells: [Cell]) -> String {
  "{" + zip(columns, cells).map { "\(printableJSONString($0.name)): \($1.json)" }.joined(separator: ", ") + "}"
}
