import Runtime

/// Aligned columns for people, two blanks between them.
///
/// The first rows are held back to find the widths; with more than `sampleSize` the rest follow with the widths found,
/// so any number of rows can pass through. What does not fit on a terminal gives way in this order: moments lose their
/// seconds, texts are cut or wrapped, columns are left out, each by its ``Column/Fit``. Elsewhere nothing does.
struct TableFormatter: RowFormatter {
  let columns: [Column]
  /// The terminal's columns; nil: nothing is cut.
  let width: Int?

  /// How the columns stand, once it is known.
  private struct Layout {
    /// Of each column; those left out have one too.
    var widths: [Int]
    /// The columns of a line, in order.
    var inline: [Int]
    var isShort: Bool
  }

  private static let sampleSize = 1000
  /// Text columns are not cut below this.
  private static let narrowest = 8
  /// Names that commands take are whole up to this: half of one finds nothing. A UUID has 36.
  private static let longestName = 40

  private var sample: [[String]] = []
  private var layout: Layout?

  init(_ columns: [Column], width: Int?) {
    self.columns = columns
    self.width = width
  }

  func begin() -> String { "" }

  mutating func row(_ cells: [Cell]) -> String {
    let texts = cells.map(\.shown)
    if let layout { return line(texts, layout) }
    sample.append(texts)
    return sample.count < TableFormatter.sampleSize ? "" : flush()
  }

  mutating func end() -> String { layout == nil ? flush() : "" }

  /// Fixes the layout, then header and rows held back.
  private mutating func flush() -> String {
    let layout = fitted()
    self.layout = layout
    defer { sample = [] }
    let shown = columns.map { $0.fit == .below ? "" : printable($0.name) }
    return line(shown, layout) + sample.map { line($0, layout) }.joined()
  }

  // MARK: The layout

  private func fitted() -> Layout {
    let all = columns.indices.filter { columns[$0].fit != .below }
    let natural = Layout(widths: widths(isShort: false), inline: all, isShort: false)
    guard let width, total(natural.widths, all) > width else { return natural }
    var layout = Layout(widths: widths(isShort: true), inline: all, isShort: true)
    let floors = columns.indices.map { floor($0, layout.widths[$0]) }
    while total(floors, layout.inline) > width, let least = leastOf(layout.inline) {
      layout.inline.removeAll { $0 == least }
    }
    var excess = total(layout.widths, layout.inline) - width
    while excess > 0 {
      // The widest gives way, one column at a time, so that short ones stay whole.
      let wide = layout.inline.filter { layout.widths[$0] > floors[$0] }
      guard let widest = wide.max(by: { layout.widths[$0] < layout.widths[$1] }) else { break }
      layout.widths[widest] -= 1
      excess -= 1
    }
    return layout
  }

  private func widths(isShort: Bool) -> [Int] {
    let rows = [columns.map { printable($0.name) }] + sample
    return columns.indices.map { column in
      rows.map { displayWidth(isShort ? shortened($0[column], column) : $0[column]) }.max() ?? 0
    }
  }

  /// Below this a column is not cut: of one with names its heading may be, as far as they are narrower.
  private func floor(_ column: Int, _ width: Int) -> Int {
    guard columns[column].mayGiveWay else { return width }
    guard columns[column].isName else { return min(width, TableFormatter.narrowest) }
    let values = sample.map { displayWidth($0[column]) }.max() ?? 0
    return min(width, max(values, TableFormatter.narrowest), TableFormatter.longestName)
  }

  /// The column that is left out first; nil: none may be.
  private func leastOf(_ inline: [Int]) -> Int? {
    inline.compactMap { index -> (index: Int, rank: Int)? in
      guard case .drop(let rank) = columns[index].fit else { return nil }
      return (index, rank)
    }.min { $0.rank < $1.rank }?.index
  }

  private func total(_ widths: [Int], _ inline: [Int]) -> Int {
    inline.map { widths[$0] }.reduce(0, +) + 2 * max(0, inline.count - 1)
  }

  /// `2026-01-31 09:30` of a moment in RFC 3339; anything else as it is.
  private func shortened(_ text: String, _ column: Int) -> String {
    guard columns[column].kind == .time, text.utf8.count == 24, text.hasSuffix("Z") else { return text }
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
  }

  // MARK: Lines

  /// A row: one line, more where a column wraps, and one for each column that stands below.
  private func line(_ texts: [String], _ layout: Layout) -> String {
    let cells = layout.inline.map { index -> [String] in
      let text = layout.isShort ? shortened(texts[index], index) : texts[index]
      guard width != nil, columns[index].mayGiveWay else { return [text] }
      return columns[index].fit == .wrap
        ? wrapped(text, to: layout.widths[index]) : [cut(text, to: layout.widths[index])]
    }
    var lines = (0..<(cells.map(\.count).max() ?? 0)).map { row in
      trimmed(
        zip(layout.inline, cells).map { index, cell in
          pad(row < cell.count ? cell[row] : "", to: layout.widths[index], right: columns[index].isRightAligned)
        }.joined(separator: "  "))
    }
    for index in columns.indices where columns[index].fit == .below && !texts[index].isEmpty {
      lines.append("  -> \(texts[index])")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func trimmed(_ line: String) -> String {
    String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
  }
}
