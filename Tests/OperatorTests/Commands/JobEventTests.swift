import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

/// `pfa.job-events.v1` carries the job as `jobs show -o json` prints it (contract section 3).
@Suite(.syncDatabase) struct JobEventTests {
  /// The newest event of the outbox.
  private func event() async throws -> JSONValue {
    let text = try await value(
      "SELECT convert_from(message_value, 'UTF8') FROM outbox WHERE topic = 'pfa.job-events.v1' ORDER BY id DESC LIMIT 1"
    )
    return try JSONValue(parsing: Array(try #require(text).utf8))
  }

  private func shown(_ id: String) async throws -> JSONValue {
    let json = try await syncline("jobs", "show", id).json
    let line = try await syncline("jobs", "show", id, "-o", "ndjson").data
    #expect(try JSONValue(parsing: Array(line.utf8)).canonicalText == json.canonicalText)
    return json
  }

  @Test("Each event is what jobs show prints at that moment: history, log row and issues included")
  func equal() async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, parameters, requested_by)
      VALUES ('\(jobA)', 'RIO', 'read_sync', '{"source": "pems", "rate": 1.50, "odd": "é\\u001b"}', 'ann')
      """)
    #expect(try await event().canonicalText == shown(jobA).canonicalText)
    let claim = try #require(
      try await SyncDatabase.current.run { session in
        try session.asSystem { try JobStore.claim(session, kinds: ["read_sync"], owner: "worker-1") }
      })
    #expect(claim.id == jobA)
    let running = try await event()
    #expect(try await running.canonicalText == shown(jobA).canonicalText)
    #expect(running["state"]?.string == "running" && running["history"]?.count == 2)
    // Everything of one transaction is in its event, whatever came last.
    try await SyncDatabase.current.run { session in
      try session.transaction {
        try session.execute(
          "UPDATE sync_job SET state = 'succeeded', result = 'with_rejects', finished_at = clock_timestamp()")
        try session.execute(
          """
          INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, status, received, rejected, completed_at)
          VALUES ('\(jobA)', 'RIO', 'full', 'completed_with_errors', 25, 25, now() + interval '1.2345 s')
          """)
        try session.execute(
          """
          INSERT INTO sync_record_issue (job_id, organization_id, page, pfa_id, field, code, raw, rejected)
          SELECT '\(jobA)', 'RIO', 1, 'P' || n, 'dor', 'INVALID_TEXT', '"' || n, true FROM generate_series(1, 25) n
          """)
      }
    }
    let ended = try await event()
    #expect(try await ended.canonicalText == shown(jobA).canonicalText)
    #expect(ended["issues"]?.count == 20 && ended["log"]?["received"]?.integer == 25)
    #expect(ended["lease_token"] == nil)
  }

  @Test(
    "Jobs that are over when they are inserted are told at once, all of a statement, with what it inserts with them")
  func over() async throws {
    try await sql(
      """
      WITH jobs AS (
        INSERT INTO sync_job (id, organization_id, kind, state, result, parameters, requested_by, finished_at)
        VALUES ('\(jobA)', 'RIO', 'draft_commit', 'succeeded', 'clean', '{"sessionId": null}', 'ann', now()),
          ('\(jobB)', 'RIO', 'draft_commit', 'failed', NULL, '{"changeReason": "late"}', NULL, now())
        RETURNING id
      ),
      issues AS (
        INSERT INTO sync_record_issue (job_id, organization_id, pfa_id, field, code, raw, rejected)
        VALUES ('\(jobB)', 'RIO', 'P1', 'dor', 'INVALID_TEXT', '"', true)
      )
      INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, status, completed_at)
      SELECT id, 'RIO', 'draft_commit', 'completed', now() FROM jobs
      """)
    let events = try await SyncDatabase.current.run { session in
      try session.query(
        "SELECT convert_from(message_key, 'UTF8') AS id, convert_from(message_value, 'UTF8') AS value FROM outbox"
      ).rows.map { (id: try $0.string("id"), event: try JSONValue(parsing: Array(try $0.string("value").utf8))) }
    }
    #expect(Set(events.map(\.id)) == [jobA, jobB] && events.count == 2)
    for (id, event) in events {
      #expect(try await event.canonicalText == shown(id).canonicalText)
      #expect(event["history"]?.count == 1 && event["log"]?["status"]?.string == "completed")
    }
    let failed = try #require(events.first { $0.id == jobB }?.event)
    #expect(failed["issues"]?.count == 1)
    let history = try await value(
      """
      SELECT metadata || jsonb_build_object('parameters', data #> '{after,parameters}') FROM sync_event
      WHERE stream = 'job/\(jobA)'
      """)
    #expect(history == #"{"actor": "ann", "parameters": {"sessionId": null}}"#)
    #expect(
      try await value("SELECT metadata ->> 'reason' FROM sync_event WHERE stream = 'job/\(jobB)'") == "late")
  }

  @Test(
    "An event that Kafka would not take leaves out as much as it must, and says what; jobs show has all of it",
    arguments: [
      (500_000, ["history.data"]), (950_000, ["history.data", "parameters"]),
    ])
  func large(bytes: Int, left: [String]) async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, parameters)
      VALUES ('\(jobA)', 'RIO', 'schema_change', jsonb_build_object('changes', repeat('x', \(bytes))))
      """, "UPDATE sync_job SET state = 'running'",
      "UPDATE sync_job SET state = 'failed', finished_at = clock_timestamp()")
    let sizes = try await value("SELECT max(octet_length(message_value)) FROM outbox")
    #expect(try #require(Int(sizes ?? "")) <= 900_000)
    let event = try await event()
    #expect(event["left_out"]?.canonicalText == "[" + left.map { "\"\($0)\"" }.joined(separator: ",") + "]")
    #expect(event["state"]?.string == "failed" && event["history"]?.count == 3 && event["id"]?.string == jobA)
    #expect(event["parameters"]?.isNull == left.contains("parameters"))
    let shown = try await shown(jobA)
    #expect(shown["parameters"]?["changes"]?.string?.utf8.count == bytes && shown["left_out"] == nil)
  }

  @Test("Nothing that a job may hold keeps its event in the outbox")
  func largest() async throws {
    try await sql(
      "INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobA)', 'RIO', 'read_sync')",
      "UPDATE sync_job SET state = 'running'",
      """
      UPDATE sync_job SET state = 'failed', finished_at = clock_timestamp(), error_message = repeat('e', 950000),
        progress = jsonb_build_object('effect', repeat('p', 950000))
      """)
    #expect(try await value("SELECT max(octet_length(message_value)) < 900000 FROM outbox") == "t")
    #expect(try await event()["state"]?.string == "failed")
  }

  @Test("Moments are RFC 3339 in UTC with milliseconds, and a job never changed last before it ended")
  func moments() async throws {
    try await sql(
      "SET timezone = 'America/Sao_Paulo'",
      """
      INSERT INTO sync_job (id, organization_id, kind, state, created_at, finished_at)
      VALUES ('\(jobA)', 'RIO', 'kpi_rebuild', 'succeeded', '2026-01-31 23:30:00.0129-03', clock_timestamp())
      """)
    let job = try await event()
    #expect(job["created_at"]?.string == "2026-02-01T02:30:00.012Z")
    let names = ["run_at", "created_at", "finished_at", "updated_at"]
    for name in names {
      let text = try #require(job[name]?.string)
      #expect(text.count == 24 && text.hasSuffix("Z") && text.contains("T"), "\(text)")
    }
    #expect((job["updated_at"]?.string ?? "") >= (job["finished_at"]?.string ?? "x"))
    let listed = try #require(try await syncline("jobs", "list").objects.first)
    for name in names { #expect(listed[name]?.canonicalText == job[name]?.canonicalText, "\(name)") }
    try await sql(
      "INSERT INTO sync_job (id, organization_id, kind, state) VALUES ('\(jobB)', 'RIO', 'read_sync', 'running')",
      "UPDATE sync_job SET state = 'failed', finished_at = clock_timestamp() WHERE id = '\(jobB)'")
    let late = try await value("SELECT count(*) FROM sync_job WHERE updated_at < finished_at")
    #expect(late == "0")
  }

  @Test("Two changes of state in one transaction are one event, a change of the lease none; a roll-back leaves none")
  func once() async throws {
    try await SyncDatabase.current.run { session in
      try session.transaction {
        try session.execute("INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobA)', 'RIO', 'read_sync')")
        try session.execute("UPDATE sync_job SET state = 'running'")
      }
      try session.execute("UPDATE sync_job SET lease_expires_at = now()")
      struct Undo: Error {}
      try? session.transaction {
        try session.execute("UPDATE sync_job SET state = 'retrying'")
        throw Undo()
      }
    }
    let states = try await value(
      "SELECT string_agg(convert_from(message_value, 'UTF8')::json ->> 'state', ',' ORDER BY id) FROM outbox")
    #expect(states == "running")
  }
}
