import FoundationEssentials

/// The process's metrics in Prometheus text format.
///
/// Names carry the `syncline_` prefix and base units; every metric is declared once with its help text, and label values come from small fixed
/// sets. Methods are safe from any thread and never block for longer than one dictionary access.
package final class Metrics: Sendable {
  package enum Kind: String, Sendable { case counter, gauge, histogram }

  /// One declared metric. `buckets` (upper bounds in the metric's unit) belong to histograms only.
  package struct Definition: Sendable {
    package let name: String
    package let kind: Kind
    package let help: String
    package let buckets: [Double]

    package init(_ name: String, _ kind: Kind, _ help: String, buckets: [Double] = Definition.seconds) {
      self.name = name
      self.kind = kind
      self.help = help
      self.buckets = kind == .histogram ? buckets : []
    }

    /// 1 ms to 60 s.
    package static let seconds: [Double] = [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
  }

  private struct Histogram {
    var counts: [UInt64]
    var sum = 0.0
    var count: UInt64 = 0
  }

  private struct State {
    var values: [String: [String: Double]] = [:]
    var histograms: [String: [String: Histogram]] = [:]
  }

  private let definitions: [String: Definition]
  private let order: [String]
  private let state: Locked<State>

  package init(_ definitions: [Definition]) {
    self.definitions = Dictionary(definitions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    order = definitions.map(\.name)
    state = Locked(State())
  }

  /// Adds to a counter or gauge. An undeclared name is ignored in release builds and stops debug builds.
  package func add(_ name: String, _ amount: Double = 1, _ labels: [(String, String)] = []) {
    assert(definitions[name] != nil, "undeclared metric \(name)")
    let key = Metrics.labelText(labels)
    state.with { $0.values[name, default: [:]][key, default: 0] += amount }
  }

  /// Sets a gauge.
  package func set(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    assert(definitions[name] != nil, "undeclared metric \(name)")
    let key = Metrics.labelText(labels)
    state.with { $0.values[name, default: [:]][key] = value }
  }

  /// Replaces every series of a gauge at once, so that a label value that is gone does not linger.
  package func replace(_ name: String, _ series: [([(String, String)], Double)]) {
    assert(definitions[name] != nil, "undeclared metric \(name)")
    let values = Dictionary(series.map { (Metrics.labelText($0.0), $0.1) }, uniquingKeysWith: { _, last in last })
    state.with { $0.values[name] = values }
  }

  /// Records one observation in a histogram, in the metric's base unit.
  package func observe(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    guard let definition = definitions[name] else { return assertionFailure("undeclared metric \(name)") }
    let key = Metrics.labelText(labels)
    let bucket = definition.buckets.firstIndex { value <= $0 } ?? definition.buckets.count
    state.with {
      var histogram =
        $0.histograms[name]?[key] ?? Histogram(counts: Array(repeating: 0, count: definition.buckets.count + 1))
      histogram.counts[bucket] += 1
      histogram.sum += value
      histogram.count += 1
      $0.histograms[name, default: [:]][key] = histogram
    }
  }

  /// The current value of one series; nil when nothing was recorded. For tests and `doctor`.
  package func value(_ name: String, _ labels: [(String, String)] = []) -> Double? {
    let key = Metrics.labelText(labels)
    return state.with { $0.values[name]?[key] ?? $0.histograms[name]?[key].map { Double($0.count) } }
  }

  /// The exposition, format version 0.0.4.
  package func render() -> String {
    let snapshot = state.with { $0 }
    var out = ""
    for name in order {
      guard let definition = definitions[name] else { continue }
      out += "# HELP \(name) \(definition.help)\n# TYPE \(name) \(definition.kind.rawValue)\n"
      for (labels, value) in (snapshot.values[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
        out += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Metrics.number(value))\n"
      }
      for (labels, histogram) in (snapshot.histograms[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
        var running: UInt64 = 0
        let head = labels.isEmpty ? "" : labels + ","
        for (index, count) in histogram.counts.enumerated() {
          running += count
          let bound = index < definition.buckets.count ? Metrics.number(definition.buckets[index]) : "+Inf"
          out += "\(name)_bucket{\(head)le=\"\(bound)\"} \(running)\n"
        }
        let tail = labels.isEmpty ? "" : "{\(labels)}"
        out += "\(name)_sum\(tail) \(Metrics.number(histogram.sum))\n\(name)_count\(tail) \(histogram.count)\n"
      }
    }
    return out
  }

  private static func labelText(_ labels: [(String, String)]) -> String {
    labels.map { name, value in
      let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      return "\(name)=\"\(escaped)\""
    }.joined(separator: ",")
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
