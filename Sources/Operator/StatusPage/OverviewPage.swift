import FoundationEssentials
import Runtime
import SyncStore

/// The first page: what needs somebody, what runs, what ran, the organizations, where messages wait. Pure.
enum OverviewPage {
  /// `trouble`: why Postgres could not be asked; what is shown then is from `overview.time`.
  static func html(_ overview: Overview, _ process: ProcessFacts, trouble: String?, refresh: Int?) -> HTML {
    let now = overview.time
    let body: HTML = """
      <h1>Overview</h1>
      <p class="lead">As of <time datetime="\(timestamp(now))">\(timestamp(now).prefix(19).description + "Z")</time>. \
      \(refreshLink(refresh))</p>
      \(outage(trouble, process))\
      \(figures(overview))\
      \(attention(overview, process))\
      \(PageParts.section("running", "Running", running(overview)))\
      \(PageParts.section("jobs", "Recent jobs", PageParts.part(overview.jobs) { jobs($0, now, process, withOrganization: true) }))\
      \(PageParts.section("organizations", "Organizations", PageParts.part(overview.organizations) { organizations($0, now) }))\
      \(PageParts.section("log", "Sync history", PageParts.part(overview.log) { log($0, now, withOrganization: true) }))\
      \(PageParts.section("conflicts", "Open conflicts", PageParts.part(overview.conflicts) { conflicts($0, now) }))\
      \(PageParts.section("letters", "Dead letters", PageParts.part(overview.letters) { letters($0, now, process) }))\
      \(PageParts.section("queue", "Queue", PageParts.part(overview.queue) { queue($0, process) }))\
      \(PageParts.section("lag", "Lag", PageParts.part(overview.lag, lag)))
      """
    return PageParts.page("Overview", process: process, refresh: refresh, body)
  }

  private static func refreshLink(_ refresh: Int?) -> HTML {
    refresh == nil
      ? "<a href=\"/?refresh=10\">Refresh every 10 s</a>" : "Refreshed by itself. <a href=\"/\">Stop</a>"
  }

  /// What this worker knows by itself, when nobody else answers.
  private static func outage(_ trouble: String?, _ process: ProcessFacts) -> HTML {
    guard let trouble else { return .empty }
    return """
      <section class="banner" role="alert"><h2>The database does not answer</h2><p>\(trouble)</p>
      <p>This worker goes on by itself as soon as it does: nothing is lost, and nothing has to be sent again. Since its \
      start it has applied \(grouped(process.records)) records and repeated \(grouped(process.batchesRetried)) batches; \
      \(grouped(process.lag)) messages wait in its \(counted(process.partitions, "partition")). \
      <code>syncline doctor</code> says more.</p></section>

      """
  }

  private static func figures(_ overview: Overview) -> HTML {
    PageParts.part(overview.live) { live in
      let activity = live.activity
      let lag = overview.lag.value.map { $0.compactMap(\.lag).reduce(0, +) }
      let all: [(name: String, value: Int64?, isBad: Bool)] = [
        ("Running", activity.running, false), ("Queued", activity.queued + activity.retrying, false),
        ("Succeeded, last hour", activity.succeeded, false),
        ("Failed, last hour", activity.failed, activity.failed > 0),
        ("For approval", activity.awaitingApproval, activity.awaitingApproval > 0),
        ("Conflicts", activity.conflicts, activity.conflicts > 0),
        ("Dead letters", activity.deadLetters, activity.deadLetters > 0), ("Messages behind", lag, false),
      ]
      let items = all.map { figure -> HTML in
        let style: HTML = figure.isBad ? " class=\"warn\"" : .empty
        return "<div\(style)><dt>\(figure.name)</dt><dd>\(figure.value.map { grouped($0) } ?? "–")</dd></div>"
      }
      return "<dl class=\"figures\">\(items)</dl>\n"
    }
  }

  private static func attention(_ overview: Overview, _ process: ProcessFacts) -> HTML {
    let items = Attention.all(overview)
    guard !items.isEmpty else {
      return PageParts.section("attention", "Needs somebody", "<p class=\"note\">Nothing waits for a person.</p>")
    }
    let list = items.map { item -> HTML in
      let text: HTML = item.page.map { "<a href=\"\($0)\">\(item.text)</a>" } ?? "\(item.text)"
      let commands = item.commands.map { command -> HTML in "<li><code>\(command)</code></li>" }
      return "<li><p>\(text)</p><ul class=\"commands\" aria-label=\"Commands\">\(commands)</ul></li>\n"
    }
    return PageParts.section("attention", "Needs somebody", "<ul class=\"attention\">\(list)</ul>")
  }

