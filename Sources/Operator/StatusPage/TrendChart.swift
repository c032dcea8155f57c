import FoundationEssentials
import Runtime
import SyncStore

/// The totals of an organization over time as a drawing: steps, because a total holds until the next change. Pure.
///
/// The drawing stretches with the page; numbers stand beside it as text, so that they stay legible at any width, and in
/// a table for those who do not see it.
struct TrendChart {
  private static let width = 600.0
  private static let height = 160.0

  private struct Line {
    let name: String
    let style: HTML
    let values: [String]
  }

  private let points: [StatusReports.TrendPoint]
  private let lines: [Line]
  private let low: Double
  private let high: Double

  /// nil when there is nothing to draw.
  init?(_ points: [StatusReports.TrendPoint]) {
    guard points.count > 1 else { return nil }
    self.points = points
    lines = [
      Line(name: "Forecast", style: "forecast", values: points.map(\.forecast)),
      Line(name: "Plan", style: "plan", values: points.map(\.plan)),
      Line(name: "Actual", style: "actual", values: points.map(\.actual)),
    ]
    let all = lines.flatMap(\.values).compactMap { Double($0) }
    low = all.min() ?? 0
    high = all.max() ?? 0
  }

  var html: HTML {
    let first = points[0]
    return """
      <figure class="trend">
      <div class="plot"><span>\(TrendChart.rough(high))</span>\
      <svg viewBox="0 0 600 160" preserveAspectRatio="none" role="img" aria-label="Totals since \(moment(first)). \
      The numbers follow below.">\
      <path class="grid" d="M0 1H600M0 80H600M0 159H600"/>\(lines.map { TrendChart.drawing($0, path($0.values)) })</svg></div>
      <div class="ends"><span>\(moment(first))</span><span>\(TrendChart.rough(low)) at the foot</span><span>now</span></div>
      <figcaption><ul>\(lines.map(TrendChart.legend))</ul></figcaption>
      <details><summary>The numbers</summary>\(table)</details>
      </figure>
      """
  }

  private static func drawing(_ line: Line, _ path: HTML) -> HTML { "<path class=\"\(line.style)\" d=\"\(path)\"/>" }

  private static func legend(_ line: Line) -> HTML {
    "<li class=\"\(line.style)\"><span>\(line.name)</span> <strong>\(PageParts.money(line.values.last ?? ""))</strong></li>"
  }

  /// Steps from left to right; higher is more. A line that never moves runs through the middle.
  private func path(_ values: [String]) -> HTML {
    var out = ""
    for (index, text) in values.enumerated() {
      let share = high > low ? ((Double(text) ?? low) - low) / (high - low) : 0.5
      let x = TrendChart.tenths(TrendChart.width * Double(index) / Double(values.count - 1))
      // A line's width stays inside at both ends.
      let y = TrendChart.tenths(2 + (TrendChart.height - 4) * (1 - share))
      out += index == 0 ? "M\(x) \(y)" : "H\(x)V\(y)"
    }
    return "\(out)"
  }

  /// Only rows in which something moved, the newest first.
  private var table: HTML {
    var changes: [StatusReports.TrendPoint] = []
    for (index, point) in points.enumerated() {
      let before = index > 0 ? points[index - 1] : nil
      let isSame =
        before.map {
          ($0.plan, $0.forecast, $0.actual, $0.records) == (point.plan, point.forecast, point.actual, point.records)
        }
        ?? false
      if !isSame || index == points.count - 1 { changes.append(point) }
    }
    return PageTable.html(
      "Totals at the end of each span in which they changed",
      [
        PageColumn("Until") { "\(moment($0))" },
        PageColumn("Plan", isNumber: true) { "\(PageParts.money($0.plan))" },
        PageColumn("Forecast", isNumber: true) { "\(PageParts.money($0.forecast))" },
        PageColumn("Actual", isNumber: true) { "\(PageParts.money($0.actual))" },
        PageColumn("Records", isNumber: true) { "\(grouped($0.records))" },
      ], changes.reversed(), empty: "Nothing changed.")
  }

  /// To the minute.
  private func moment(_ point: StatusReports.TrendPoint) -> String {
    guard let date = parseMoment(point.moment) else { return point.moment }
    return timestamp(date).prefix(16).replacing("T", with: " ") + " UTC"
  }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  /// `1.2 M`: what an axis needs, never what somebody would add up.
  static func rough(_ value: Double) -> String {
    let size = abs(value)
    for (unit, name) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")] where size >= unit {
      let tenths = (value / unit * 10).rounded() / 10
      return "\(tenths) \(name)"
    }
    return "\(value.rounded())".replacing(".0", with: "")
  }
}
