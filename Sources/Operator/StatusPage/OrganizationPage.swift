import Runtime
import SyncStore

/// An organization: its totals with their trend, its runs, and what is open there. Pure.
enum OrganizationPage {
  static func html(_ view: OrganizationView, _ process: ProcessFacts) -> HTML {
    let now = view.time
    let body: HTML = """
      <h1>\(view.id)</h1>
      \(PageParts.part(view.state) { state in state.map { lead($0, view) } ?? "<p class=\"note\">There is no such organization.</p>" })
      \(PageParts.section("trend", "Totals", PageParts.part(view.trend) { trend($0) }))\
      \(PageParts.section("kpis", "By group", PageParts.part(view.groups) { groups($0, view.id) }))\
      \(PageParts.section("log", "Sync history", PageParts.part(view.log) { OverviewPage.log($0, now, withOrganization: false) }))\
      \(PageParts.section("jobs", "Recent jobs", PageParts.part(view.jobs) {
        OverviewPage.jobs($0, now, process, withOrganization: false)
      }))\
      \(PageParts.section("conflicts", "Open conflicts", PageParts.part(view.conflicts) { OverviewPage.conflicts($0, now) }))\
      \(PageParts.section("letters", "Dead letters", PageParts.part(view.letters) { OverviewPage.letters($0, now, process) }))\
      \(pause(view, process))
      """
    return PageParts.page(view.id, process: process, body)
  }

  private static func lead(_ state: Facts, _ view: OrganizationView) -> HTML {
    let name = state.text("name")
    let bounds = PageParts.part(view.timeline) { timeline -> HTML in
      guard let timeline, timeline["forecast_start"] != nil else { return .empty }
      return """
        <p class="lead">Forecast from <strong>\(timeline.text("forecast_start"))</strong> to \
        <strong>\(timeline.text("forecast_end"))</strong>, \(grouped(timeline.integer("actualized_records"))) of \
        \(grouped(timeline.integer("total_records"))) records actualized.</p>
        """
    }
    return """
      <p class="lead">\(PageParts.state(state.text("status"))) \(name == view.id ? "" : name) Last successful read \
      \(PageParts.ago(state.moment("last_success"), view.time)).</p>
      \(bounds)
      """
  }

  private static func trend(_ points: [StatusReports.TrendPoint]) -> HTML {
    TrendChart(points)?.html ?? "<p class=\"note\">No totals yet.</p>"
  }

  private static func groups(_ rows: [Facts], _ id: String) -> HTML {
    let all = rows.first?.integer("groups") ?? 0
    let more: HTML =
      all <= Int64(rows.count)
      ? .empty
      : """
      <p class="note">The \(rows.count) groups with the highest forecast of \(grouped(all)); all of them: \
      <code>syncline kpi show \(shellQuoted(id))</code></p>
      """
    func money(_ label: String, _ column: String) -> PageColumn<Facts> {
      PageColumn(label, isNumber: true) { "\(PageParts.money($0.text(column)))" }
    }
    func text(_ label: String, _ column: String) -> PageColumn<Facts> {
      PageColumn(label) { $0[column].map { "\($0)" } ?? "<span class=\"none\">–</span>" }
    }
    return PageTable.html(
      "Totals by group, the highest forecast first",
      [
        text("Category", "category"), text("Source", "source"), text("DOR", "dor"), money("Plan", "total_plan_cost"),
        money("Forecast", "total_forecast_cost"), money("Actual", "total_actual_cost"),
        money("Variance", "total_variance"),
        PageColumn("Records", isNumber: true) { "\(grouped($0.integer("record_count")))" },
      ], rows, empty: "No record counts yet.") + more
  }

  private static func pause(_ view: OrganizationView, _ process: ProcessFacts) -> HTML {
    guard process.mayAct, case .read(.some) = view.state else { return .empty }
    let requests = [
      ActRequest(.pauseQueue, kind: nil, organization: view.id),
      ActRequest(.resumeQueue, kind: nil, organization: view.id),
    ]
    return PageParts.section("work", "All work of \(view.id)", "<p>\(PageParts.acts(requests, process))</p>")
  }
}