  private static func running(_ overview: Overview) -> HTML {
    PageParts.part(overview.live) { live in
      PageTable.html(
        "Jobs that run, the longest first",
        [
          PageColumn("Job") { PageParts.job($0.id) },
          PageColumn("Organization") { PageParts.organization($0.organization) },
          PageColumn("Kind") { "\($0.kind.replacing("_", with: " "))" },
          PageColumn("Progress") {
            PageParts.progress($0.applied, of: $0.total, label: "Progress of \($0.kind) of \($0.organization)")
          },
          PageColumn("For", isNumber: true) { "\(durationText(Double(max(0, $0.seconds))))" },
          PageColumn("Worker") { "\($0.owner ?? "–")" },
        ], live.running, empty: "No job runs.")
    }
  }

  // MARK: Tables that other pages show as well

  static func jobs(_ rows: [Facts], _ now: Date, _ process: ProcessFacts, withOrganization: Bool) -> HTML {
    let organization = PageColumn<Facts>("Organization") { PageParts.organization($0["organization_id"]) }
    return PageTable.html(
      "The newest jobs",
      [PageColumn("Job") { PageParts.job($0.text("id")) }] + (withOrganization ? [organization] : []) + [
        PageColumn("Kind") { "\($0.text("kind").replacing("_", with: " "))" },
        PageColumn("State") { job in
          let result = job["result"].flatMap { $0 == "clean" ? nil : $0 }
          let more: HTML = (result ?? job["error_code"]).map { " <span class=\"code\">\($0)</span>" } ?? .empty
          return PageParts.state(job.text("state")) + more
        },
        PageColumn("Asked for") { PageParts.ago($0.moment("created_at"), now) },
        PageColumn("Took", isNumber: true) { took($0) },
      ], rows, empty: "No job yet. Begin with: syncline sync run ORG --source pems --mode full")
  }

  private static func took(_ job: Facts) -> HTML {
    guard let start = job.moment("started_at"), let end = job.moment("finished_at") else { return "–" }
    let seconds = end.timeIntervalSince(start)
    return seconds < 1 ? "\(max(0, Int(seconds * 1000))) ms" : "\(durationText(seconds))"
  }

  static func log(_ rows: [Facts], _ now: Date, withOrganization: Bool) -> HTML {
    let organization = PageColumn<Facts>("Organization") { PageParts.organization($0["organization_id"]) }
    func number(_ label: String, _ column: String) -> PageColumn<Facts> {
      PageColumn(label, isNumber: true) { row in
        let value = row.integer(column)
        return value == 0 ? "<span class=\"none\">0</span>" : "\(grouped(value))"
      }
    }
    return PageTable.html(
      "The newest runs; received is the sum of what follows it",
      [
        PageColumn("Run") { row in
          row["job_id"].map { PageParts.job($0) }
            ?? "<span title=\"single events of a day\">\(row.text("stream"))</span>"
        }
      ] + (withOrganization ? [organization] : []) + [
        PageColumn("Type") { "\($0.text("sync_type"))" },
        PageColumn("Status") { PageParts.state($0.text("status")) }, number("Received", "received"),
        number("Inserted", "inserted"), number("Updated", "updated"), number("Unchanged", "unchanged"),
        number("Stale", "stale"), number("Discontinued", "discontinued"), number("Conflicted", "conflicted"),
        number("Rejected", "rejected"), PageColumn("Began") { PageParts.ago($0.moment("started_at"), now) },
      ], rows, empty: "Nothing was synced yet.")
  }

  static func conflicts(_ rows: [Facts], _ now: Date) -> HTML {
    PageTable.html(
      "Edits that somebody has to decide",
      [
        PageColumn("Record") { "\($0.text("pfa_id"))" },
        PageColumn("Organization") { PageParts.organization($0["organization_id"]) },
        PageColumn("Kind") { "\($0.text("kind").replacing("_", with: " "))" },
        PageColumn("Fields") { "\(JSONText.compact($0.text("conflict_fields")) ?? $0.text("conflict_fields"))" },
        PageColumn("User") { "\($0.text("user_id"))" },
        PageColumn("Since") { PageParts.ago($0.moment("created_at"), now) },
        PageColumn("Decide with") { "<code>syncline conflicts show \($0.text("id"))</code>" },
      ], rows, empty: "No edit waits for a decision.")
  }

  static func letters(_ rows: [Facts], _ now: Date, _ process: ProcessFacts) -> HTML {
    PageTable.html(
      "Messages that could not be applied, by cause",
      [
        PageColumn("Messages") { "\(grouped($0.integer("count")))" },
        PageColumn("Code") { "<span class=\"code\">\($0.text("code"))</span>" },
        PageColumn("Cause") { "\($0.text("cause"))" }, PageColumn("Topic") { "\($0.text("topic"))" },
        PageColumn("Organization") { $0["organization_id"].map { PageParts.organization($0) } ?? "–" },
        PageColumn("Last") { PageParts.ago($0.moment("last_at"), now) },
        PageColumn("The newest") { letter in
          let id = letter.integer("id")
          return "<span>\(id)</span>"
            + PageParts.acts(LetterRemedy(letter.text("code")).acts.map { ActRequest($0, letter: id) }, process)
        },
      ], rows, empty: "Every message could be applied.")
  }

