import Runtime

/// Aligned columns for people, two blanks between them.
///
/// The first rows are held back to find the widths; with more than `sampleSize` the rest follow with the widths found,
/// so any number of rows can pass through. On a terminal text columns give way, each by its ``Column/Fit``; elsewhere
/// nothing does.
struct TableFormatter: RowFormatter {
  let columns: [Column]
  /// The terminal's columns; nil: nothing is cut.
  let width: Int?

  private static let sampleSize = 1000
  /// Text columns are not cut below this.
  private static let narrowest = 8
  /// Names that commands take are whole up to this: half of one finds nothing. A UUID has 36.
  private static let longestName = 40

  private var sample: [[String]] = []
  private var widths: [Int]?

  init(_ columns: [Column], width: Int?) {
    self.columns = columns
    self.width = width
  }

  func begin() -> String { "" }

  mutating func row(_ cells: [Cell]) -> String {
    let texts = cells.map(\.shown)
    if let widths { return line(texts, widths) }
    sample.append(texts)
    return sample.count < TableFormatter.sampleSize ? "" : flush()
  }

  mutating func end() -> String { widths == nil ? flush() : "" }

  /// Fixes the widths, then header and rows held back.
  private mutating func flush() -> String {
    let header = columns.map { printable($0.name) }
    let widths = fitted(header)
    self.widths = widths
    defer { sample = [] }
    let shown = columns.map { isBelow($0) ? "" : printable($0.name) }
    return line(shown, widths) + sample.map { line($0, widths) }.joined()
  }

  /// On a terminal, beside the other columns there is no room for it.
  private func isBelow(_ column: Column) -> Bool { width != nil && column.fit == .below }

  private func fitted(_ header: [String]) -> [Int] {
    var widths = header.indices.map { column in
      isBelow(columns[column]) ? 0 : ([header] + sample).map { displayWidth($0[column]) }.max() ?? 0
    }
    guard let width else { return widths }
    let floors = columns.indices.map { column in
      columns[column].isName ? min(widths[column], TableFormatter.longestName) : TableFormatter.narrowest
    }
    let yielding = columns.indices.filter { columns[$0].mayGiveWay && !isBelow(columns[$0]) }
    var excess = widths.reduce(0, +) + 2 * max(0, columns.count { !isBelow($0) } - 1) - width
    while excess > 0 {
      // The widest gives way, one column at a time, so that short ones stay whole.
      let wide = yielding.filter { widths[$0] > floors[$0] }
      guard let widest = wide.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  /// A row: one line, more where a column wraps, and one for each column that stands below.
  private func line(_ texts: [String], _ widths: [Int]) -> String {
    let inline = columns.indices.filter { !isBelow(columns[$0]) }
    let cells = inline.map { index -> [String] in
      guard width != nil, columns[index].mayGiveWay else { return [texts[index]] }
      return columns[index].fit == .wrap
        ? wrapped(texts[index], to: widths[index]) : [cut(texts[index], to: widths[index])]
    }
    var lines = (0..<(cells.map(\.count).max() ?? 0)).map { row in
      trimmed(
        zip(inline, cells).map { index, cell in
          pad(row < cell.count ? cell[row] : "", to: widths[index], right: columns[index].isRightAligned)
        }.joined(separator: "  "))
    }
    for index in columns.indices where isBelow(columns[index]) && !texts[index].isEmpty {
      lines.append("  -> \(texts[index])")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func trimmed(_ line: String) -> String {
    String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
  }
}
