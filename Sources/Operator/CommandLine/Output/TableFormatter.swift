import Runtime

/// Aligned columns for people, two blanks between them.
///
/// The first rows are held back to find the widths; with more than `sampleSize` the rest follow with the widths found,
/// so any number of rows can pass through. On a terminal text columns are cut to fit, elsewhere nothing is.
struct TableFormatter: RowFormatter {
  let columns: [Column]
  /// The terminal's columns; nil: nothing is cut.
  let width: Int?

  private static let sampleSize = 1000
  /// Text columns are not cut below this.
  private static let narrowest = 8

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
    return line(header, widths) + sample.map { line($0, widths) }.joined()
  }

  private func fitted(_ header: [String]) -> [Int] {
    var widths = header.indices.map { column in
      ([header] + sample).map { displayWidth($0[column]) }.max() ?? 0
    }
    guard let width else { return widths }
    let cuttable = columns.indices.filter { columns[$0].mayBeCut }
    var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - width
    while excess > 0 {
      // The widest gives way, one column at a time, so that short ones stay whole.
      guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }), widths[widest] > TableFormatter.narrowest else {
        break
      }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func line(_ texts: [String], _ widths: [Int]) -> String {
    let parts = texts.indices.map { index in
      let column = columns[index]
      let text = width != nil && column.mayBeCut ? cut(texts[index], to: widths[index]) : texts[index]
      return pad(text, to: widths[index], right: column.isRightAligned)
    }
    let joined = parts.joined(separator: "  ")
    return String(joined[..<(joined.lastIndex { $0 != " " }.map(joined.index(after:)) ?? joined.startIndex)]) + "\n"
  }
}
