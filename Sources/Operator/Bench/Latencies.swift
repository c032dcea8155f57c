/// Times in order, for percentiles.
struct Latencies: Sendable {
  private let sorted: [Double]

  init(_ times: [Double]) { sorted = times.sorted() }

  var count: Int { sorted.count }

  var mean: Double? { sorted.isEmpty ? nil : sorted.reduce(0, +) / Double(sorted.count) }

  /// The smallest time that so many percent of all do not exceed; nil of nothing.
  subscript(percent: Int) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let rank = (sorted.count * percent + 99) / 100
    return sorted[min(sorted.count, max(1, rank)) - 1]
  }
}
