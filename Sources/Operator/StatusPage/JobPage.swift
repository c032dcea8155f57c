import FoundationEssentials
import SyncDomain

/// A job: why it is where it is, how far, what happened to it, what was wrong with its records. Pure.
enum JobPage {
  static func html(_ view: JobView, _ process: ProcessFacts) -> HTML {
    let body: HTML = """
      <h1>Job <span class="id">\(view.id)</span></h1>
      \(PageParts.part(view.job) { job in job.map { facts($0, view, process) } ?? "<p class=\"note\">There is no such job.</p>" })
      """
    return PageParts.page("Job \(view.id.prefix(8))", process: process, body)
  }

  private static func facts(_ job: Facts, _ view: JobView, _ process: ProcessFacts) -> HTML {
    let now = view.time
    let why = PageParts.part(view.why) { verdict -> HTML in
      verdict.map { "<p class=\"why\">\($0.why)</p><p class=\"note\">\($0.evidence)</p>" } ?? .empty
    }
    let progress = PageParts.part(view.progress) { progress -> HTML in
      guard let progress, job["kind"] == "read_sync" else { return .empty }
      return "<p>\(PageParts.progress(progress.applied, of: progress.total, label: "Progress"))</p>"
    }
    let parameters = job["parameters"].flatMap { JSONText.compact($0) } ?? "{}"
    return """
      <p class="lead">\(job.text("kind").replacing("_", with: " ")) of \(PageParts.organization(job["organization_id"])) \
      \(PageParts.state(job.text("state")))\(PageParts.acts(possible(job), process))</p>
      \(why)\(progress)
      \(PageParts.section("facts", "Facts", """
        <dl class="facts">\(pair("Asked for", PageParts.ago(job.moment("created_at"), now)))\
        \(pair("By", "\(job["requested_by"] ?? "–")"))\(pair("Began", PageParts.ago(job.moment("started_at"), now)))\
        \(pair("Ended", PageParts.ago(job.moment("finished_at"), now)))\(pair("Attempt", "\(job.integer("attempt"))"))\
        \(pair("Worker", "\(job["lease_owner"] ?? "–")"))\(pair("Parameters", "<code>\(parameters)</code>"))</dl>
        """))\
      \(PageParts.section("history", "What happened", PageParts.part(view.history) { history($0, now) }))\
      \(PageParts.section("log", "Its run", PageParts.part(view.log) {
        OverviewPage.log($0.map { [$0] } ?? [], now, withOrganization: false)
      }))\
      \(PageParts.section("issues", "Issues of records", PageParts.part(view.issues) { issues($0) }))
      """
  }

  private static func pair(_ name: String, _ value: HTML) -> HTML { "<div><dt>\(name)</dt><dd>\(value)</dd></div>" }

  /// What may be decided about a job in its state.
  static func possible(_ job: Facts) -> [ActRequest] {
    let id = job.text("id")
    switch JobState(rawValue: job.text("state")) {
    case .awaitingApproval: return [ActRequest(.approveJob, job: id), ActRequest(.cancelJob, job: id)]
    case .queued, .running: return [ActRequest(.cancelJob, job: id)]
    case .retrying: return [ActRequest(.retryJob, job: id), ActRequest(.cancelJob, job: id)]
    case .failed, .cancelled: return [ActRequest(.retryJob, job: id)]
    case .succeeded, nil: return []
    }
  }

  private static func history(_ rows: [Facts], _ now: Date) -> HTML {
    PageTable.html(
      "Each change of its state",
      [
        PageColumn("When") { PageParts.ago($0.moment("created_at"), now) },
        PageColumn("Event") { PageParts.state($0.text("event")) }, PageColumn("Who") { "\($0["actor"] ?? "–")" },
        PageColumn("Why") { "\($0.text("reason"))" },
      ], rows, empty: "Nothing is kept any more.")
  }

  private static func issues(_ rows: [Facts]) -> HTML {
    PageTable.html(
      "What was wrong with records, the first of them",
      [
        PageColumn("Record") { "\($0["pfa_id"] ?? "–")" }, PageColumn("Field") { "\($0["field"] ?? "–")" },
        PageColumn("Code") { "<span class=\"code\">\($0.text("code"))</span>" },
        PageColumn("Value") { "\(String($0.text("raw").prefix(200)))" },
        PageColumn("Effect") { row in row.isTrue("rejected") ? "record rejected" : "field left empty" },
      ], rows, empty: "No record had anything wrong.")
  }
}