  static func queue(_ rows: [Facts], _ process: ProcessFacts) -> HTML {
    func number(_ label: String, _ column: String) -> PageColumn<Facts> {
      PageColumn(label, isNumber: true) { "\(grouped($0.integer(column)))" }
    }
    let table = PageTable.html(
      "What waits and runs, and what is paused",
      [
        PageColumn("Kind") { "\($0["kind"]?.replacing("_", with: " ") ?? "all")" },
        PageColumn("Organization") { PageParts.organization($0["organization_id"]) }, number("Queued", "queued"),
        number("Running", "running"), number("Retrying", "retrying"), number("Held messages", "held_messages"),
        PageColumn("Pause") { row in
          guard row.isTrue("paused") else {
            return (row.isTrue("suspended") ? PageParts.state("suspended") : .empty)
              + PageParts.acts(
                [ActRequest(.pauseQueue, kind: row["kind"], organization: row["organization_id"])], process)
          }
          let why = row["reason"].map { ": \($0)" } ?? ""
          let said: HTML = PageParts.state("paused") + "<span> by \(row.text("paused_by") + why)</span>"
          // What a wider pause holds goes on when that one is resumed, in the row of it.
          guard row.isPause else { return said }
          return said
            + PageParts.acts(
              [ActRequest(.resumeQueue, kind: row["kind"], organization: row["organization_id"])], process)
        },
      ], rows, empty: "Nothing waits, nothing is paused.")
    let pauses = JobsListCommand.kinds.map { ActRequest(.pauseQueue, kind: $0, organization: nil) }
    guard process.mayAct else { return table }
    return table + "<p class=\"note\">Pause a kind everywhere: "
      + "\(pauses.map { request -> HTML in "<a class=\"act\" href=\"/act?\(request.query)\">\(request.kind ?? "")</a> " })</p>"
  }

  /// By topic; partitions only where something is behind or odd.
  static func lag(_ partitions: [PartitionLag]) -> HTML {
    let topics = Dictionary(grouping: partitions, by: \.topic)
    let rows = topics.keys.sorted().map { (topic: $0, partitions: topics[$0] ?? []) }
    return PageTable.html(
      "Messages that are not applied yet, by topic",
      [
        PageColumn("Topic") { "\($0.topic)" },
        PageColumn("Partitions", isNumber: true) { "\($0.partitions.count)" },
        PageColumn("Behind", isNumber: true) { row in
          "\(grouped(row.partitions.compactMap(\.lag).reduce(0, +)))"
        },
        PageColumn("Applied", isNumber: true) { row in
          "\(grouped(row.partitions.compactMap(\.applied).reduce(0, +)))"
        },
        PageColumn("Workers") { row in
          let owners = Set(row.partitions.compactMap(\.owner))
          return "\(owners.isEmpty ? "–" : owners.sorted().joined(separator: ", "))"
        },
        PageColumn("Note") { row in
          let notes = row.partitions.compactMap { partition in
            partition.note.map { "partition \(partition.partition): \($0)" }
          }
          return "\(notes.joined(separator: "; "))"
        },
      ], rows, empty: "No topic is known yet.")
  }

  private static func organizations(_ rows: [Facts], _ now: Date) -> HTML {
    let more: HTML =
      rows.count < Overview.organizationLimit
      ? .empty : "<p class=\"note\">The first \(rows.count); all of them: <code>syncline organizations list</code></p>"
    return PageTable.html(
      "Organizations with their totals",
      [
        PageColumn("Organization") { PageParts.organization($0["id"]) }, PageColumn("Name") { "\($0.text("name"))" },
        PageColumn("State") { PageParts.state($0.text("status")) },
        PageColumn("Records", isNumber: true) { "\(grouped($0.integer("record_count")))" },
        PageColumn("Plan", isNumber: true) { "\(PageParts.money($0.text("total_plan_cost")))" },
        PageColumn("Forecast", isNumber: true) { "\(PageParts.money($0.text("total_forecast_cost")))" },
        PageColumn("Actual", isNumber: true) { "\(PageParts.money($0.text("total_actual_cost")))" },
        PageColumn("Last success") { PageParts.ago($0.moment("last_success"), now) },
        PageColumn("Last run") { row in
          let code: HTML = row["last_error"].map { " <span class=\"code\">\($0)</span>" } ?? .empty
          return row["last_status"].map { PageParts.state($0) + code } ?? "<span class=\"none\">never</span>"
        },
      ], rows, empty: "No organization yet: syncline organizations add RIO") + more
  }
}
