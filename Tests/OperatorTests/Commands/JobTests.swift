import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct JobTests {
  /// A read that waits for approval, with one page applied, one waiting, and an issue.
  private func seedRun(_ state: String = "awaiting_approval") async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, attempt, parameters, started_at, error_code,
        error_message, lease_token)
      VALUES ('\(jobA)', 'RIO', 'read_sync', '\(state)', 1, '{"mode": "full", "source": "pems"}', now(), 'MASS_DISCONTINUE',
        '40 of 100 records would go', gen_random_uuid())
      """,
      """
      INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, source, status)
      VALUES ('\(jobA)', 'RIO', 'full', 'pems', '\(state)')
      """,
      """
      INSERT INTO sync_page (job_id, page, organization_id, event_id, state, received, inserted, rejected, keep_seen,
        seen) VALUES
        ('\(jobA)', 1, 'RIO', 'e1', 'applied', 3, 2, 1, true, '{a,b}'),
        ('\(jobA)', 2, 'RIO', 'e2', 'allocated', 0, 0, 0, true, NULL)
      """,
      """
      INSERT INTO sync_record_issue (job_id, organization_id, page, pfa_id, field, code, raw, rejected)
      VALUES ('\(jobA)', 'RIO', 1, 'P-1', 'monthlyRate', 'INVALID_NUMBER', E'1,2\\x1b[2J', true),
        ('\(jobA)', 'RIO', 1, 'P-2', 'forecastEnd', 'INVALID_DATE', '2025-02-30', false)
      """)
  }

  @Test("show is the job as events carry it, without the fencing token, with its log row and first issues")
  func show() async throws {
    try await seedRun()
    let shown = try await syncline("jobs", "show", jobA.uppercased(), "--issues", "1")
    #expect(shown.code == .ok)
    let json = try shown.json
    let event = try #require(try await value("SELECT sync_job_document(id, 1)::text FROM sync_job"))
    #expect(json.canonicalText == (try JSONValue(parsing: Array(event.utf8))).canonicalText)
    #expect(!json.keys.contains("lease_token"))
    #expect(json["parameters"]?["source"]?.string == "pems")
    #expect(json["log"]?["sync_type"]?.string == "full")
    #expect(json["issues"]?.count == 1)
    #expect(json["history"]?.count == 1)
    #expect(shown.messages.isEmpty)
    let table = try await syncline("jobs", "show", jobA, "-o", "table")
    #expect(table.data.contains("organization_id") && table.data.contains("INVALID_DATE"))
    #expect(table.data.contains("actor"))
    #expect(!table.data.unicodeScalars.contains("\u{1B}"))
    let part = try await syncline("jobs", "show", jobA, "-o", "table", "--issues", "1")
    #expect(!part.data.contains("INVALID_DATE") && part.messages.contains("more issues"))
  }

  @Test("M9-14 list filters, hostile text in them finds nothing, and is empty without failing")
  func list() async throws {
    #expect(try await syncline("jobs", "list").data == "[]\n")
    try await seedRun()
    try await sql("INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobB)', 'RIO2', 'write_back')")
    func ids(_ flags: String...) async throws -> [String?] {
      try await syncline(["jobs", "list"] + flags).objects.map { $0["id"]?.string }
    }
    #expect(try await Set(ids()) == [jobA, jobB])
    #expect(try await ids("--organization", "RIO2") == [jobB])
    #expect(try await ids("--state", "awaiting_approval") == [jobA])
    #expect(try await ids("--kind", "write_back") == [jobB])
    #expect(try await ids("--kind", "write_back", "--state", "failed") == [])
    #expect(try await ids("--limit", "1").count == 1)
    #expect(try await syncline("jobs", "list", "--organization", hostile).code == .notFound)
    #expect(try await syncline("jobs", "list", "--state", "dead").code == .usage)
    #expect(try await syncline("jobs", "list", "--limit", "0").code == .usage)
  }

  @Test("Verbs on a job that does not exist are exit code 5", arguments: ["show", "watch", "approve", "cancel", "why"])
  func unknown(verb: String) async throws {
    for id in [noJob, "nonsense", hostile] {
      let ran = try await syncline("jobs", verb, id, "--yes")
      #expect(ran.code == .notFound && ran.messages.contains("JOB_NOT_FOUND"), "\(ran.messages)")
    }
  }

  @Test("approve: the job runs on under the next worker, with the approval and its reason in its parameters")
  func approve() async throws {
    try await seedRun()
    let approved = try await syncline("jobs", "approve", jobA, "--yes", "--reason", "it's \"closed\"")
    #expect(approved.code == .ok)
    #expect(try approved.json["state"]?.string == "running")
    #expect(try approved.json["error_code"]?.isNull == true)
    #expect(try await value("SELECT status FROM pfa_sync_log") == "running")
    let claim = try await SyncDatabase.current.run { session in
      try session.asSystem { try JobStore.claim(session, kinds: ["read_sync"], owner: "w") }
    }
    #expect(claim?.id == jobA && claim?.isTakenOver == true && claim?.attempt == 1)
    let parameters = try JSONValue(parsing: claim?.parameters ?? [])
    #expect(parameters["approvalReason"]?.string == "it's \"closed\"" && parameters["source"]?.string == "pems")
    if case .bool(true)? = parameters["approved"] {} else { Issue.record("not approved") }
    let again = try await syncline("jobs", "approve", jobA, "--yes")
    #expect(again.code == .conflict && again.messages.contains("is running"))
  }

  @Test(
    "cancel ends the job and its log row with what was applied; its holder is fenced",
    arguments: [
      "queued", "running", "retrying", "awaiting_approval",
    ])
  func cancel(state: String) async throws {
    try await seedRun(state == "awaiting_approval" ? state : "running")
    if state != "awaiting_approval" {
      // The guard knows no way from running to queued; a test may take it.
      try await sql(
        "ALTER TABLE sync_job DISABLE TRIGGER sync_job_guard", "UPDATE sync_job SET state = '\(state)'",
        "ALTER TABLE sync_job ENABLE TRIGGER sync_job_guard")
    }
    let token = try #require(try await value("SELECT lease_token FROM sync_job"))
    let cancelled = try await syncline("jobs", "cancel", jobA, "--yes", "--reason", "wrong source")
    #expect(cancelled.code == .ok)
    #expect(try cancelled.json["state"]?.string == "cancelled")
    #expect(try cancelled.json["error_message"]?.string == "wrong source")
    #expect(try cancelled.json["finished_at"]?.isNull == false)
    let log = try await syncline("log", "show", jobA).json
    #expect(log["status"]?.string == "cancelled" && log["error_message"]?.string == "wrong source")
    #expect(
      [log["received"]?.integer, log["inserted"]?.integer, log["rejected"]?.integer, log["pages"]?.integer] == [
        3, 2, 1, 1,
      ])
    #expect(try await value("SELECT string_agg(state, ',' ORDER BY page) FROM sync_page") == "applied,allocated")
    #expect(try await value("SELECT count(*) FROM sync_page WHERE seen IS NOT NULL") == "0")
    await #expect(throws: Fenced.self) {
      try await SyncDatabase.current.run { session in
        try session.asWorker("RIO") {
          try session.query("SELECT hold_job($1::uuid, $2::uuid, 12)", [.uuid(jobA), .uuid(token)])
        }
      }
    }
    #expect(try await syncline("jobs", "cancel", jobA, "--yes").code == .conflict)
  }

  @Test("cancel waits for a page that is being applied, and counts it")
  func cancelDuringApply() async throws {
    try await seedRun("running")
    let database = try SyncDatabase.current
    async let applied = database.run { session in
      try session.transaction {
        try session.execute("UPDATE sync_page SET state = 'applied', received = 5, updated = 5 WHERE page = 2")
        try waitBlocking {
          try await until("somebody waits for the page") {
            try await database.run { other in try other.query(waiting).rowCount > 0 }
          }
        }
      }
    }
    try await until("the page is being applied") {
      try await database.run { other in try other.query(applying).rowCount > 0 }
    }
    let ran = try await syncline("jobs", "cancel", jobA, "--yes")
    #expect(ran.code == .ok, "\(ran.messages)")
    try await applied
    let log = try await syncline("log", "show", jobA).json
    #expect([log["received"]?.integer, log["updated"]?.integer, log["pages"]?.integer] == [8, 5, 2])
  }

  private let waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
  private let applying = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE 'UPDATE sync_page%'
    """

  @Test(
    "watch follows a job to its end: 0 when it succeeded, 1 when not", arguments: ["succeeded", "failed", "cancelled"])
  func watch(end: String) async throws {
    try await seedRun("running")
    try await sql("INSERT INTO read_checkpoint (job_id, organization_id, total) VALUES ('\(jobA)', 'RIO', 10)")
    let database = try SyncDatabase.current
    let recorder = Recorder()
    async let watched = Commands.program.run(
      ["jobs", "watch", jobA], output: recorder.output(), environment: ["DATABASE_URL": database.url])
    try await until("the watcher has seen the job run") { recorder.messages.contains("3 of 10 records") }
    let code = end == "succeeded" ? "NULL" : "'X'"
    try await sql(
      "UPDATE sync_job SET state = '\(end)', finished_at = now(), error_code = \(code) WHERE id = '\(jobA)'")
    #expect(await watched == (end == "succeeded" ? .ok : .failure))
    let json = try JSONValue(parsing: Array(recorder.data.utf8))
    #expect(json["state"]?.string == end)
    #expect(recorder.messages.contains("is \(end)"))
  }

  @Test("watch is interrupted with 130")
  func interrupted() async throws {
    try await seedRun("running")
    let database = try SyncDatabase.current
    let recorder = Recorder()
    let (stops, send) = AsyncStream.makeStream(of: StopSignal.self)
    async let watched = Commands.program.run(
      ["jobs", "watch", jobA], output: recorder.output(), environment: ["DATABASE_URL": database.url], stops: { stops })
    try await until("the watcher runs") { recorder.messages.contains("is running") }
    send.yield(StopSignal(number: 2, ordinal: 1))
    #expect(await watched == .interrupted)
    #expect(recorder.messages.contains("INTERRUPTED: stopped waiting; job \(jobA) goes on"), "\(recorder.messages)")
  }

  @Test("watch ends at its --timeout with 124, and at once with 4 for a job that waits for approval")
  func watchEnds() async throws {
    try await seedRun()
    let held = try await syncline("jobs", "watch", jobA)
    #expect(held.code == .findings && held.messages.contains("do: 'syncline jobs approve \(jobA)'"))
    #expect(try held.json["state"]?.string == "awaiting_approval")
    try await sql("UPDATE sync_job SET state = 'running' WHERE id = '\(jobA)'")
    let late = try await syncline("jobs", "watch", jobA, "--timeout", "1")
    #expect(late.code == .timedOut && late.messages.contains("TIMED_OUT: job \(jobA) has not ended yet; it goes on"))
  }

  @Test(
    "How a job ended is one exit code, for watch and for --wait",
    arguments: [
      (JobState.succeeded, nil, ExitCode.ok), (.succeeded, "EMPTY_READ", .findings),
      (.awaitingApproval, "MASS_DISCONTINUE", .findings), (.awaitingApproval, nil, .findings),
      (.failed, "CONFLICT", .conflict), (.failed, "JOB_ALREADY_RUNNING", .conflict),
      (.failed, "VERSION_CONFLICT", .conflict), (.failed, "INVALID_DATE_ORDER", .invalid),
      (.failed, "FIELD_NOT_EDITABLE", .invalid), (.failed, "INVALID_CHANGE", .invalid),
      (.failed, "PROJECT_NOT_FOUND", .noSuchProject), (.failed, "PROJECT_LOCKED", .locked),
      (.failed, "TARGET_ERROR", .targetError), (.failed, "TIMEOUT", .timedOut), (.failed, "FORBIDDEN", .failure),
      (.failed, "SOURCE_NOT_FOUND", .notFound), (.failed, "FILE_NOT_FOUND", .notFound), (.failed, "AUTH", .failure),
      (.failed, nil, .failure), (.cancelled, nil, .failure),
    ] as [(JobState, String?, ExitCode)])
  func ends(state: JobState, code: String?, exit: ExitCode) {
    #expect(JobEnd.exit(state, code: code) == exit)
  }

  @Test("A commit that took effect in part is a conflict, for watch as for --wait")
  func partialCommit() async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, result, finished_at)
      VALUES ('\(jobA)', 'RIO', 'draft_commit', 'succeeded', 'with_conflicts', now()),
        ('\(jobB)', 'RIO', 'read_sync', 'succeeded', 'with_conflicts', now())
      """)
    #expect(try await syncline("jobs", "watch", jobA).code == .conflict)
    #expect(try await syncline("jobs", "watch", jobB).code == .ok)
  }

  @Test("why answers in one line")
  func why() async throws {
    try await seedRun()
    let json = try await syncline("jobs", "why", jobA).json
    #expect(json["why"]?.string?.contains("waits for approval") == true)
    #expect(json["evidence"]?.string == "MASS_DISCONTINUE: 40 of 100 records would go")
    let line = try await syncline("jobs", "why", jobA, "-o", "table").data
    #expect(line.hasPrefix("waits for approval: ") && line.split(separator: "\n").count == 1)
    try await sql("INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobB)', 'RIO2', 'write_back')")
    #expect(try await syncline("jobs", "why", jobB).json["why"]?.string?.contains("waits for a worker") == true)
    try await sql("UPDATE organization SET status = 'suspended' WHERE id = 'RIO2'")
    #expect(try await syncline("jobs", "why", jobB).json["why"]?.string?.contains("suspended") == true)
  }
}
