import Runtime

/// Where a command's data and messages go, and in which form: data on standard output, all else on standard error.
package struct Output: Sendable {
  /// The form of data.
  package let format: OutputFormat
  /// True when `-o json` or `-o ndjson` was asked for: errors are objects too then.
  package let hasJSONErrors: Bool
  package let terminal: Terminal
  package let errorTerminal: Terminal
  private let data: TextSink
  private let messages: TextSink

  /// - Parameter format: nil for the default: table on a terminal, else json.
  package init(
    format: OutputFormat? = nil, data: TextSink, messages: TextSink, terminal: Terminal = .none,
    errorTerminal: Terminal = .none
  ) {
    self.format = format ?? (terminal.isTerminal ? .table : .json)
    hasJSONErrors = format == .json || format == .ndjson
    self.data = data
    self.messages = messages
    self.terminal = terminal
    self.errorTerminal = errorTerminal
  }

  /// The same places, data in another form.
  package func with(format: OutputFormat) -> Output {
    Output(format: format, data: data, messages: messages, terminal: terminal, errorTerminal: errorTerminal)
  }

  /// Many things: a table, an array, lines.
  package func write(_ table: Table) throws {
    var rows = rows(table.columns)
    for row in table.rows { try rows.append(row) }
    try rows.finish()
  }

  /// One thing: `name  value` lines in a table, else one object or one CSV row.
  package func show(_ columns: [Column], _ cells: [Cell]) throws {
    switch format {
    case .table:
      let width = columns.map { displayWidth($0.name) }.max() ?? 0
      try data.write(zip(columns, cells).map { "\(pad($0.name, to: width))  \($1.shown)\n" }.joined())
    case .json:
      let members = zip(columns, cells).map { "  \(printableJSONString($0.name)): \($1.json)" }
      try data.write("{\n" + members.joined(separator: ",\n") + "\n}\n")
    case .ndjson, .csv: try write(Table(columns, rows: [cells]))
    }
  }

  /// One thing with many others: below it for people, as a member for programs.
  package func show(_ columns: [Column], _ cells: [Cell], with part: (name: String, table: Table)) throws {
    guard format == .table else {
      return try show(columns + [Column(part.name, .json)], cells + [part.table.json])
    }
    try show(columns, cells)
    guard !part.table.rows.isEmpty else { return }
    try text("\n")
    try write(part.table)
  }

  /// Rows one after the other, for what is long or has no end.
  package func rows(_ columns: [Column]) -> RowWriter {
    let formatter: any RowFormatter =
      switch format {
      case .table: TableFormatter(columns, width: terminal.isTerminal ? terminal.width : nil)
      case .json: JSONFormatter(columns)
      case .ndjson: NDJSONFormatter(columns)
      case .csv: CSVFormatter(columns, isTerminal: terminal.isTerminal)
      }
    return RowWriter(formatter, data)
  }

  /// Text as it is, in any format: help, scripts.
  package func text(_ text: String) throws { try data.write(text) }

  /// A line for the person in front of it. Never fails: a closed standard error must not stop the work.
  package func message(_ text: String) { try? messages.write(printable(text) + "\n") }

  /// The same while a progress display may stand on the terminal, which is drawn again below.
  package func interject(_ text: String) {
    try? messages.write((errorTerminal.isTerminal ? "\r\u{1B}[K" : "") + printable(text) + "\n")
  }

  /// What went wrong: a line each, or one object. Several are the faults of a configuration.
  package func errors(_ errors: [CommandError]) {
    guard hasJSONErrors else {
      for error in errors { try? messages.write(error.description + "\n") }
      return
    }
    try? messages.write(CommandError.json(of: errors) + "\n")
  }

  /// A progress display on standard error.
  package func progress(_ label: String, unit: String = "") -> Progress {
    Progress(label, unit: unit, terminal: errorTerminal, sink: messages)
  }
}

/// Writes rows as they come. `finish()` must be called for the end of the text.
package struct RowWriter: Sendable {
  private var formatter: any RowFormatter
  private let sink: TextSink
  private var hasBegun = false
  /// Text that waits for its piece to be full.
  private var pending = ""
  private static let pieceSize = 32_768

  init(_ formatter: any RowFormatter, _ sink: TextSink) {
    self.formatter = formatter
    self.sink = sink
  }

  package mutating func append(_ cells: [Cell]) throws {
    if !hasBegun { pending += formatter.begin() }
    hasBegun = true
    pending += formatter.row(cells)
    if pending.utf8.count >= RowWriter.pieceSize { try flush() }
  }

  /// Sends on what is ready; for rows that come slowly.
  package mutating func flush() throws {
    guard !pending.isEmpty else { return }
    try sink.write(pending)
    pending = ""
  }

  package mutating func finish() throws {
    if !hasBegun { pending += formatter.begin() }
    pending += formatter.end()
    try flush()
  }
}
