import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct JobsRetryTests {
  private func seed(_ kind: String, _ state: String, parameters: String = "{}") async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, attempt, parameters, error_code, error_message, finished_at)
      VALUES ('\(jobA)', 'RIO', '\(kind)', '\(state)', 6, '\(parameters)', 'UPSTREAM_AUTH', 'refused',
        CASE WHEN '\(state)' <> 'retrying' THEN now() END)
      """)
  }

  @Test(
    "A failed read is done again as a new job that names it, with its parameters and the reason; an open read forbids it"
  )
  func read() async throws {
    try await seed("read_sync", "failed", parameters: #"{"mode": "full", "source": "pems", "approved": true}"#)
    let ran = try await syncline(
      ["jobs", "retry", jobA, "--yes", "--reason", "password renewed"], environment: ["USER": "ann"])
    #expect(ran.code == .ok, "\(ran.messages)")
    let job = try ran.json
    let id = try #require(job["id"]?.string)
    #expect(job["state"]?.string == "queued" && job["retry_of"]?.string == jobA && job["requested_by"]?.string == "ann")
    #expect(job["attempt"]?.integer == 0)
    #expect(job["parameters"]?["source"]?.string == "pems" && job["parameters"]?["approved"] == nil)
    let history = try await syncline("jobs", "show", id).json["history"]
    guard case .array(let events)? = history else { throw Unexpected(what: "no history") }
    #expect(events[0]["reason"]?.string == "password renewed" && events[0]["actor"]?.string == "ann")
    let why = try await syncline("jobs", "why", jobA).json["why"]?.string
    #expect(why?.hasSuffix("; done again as job \(id)") == true)
    let again = try await syncline("jobs", "retry", jobA, "--yes")
    #expect(again.code == .conflict && again.messages.contains("JOB_ALREADY_RUNNING"))
    #expect(try await syncline("jobs", "retry", id, "--yes").messages.contains("is queued, so it can not be retried"))
    #expect(try await syncline("jobs", "retry", noJob, "--yes").code == .notFound)
  }

  @Test("A job that waits for its next attempt has it at once")
  func hasten() async throws {
    try await seed("read_sync", "retrying")
    try await sql("UPDATE sync_job SET run_at = now() + interval '1 hour'")
    #expect(try await syncline("jobs", "retry", jobA, "--yes").code == .ok)
    #expect(try await value("SELECT run_at <= now() AND state = 'retrying' FROM sync_job") == "t")
    #expect(try await value("SELECT count(*) FROM sync_job") == "1")
  }

  @Test("A failed commit is asked for again with the session's drafts; a push is not done again by its job")
  func events() async throws {
    try await seed(
      "draft_commit", "failed",
      parameters: #"{"userId": "ann", "sessionId": "s", "changeReason": "plan", "partial": true}"#)
    let ran = try await syncline(
      ["jobs", "retry", jobA, "--yes", "--reason", "lock is gone"], environment: ["USER": "root"])
    #expect(ran.code == .ok, "\(ran.messages)")
    let id = try #require(try ran.json["id"]?.string)
    let noted = try await value(
      "SELECT requested_by || parameters::text FROM job_request WHERE job_id = '\(id)' AND parameters -> 'retry' ->> 'of' = '\(jobA)'"
    )
    #expect(noted?.hasPrefix("root{") == true && noted?.contains("lock is gone") == true)
    let body = try JSONValue(
      parsing: Array(
        (try await value(
          "SELECT convert_from(message_value, 'UTF8') FROM outbox WHERE topic = 'pfa.draft-commit.v1'") ?? "").utf8))
    #expect(
      body["commitId"]?.string == id && body["sessionId"]?.string == "s" && body["changeReason"]?.string == "plan")
    #expect(body["organization"]?.string == "RIO" && body["userId"]?.string == "ann")
    try await sql(
      "INSERT INTO sync_job (id, organization_id, kind, state, finished_at) VALUES ('\(jobB)', 'RIO', 'write_back', 'failed', now())"
    )
    let push = try await syncline("jobs", "retry", jobB, "--yes")
    #expect(push.code == .conflict && push.messages.contains("NOT_RETRYABLE"))
  }
}
