import FoundationEssentials
import HTTP
import Runtime
import SyncStore
import Testing

@testable import Operator

/// The pages as functions: values in, markup out.
@Suite struct PageTests {
  private let now = Date(timeIntervalSince1970: 1_767_225_600)
  private let process = ProcessFacts(name: "worker-1")

  @Test("What comes from outside is text, wherever it stands")
  func escapes() {
    let html: HTML = "<a title=\"\("\"'<&>")\">\("<script>\u{202E}\u{0}")</a>"
    #expect(html.text == "<a title=\"&quot;&#39;&lt;&amp;&gt;\">&lt;script&gt;\\u{202e}\\x00</a>")
    let inside: HTML = "<b>\(html)</b>\([html, html])"
    #expect(inside.text == "<b>\(html.text)</b>\(html.text)\(html.text)")
    #expect(percentEncoded("R/Í&O=.") == "R%2F%C3%8D%26O%3D%2E")
  }

  @Test("Money is grouped and never rounded; what is none stays")
  func money() {
    #expect(PageParts.money("1234567.89") == "1,234,567.89")
    #expect(PageParts.money("-0.05") == "-0.05")
    #expect(PageParts.money("-1000.00") == "-1,000.00")
    #expect(PageParts.money("99999999999999999999.00") == "99999999999999999999.00")
    #expect(PageParts.money("") == "")
  }

  @Test("An overview with hostile texts in every field holds no markup of theirs")
  func hostileOverview() {
    var overview = Overview(time: now)
    let evil = "<script>alert(1)</script>"
    let row: Facts = [
      "id": evil, "organization_id": evil, "kind": evil, "state": evil, "error_code": evil, "error_message": evil,
      "created_at": evil, "code": evil, "cause": evil, "topic": evil, "paused": "t", "paused_by": evil, "reason": evil,
      "pfa_id": evil, "user_id": evil, "conflict_fields": evil, "name": evil, "status": evil, "sync_type": evil,
      "stream": evil, "total_plan_cost": evil, "last_status": evil, "count": evil,
    ]
    var live = LiveState()
    live.running = [
      RunningJob(id: evil, organization: evil, kind: evil, owner: evil, seconds: 1, applied: 1, total: 2)
    ]
    live.failures = [
      FailedJob(id: evil, organization: evil, kind: evil, code: evil, message: evil, finishedAt: evil)
    ]
    overview.live = .read(live)
    (overview.jobs, overview.approvals, overview.log) = (.read([row]), .read([row]), .read([row]))
    (overview.conflicts, overview.letters, overview.queue) = (.read([row]), .read([row]), .read([row]))
    overview.organizations = .read([row])
    overview.failedPushes = .read([evil: 1])
    overview.unsettled = .read([
      UnsettledJob(id: evil, organization: evil, kind: evil, code: evil, message: evil, source: evil, project: evil)
    ])
    overview.lag = .read([PartitionLag(topic: evil, partition: 0, start: 0, end: 9, applied: 1, owner: evil)])
    for mayAct in [false, true] {
      var process = process
      process.mayAct = mayAct
      let text = OverviewPage.html(overview, process, trouble: evil, refresh: nil).text
      #expect(!text.contains("<script") && text.contains("&lt;script&gt;"))
      #expect(text.contains("href=\"/act?") == mayAct)
    }
  }

  @Test("A page of a worker without its database says so, and what the worker knows by itself")
  func outage() {
    var alone = process
    alone.missing = ["postgres is not reachable"]
    (alone.records, alone.lag, alone.partitions) = (12_345, 7, 4)
    var overview = Overview(time: now)
    overview.jobs = .missing("gone")
    let text = OverviewPage.html(overview, alone, trouble: "connection refused", refresh: nil).text
    for part in [
      "The database does not answer", "connection refused", "12,345 records", "7 messages wait in its 4 partitions",
      "not ready: postgres is not reachable", "Not shown: gone",
    ] { #expect(text.contains(part), "\(part)") }
  }

  @Test("Attention: each thing that waits for somebody, with commands of this program")
  func attention() throws {
    var overview = Overview(time: now)
    #expect(Attention.all(overview).isEmpty)
    let id = "0b1c2d3e-0000-4000-8000-000000000001"
    overview.approvals = .read([
      ["id": id, "kind": "read_sync", "organization_id": "RIO", "error_message": "200 of 400 are gone"]
    ])
    overview.unsettled = .read([
      UnsettledJob(id: id, organization: "R O", kind: "read_sync", code: "AUTH"),
      UnsettledJob(id: id, organization: "RIO", kind: "schema_change", code: "X", message: "y", project: "plan"),
      UnsettledJob(id: id, organization: "RIO", kind: "draft_commit", code: "CONFLICT", message: "1 of 2 edits"),
      UnsettledJob(id: id, organization: "RIO", kind: "kpi_rebuild", code: "INTERNAL"),
      UnsettledJob(
        id: id, organization: "R O", kind: "read_sync", isGuarded: true, code: "EMPTY_READ", message: "it was empty",
        source: "pems"),
    ])
    overview.silentJobs = .read([
      HealthReports.SilentJob(id: id, organization: "RIO", kind: "read_sync", owner: nil, seconds: 90)
    ])
    overview.letters = .read([
      ["count": "1", "id": "7", "code": "INVALID_JSON", "topic": "t", "cause": "c"],
      ["count": "3", "id": "9", "code": "UNKNOWN_ORGANIZATION", "topic": "t", "cause": "c"],
    ])
    overview.conflicts = .read([["id": id, "pfa_id": "P-1", "user_id": "ann", "kind": "field_overlap"]])
    overview.queue = .read([
      ["kind": "read_sync", "paused": "t", "paused_by": "ann", "pause_kind": "read_sync"],
      [
        "kind": "read_sync", "organization_id": "RIO", "paused": "t", "paused_by": "ann", "pause_kind": "read_sync",
        "queued": "1", "held_messages": "1",
      ],
      ["kind": "write_back", "paused": "f"],
    ])
    overview.failedPushes = .read(["AUTH": 2])
    overview.lag = .read([
      PartitionLag(topic: "t", partition: 0, start: 0, end: 9, applied: 1, owner: nil),
      PartitionLag(topic: "t", partition: 1, start: 0, end: 9, applied: 1, owner: "w"),
      PartitionLag(topic: "t", partition: 2, start: 5, end: 9, applied: 1, owner: "w"),
    ])
    let items = Attention.all(overview)
    #expect(
      items.map(\.text) == [
        "read_sync of RIO waits for approval: 200 of 400 are gone",
        "read_sync of RIO has no worker for 1 min 30 s: its worker went silent and nobody took it over",
        "read_sync of R O failed with AUTH", "schema_change of RIO failed with X: y",
        "draft_commit of RIO failed with CONFLICT: 1 of 2 edits", "kpi_rebuild of RIO failed with INTERNAL",
        "read_sync of R O has no effect, EMPTY_READ: it was empty",
        "1 message of t could not be applied, INVALID_JSON: c; replayed it is refused again: have its producer send it "
          + "anew, mended, and discard this one",
        "3 messages of t could not be applied, UNKNOWN_ORGANIZATION: c",
        "an edit of P-1 by ann waits for a decision, field_overlap", "2 edits did not reach PEMS, AUTH",
        "read_sync of all organizations is paused by ann; 2 waiting", "partition 0 of t has 8 messages and no worker",
        "partition 2 of t: offsets 1 to 4 are gone before they were applied",
      ])
    #expect(items[7].commands == ["syncline dead-letters show 7", "syncline dead-letters discard 7 --yes"])
    #expect(items[4].commands.last == "syncline conflicts list --organization RIO")
    #expect(items[6].commands.last == "syncline sync run \"R O\" --source pems --mode full --wait")
    #expect(
      items[9].commands == [
        "syncline conflicts show \(id)", "syncline conflicts resolve \(id) --take mine",
        "syncline conflicts resolve \(id) --take theirs",
      ])
    for command in items.flatMap(\.commands) {
      #expect(!command.contains("…") && !command.contains("--reason"), "\(command) has something to fill in")
      let words = command.replacing("\"R O\"", with: "RO").split(separator: " ").dropFirst().map(String.init)
      guard case .run = try ArgumentParser.parse(words, Commands.table) else {
        Issue.record("'\(command)' is no command")
        continue
      }
    }
  }

  @Test("Each dead letter has the remedy of its code; a failed push is told once, as the edit")
  func letterRemedies() {
    func commands(_ code: String) -> [String] { LetterRemedy(code).commands(" 7", organization: "R O") }
    let (replay, discard) = ("syncline dead-letters replay 7 --yes", "syncline dead-letters discard 7 --yes")
    for code in [
      "INVALID_ENVELOPE", "UNSUPPORTED_SPECVERSION", "INVALID_JSON", "INVALID_MESSAGE", "UNKNOWN_TYPE",
      "ORGANIZATION_MISMATCH", "INVALID_RECORD", "MISSING_PFA_ID",
    ] {
      #expect(commands(code) == [discard] && LetterRemedy(code).acts.first == .discardLetter, "\(code)")
    }
    #expect(commands("UNKNOWN_ORGANIZATION") == ["syncline organizations add \"R O\"", replay, discard])
    #expect(LetterRemedy("UNKNOWN_ORGANIZATION").commands(" 7", organization: nil) == [replay, discard])
    for code in ["UNKNOWN_MODIFICATION", "REFUSED_23514", "AUTH"] {
      #expect(commands(code) == [replay, discard] && LetterRemedy(code).advice == nil, "\(code)")
    }
    var overview = Overview(time: now)
    overview.letters = .read([
      ["count": "2", "id": "7", "code": "AUTH", "topic": "t", "cause": "c", "is_push": "t"]
    ])
    #expect(Attention.all(overview).count == 1, "a letter whose edit is not told stays")
    overview.failedPushes = .read(["AUTH": 2])
    #expect(Attention.all(overview).map(\.text) == ["2 edits did not reach PEMS, AUTH"])
  }

  @Test("A commit whose values were refused is not to be retried: its drafts are corrected or given up")
  func refusedCommit() throws {
    func commands(_ code: String, session: UnsettledJob.Session? = nil) -> [String] {
      let job = UnsettledJob(id: "j", organization: "RIO", kind: "draft_commit", code: code, session: session)
      return Array(Attention.of(job).commands.dropFirst())
    }
    let session = UnsettledJob.Session(id: "s 1", user: "ann")
    for code in ["INVALID_DATE_ORDER", "INVALID_RANGE", "MISSING_REQUIRED_FIELD", "BUSINESS_RULE_VIOLATION"] {
      #expect(
        commands(code, session: session) == [
          "syncline drafts check RIO --session \"s 1\" --user ann",
          "syncline drafts discard RIO --session \"s 1\" --user ann",
        ])
    }
    #expect(commands("INVALID_DATE_ORDER") == ["syncline drafts list --state draft"])
    #expect(commands("FORBIDDEN").last == "syncline jobs retry j --yes")
    #expect(commands("INTERNAL") == ["syncline jobs retry j --yes"])
  }

  @Test("A read of a source that is defined no more is not to be done again")
  func formerSource() {
    let job = UnsettledJob(id: "j", organization: "RIO", kind: "read_sync", code: "AUTH", source: "old")
    for sources in [nil, ["old", "pems"]] as [Set<String>?] {
      #expect(Attention.of(job, sources: sources).commands == ["syncline jobs why j", "syncline jobs retry j --yes"])
    }
    var overview = Overview(time: now, definitions: Definitions(sources: ["pems"]))
    overview.unsettled = .read([job])
    let item = Attention.all(overview).first
    #expect(item?.text == "read_sync of RIO failed with AUTH; no source is named old any more")
    #expect(item?.commands == ["syncline jobs why j"])
  }

  @Test("A trend is drawn in steps between its lowest and highest total; one that never moves runs level")
  func trend() throws {
    func point(_ forecast: String, _ minute: Int) -> StatusReports.TrendPoint {
      StatusReports.TrendPoint(
        moment: "2026-01-01 00:0\(minute):00+00", plan: "0.00", forecast: forecast, actual: "0.00", records: 1)
    }
    #expect(TrendChart([]) == nil && TrendChart([point("1.00", 0)]) == nil)
    let text = try #require(TrendChart([point("0.00", 0), point("50.00", 1), point("1500000.50", 2)])).html.text
    #expect(text.contains("<path class=\"forecast\" d=\"M0 158H300V158H600V2\"/>"))
    #expect(text.contains("<path class=\"plan\" d=\"M0 158H300V158H600V158\"/>"))
    #expect(text.contains("1.5 M") && text.contains("<strong>1,500,000.50</strong>"))
    #expect(text.contains("2026-01-01 00:00 UTC"))
    let level = try #require(TrendChart([point("0.00", 0), point("0.00", 1)])).html.text
    #expect(level.contains("d=\"M0 80H600V80\""))
  }

  @Test(
    "A decision's link is read back as it was written; nonsense is none",
    arguments: [
      ActRequest(.approveJob, job: "0b1c2d3e-0000-4000-8000-000000000001"),
      ActRequest(.pauseQueue, kind: "read_sync", organization: "R&Í=O/1"),
      ActRequest(.resumeQueue, kind: nil, organization: "RIO"), ActRequest(.discardLetter, letter: 7),
    ])
  func requests(request: ActRequest) {
    let query = request.query.split(separator: "&").map { pair -> (name: String, value: String) in
      let halves = pair.split(separator: "=", maxSplits: 1)
      return (String(halves[0]), decoded(String(halves[1])))
    }
    #expect(ActRequest(query) == request)
    #expect(ActRequest(Array(query.dropFirst())) == nil)
    #expect(ActRequest(Array(query.prefix(1))) == nil)
  }

  private func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("Secrets compare whole")
  func secrets() {
    #expect(isEqualInConstantTime("secret", "secret"))
    for other in ["", "s", "secre", "secrets", "Secret", "secretsecret"] {
      #expect(!isEqualInConstantTime(other, "secret"))
    }
    #expect(!isEqualInConstantTime("", ""))
  }
}
