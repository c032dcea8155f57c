/// One line of a benchmark: what we reach, the limit or rival measured beside it, and what the ratio should be.
package struct BenchResult: Sendable, Equatable {
  /// What makes the result good enough.
  package enum Target: Sendable, Equatable {
    case ratioAtLeast(Double)
    case ratioAtMost(Double)
    /// The value itself, for what has no rival.
    case valueBelow(Double)
    case valueAtLeast(Double)
  }

  package let name: String
  /// Of `ours` and `limit`.
  package let unit: String
  package let ours: Double?
  /// nil: nothing to compare with.
  package let limit: Double?
  /// nil: only printed.
  package let target: Target?
  /// What the limit is, or what else the reader should know.
  package let note: String

  package init(
    _ name: String, _ unit: String, _ ours: Double?, limit: Double? = nil, target: Target? = nil, note: String = ""
  ) {
    self.name = name
    self.unit = unit
    self.ours = ours
    self.limit = limit
    self.target = target
    self.note = note
  }

  /// The same under another name.
  func named(_ name: String) -> BenchResult {
    BenchResult(name, unit, ours, limit: limit, target: target, note: note)
  }

  /// `ours` through `limit`; nil when one of them is missing or the limit is nothing.
  package var ratio: Double? {
    guard let ours, let limit, limit > 0 else { return nil }
    return ours / limit
  }

  /// nil: there is no target, or nothing was measured.
  package var isReached: Bool? {
    switch target {
    case .ratioAtLeast(let bound)?: ratio.map { $0 >= bound }
    case .ratioAtMost(let bound)?: ratio.map { $0 <= bound }
    case .valueBelow(let bound)?: ours.map { $0 < bound }
    case .valueAtLeast(let bound)?: ours.map { $0 >= bound }
    case nil: nil
    }
  }

  package static let columns = [
    Column("name"), Column("unit"), Column("ours", .decimal), Column("limit", .decimal), Column("ratio", .decimal),
    Column("target"), Column("reached", .boolean), Column("note"),
  ]

  package var cells: [Cell] {
    [
      .text(name), .text(unit), BenchResult.number(ours), BenchResult.number(limit), BenchResult.number(ratio),
      .text(targetText), isReached.map { .boolean($0) } ?? .null, .text(note.isEmpty ? nil : note),
    ]
  }

  private var targetText: String? {
    switch target {
    case .ratioAtLeast(let bound)?: "ratio >= \(BenchResult.text(bound))"
    case .ratioAtMost(let bound)?: "ratio <= \(BenchResult.text(bound))"
    case .valueBelow(let bound)?: "< \(BenchResult.text(bound))"
    case .valueAtLeast(let bound)?: ">= \(BenchResult.text(bound))"
    case nil: nil
    }
  }

  private static func number(_ value: Double?) -> Cell {
    guard let value, value.isFinite else { return .null }
    return .decimal(text(value))
  }

  /// Three significant digits below 100, whole numbers above: what is behind them is noise.
  static func text(_ value: Double) -> String {
    var digits = 0
    var bound = 100.0
    while digits < 4, value.magnitude < bound, value.magnitude > 0 {
      digits += 1
      bound /= 10
    }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? String(Int64(rounded)) : String(rounded)
  }
}

/// The value in the middle; of an even number the mean of the two. nil of nothing.
package func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
