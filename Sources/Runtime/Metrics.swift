import FoundationEssentials

/// The process's metrics in Prometheus text format.
///
/// Names carry the `syncline_` prefix and base units; every metric is declared once with its help text, and label
/// values come from small fixed sets. Methods are safe from any thread and never block for longer than one dictionary
/// access.
package final class Metrics: Sendable {
  package enum Kind: String, Sendable { case counter, gauge, histogram }

  /// One declared metric.
  package struct Definition: Sendable {
    package let name: String
    package let kind: Kind
    package let help: String
    /// The names of its labels, in the order they are shown. nil: anything goes (for experiments; the catalog always
    /// says).
    package let labels: [String]?
    /// For each label the values it is known to take, whose series are there from the start; empty: unknown ones.
    package let known: [[String]]
    /// Upper bounds in the metric's unit, rising; empty for anything but a histogram.
    package let buckets: [Double]

    package init(
      _ name: String, _ kind: Kind, _ help: String, labels: [String]? = nil, known: [[String]] = [],
      buckets: [Double] = Definition.seconds
    ) {
      self.name = name
      self.kind = kind
      self.help = help
      self.labels = labels
      self.known = known
      self.buckets = kind == .histogram ? buckets : []
    }

    /// The label texts of the series that are there from the start.
    fileprivate var initial: [String] {
      guard let labels else { return [] }
      if labels.isEmpty { return kind == .gauge ? [] : [""] }
      guard known.count == labels.count else { return [] }
      var series: [[(String, String)]] = [[]]
      for (label, values) in zip(labels, known) {
        series = series.flatMap { start in values.map { start + [(label, $0)] } }
      }
      return series.map(Metrics.labelText)
    }

    /// 1 ms to 60 s.
    package static let seconds: [Double] = [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
  }

  private struct Histogram {
    var counts: [UInt64]
    var sum = 0.0

    init(buckets: Int) { counts = Array(repeating: 0, count: buckets + 1) }

    var count: UInt64 { counts.reduce(0, +) }
  }

  /// Series by metric name and label text.
  private struct State {
    var values: [String: [String: Double]] = [:]
    var histograms: [String: [String: Histogram]] = [:]
  }

  private let definitions: [String: Definition]
  private let order: [String]
  private let state: Locked<State>

  package init(_ definitions: [Definition]) {
    self.definitions = Dictionary(definitions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    assert(self.definitions.count == definitions.count, "a metric is declared twice")
    order = definitions.map(\.name)
    // "0" and "not there" are different news to an alert.
    var initial = State()
    for definition in definitions {
      for series in definition.initial {
        if definition.kind == .histogram {
          initial.histograms[definition.name, default: [:]][series] = Histogram(buckets: definition.buckets.count)
        } else {
          initial.values[definition.name, default: [:]][series] = 0
        }
      }
    }
    state = Locked(initial)
  }

  /// Adds to a counter or gauge; a counter only rises. An undeclared name, kind or label stops debug builds; release
  /// builds leave it out.
  package func add(_ name: String, _ amount: Double = 1, _ labels: [(String, String)] = []) {
    guard let (definition, key) = series(name, labels), definition.kind != .histogram else { return misuse(name) }
    guard definition.kind == .gauge || amount >= 0 else { return misuse(name) }
    state.with { $0.values[name, default: [:]][key, default: 0] += amount }
  }

  /// Sets a gauge.
  package func set(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    guard let (definition, key) = series(name, labels), definition.kind == .gauge else { return misuse(name) }
    state.with { $0.values[name, default: [:]][key] = value }
  }

  /// Replaces every series of a gauge at once, so that a label value that is gone does not linger; known ones that are
  /// not among them become 0.
  package func replace(_ name: String, _ replacements: [([(String, String)], Double)]) {
    guard let definition = definitions[name], definition.kind == .gauge else { return misuse(name) }
    var values = Dictionary(definition.initial.map { ($0, 0.0) }) { first, _ in first }
    for (labels, value) in replacements {
      guard let (_, key) = series(name, labels) else { return misuse(name) }
      values[key] = value
    }
    state.with { $0.values[name] = values }
  }

  /// Records one observation in a histogram, in the metric's base unit.
  package func observe(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    guard let (definition, key) = series(name, labels), definition.kind == .histogram else { return misuse(name) }
    let buckets = definition.buckets
    let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
    state.with {
      $0.histograms[name, default: [:]][key, default: Histogram(buckets: buckets.count)].counts[bucket] += 1
      $0.histograms[name]?[key]?.sum += value
    }
  }

  /// The current value of one series, of a histogram its count; nil when nothing was recorded. For tests and `doctor`.
  package func value(_ name: String, _ labels: [(String, String)] = []) -> Double? {
    guard let (_, key) = series(name, labels) else { return nil }
    return state.with { $0.values[name]?[key] ?? $0.histograms[name]?[key].map { Double($0.count) } }
  }

  /// The sum of a counter's or gauge's series, and how many there are; with `label` only those of that value.
  package func sum(_ metric: Definition, where label: String? = nil, _ value: String = "") -> (
    total: Double, series: Int
  ) {
    let wanted = label.map { Metrics.labelText([($0, value)]) }
    let values = state.with { $0.values[metric.name] ?? [:] }
    let chosen = values.filter { key, _ in wanted.map { ",\(key),".contains(",\($0),") } ?? true }
    return (chosen.values.reduce(0, +), chosen.count)
  }

  /// The exposition, format version 0.0.4.
  package func render() -> String {
    let snapshot = state.with { $0 }
    var out = ""
    for definition in order.compactMap({ definitions[$0] }) {
      let name = definition.name
      let help = definition.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
      out += "# HELP \(name) \(help)\n# TYPE \(name) \(definition.kind.rawValue)\n"
      for (labels, value) in (snapshot.values[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
        out += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Metrics.number(value))\n"
      }
      for (labels, histogram) in (snapshot.histograms[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
        out += Metrics.lines(definition, labels, histogram)
      }
    }
    return out
  }

  private static func lines(_ definition: Definition, _ labels: String, _ histogram: Histogram) -> String {
    let name = definition.name
    let head = labels.isEmpty ? "" : labels + ","
    let tail = labels.isEmpty ? "" : "{\(labels)}"
    var running: UInt64 = 0
    var out = ""
    for (bound, count) in zip(definition.buckets + [.infinity], histogram.counts) {
      running += count
      out += "\(name)_bucket{\(head)le=\"\(number(bound))\"} \(running)\n"
    }
    return out + "\(name)_sum\(tail) \(number(histogram.sum))\n\(name)_count\(tail) \(running)\n"
  }

  /// The definition and the label text of a series, its labels in declared order; nil when name or labels are not
  /// declared.
  private func series(_ name: String, _ labels: [(String, String)]) -> (Definition, String)? {
    guard let definition = definitions[name] else { return nil }
    guard let declared = definition.labels, !(declared.isEmpty && labels.isEmpty) else {
      return (definition, Metrics.labelText(labels.sorted { $0.0 < $1.0 }))
    }
    let sorted = declared.compactMap { name in labels.first { $0.0 == name } }
    guard sorted.count == declared.count, labels.count == declared.count else { return nil }
    return (definition, Metrics.labelText(sorted))
  }

  private func misuse(_ name: String) { assertionFailure("metric \(name) is not declared like this") }

  fileprivate static func labelText(_ labels: [(String, String)]) -> String {
    labels.map { name, value in
      guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else {
        return "\(name)=\"\(value)\""
      }
      let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      return "\(name)=\"\(escaped)\""
    }.joined(separator: ",")
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
