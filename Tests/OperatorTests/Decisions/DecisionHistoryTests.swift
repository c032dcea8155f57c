import SyncDomain
import TestKit
import Testing

@testable import Operator

/// Each change that an operator makes leaves who, when and why where a command shows it.
@Suite(.syncDatabase) struct DecisionHistoryTests {
  private static let ann = ["SYNCLINE_ACTOR": "ann"]

  private func run(_ line: String..., actor: String = "ann") async throws -> Ran {
    let ran = try await syncline(line + ["--reason", "because"], environment: ["SYNCLINE_ACTOR": actor])
    #expect(ran.code == .ok, "\(line): \(ran.messages)")
    return ran
  }

  /// Actor and reason of the newest event of a job.
  private func last(_ job: String) async throws -> [String?] {
    guard case .array(let events)? = try await syncline("jobs", "show", job).json["history"] else { return [] }
    return [events.last?["event"]?.string, events.last?["actor"]?.string, events.last?["reason"]?.string]
  }

  @Test("jobs approve, cancel and retry: the job's history names the operator and the reason")
  func jobs() async throws {
    try await sql(
      "INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobA)', 'RIO', 'read_sync')",
      "UPDATE sync_job SET state = 'running', lease_owner = 'worker-1', lease_token = gen_random_uuid()",
      "UPDATE sync_job SET state = 'awaiting_approval'")
    _ = try await run("jobs", "approve", jobA)
    #expect(try await last(jobA) == ["running", "ann", "because"])
    _ = try await run("jobs", "cancel", jobA, actor: "bob")
    #expect(try await last(jobA) == ["cancelled", "bob", "because"])
    let new = try #require(try await run("jobs", "retry", jobA, actor: "eve").json["id"]?.string)
    #expect(try await last(new) == ["queued", "eve", "because"])
    #expect(try await syncline("jobs", "show", new).json["requested_by"]?.string == "eve")
    try await sql(
      "UPDATE sync_job SET state = 'running' WHERE id = '\(new)'",
      "UPDATE sync_job SET state = 'retrying', run_at = now() + interval '1 hour' WHERE id = '\(new)'")
    _ = try await run("jobs", "retry", new, actor: "bob")
    #expect(try await last(new) == ["hastened", "bob", "because"])
    // Without a reason the message of a cancelled job names who did it.
    #expect(try await syncline(["jobs", "cancel", new], environment: Self.ann).code == .ok)
    #expect(try await syncline("jobs", "show", new).json["error_message"]?.string == "cancelled by ann")
  }

  @Test("organizations add and suspend, queue pause and resume, schema target: kept and shown")
  func others() async throws {
    _ = try await run("organizations", "add", "ACME", "--name", "Acme")
    _ = try await run("organizations", "suspend", "ACME", actor: "bob")
    _ = try await run("organizations", "suspend", "ACME", "--resume", actor: "eve")
    guard case .array(let events)? = try await syncline("organizations", "show", "ACME").json["history"] else {
      throw Unexpected(what: "no history")
    }
    #expect(events.map { $0["actor"]?.string } == ["eve", "bob", "ann"])
    #expect(events.allSatisfy { $0["reason"]?.string == "because" })
    #expect(events[1]["after"]?["status"]?.string == "suspended")
    let table = try await syncline("organizations", "show", "ACME", "-o", "table").data
    #expect(table.contains("because") && table.contains("changed"))
    #expect(try await syncline("organizations", "show", "NOPE").code == .notFound)

    _ = try await run("queue", "pause", "read_sync")
    _ = try await run("queue", "resume", "read_sync", actor: "bob")
    let pause = try #require(try await syncline("queue", "list", "--history").objects.first)
    #expect(pause["paused_by"]?.string == "ann" && pause["resumed_by"]?.string == "bob")
    #expect(pause["reason"]?.string == "because" && pause["resume_reason"]?.string == "because")

    _ = try await run("schema", "target", "--set")
    _ = try await run("schema", "target", "--set", "--status", "inactive", actor: "bob")
    let targets = try await syncline("schema", "target", "--history").objects
    #expect(targets.map { $0["actor"]?.string } == ["bob", "ann"])
    #expect(targets[0]["before"]?["status"]?.string == "active")
  }

  @Test("Drafts: the reason of a discard and of a retry, the commit's in its job, the rebuild's actor")
  func edits() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      VALUES (gen_random_uuid(), 'RIO', 'P1', '{"category": "Crane", "source": "Purchase", "purchasePrice": 5}')
      """, "INSERT INTO org_permission VALUES ('ann', 'RIO', 'write')")
    let session = ["--user", "ann", "--session", "s1"]
    #expect(try await syncline(["drafts", "create", "RIO", "P1", "--set", "dor=X"] + session).code == .ok)
    #expect(try await syncline(["drafts", "discard", "--yes", "--reason", "wrong"] + session).code == .ok)
    #expect(try await value("SELECT reason FROM pfa_edit_event WHERE kind = 'discarded'") == "wrong")
    let discard = "SELECT metadata ->> 'reason' FROM sync_event WHERE type = 'modification.discarded'"
    #expect(try await value(discard) == "wrong")

    #expect(try await syncline(["drafts", "create", "RIO", "P1", "--set", "dor=Y"] + session).code == .ok)
    try await sql(
      "UPDATE pfa_modification SET sync_state = 'committed', committed_at = now()",
      "UPDATE pfa_modification SET sync_state = 'syncing'",
      "UPDATE pfa_modification SET sync_state = 'failed', error_code = 'AUTH'")
    _ = try await run("drafts", "retry", "--all", actor: "boss")
    let shown = try await syncline("records", "show", "RIO", "P1").json
    guard case .array(let history)? = shown["history"] else { throw Unexpected(what: "no history") }
    #expect(history.first?["event"]?.string == "committed" && history.first?["actor"]?.string == "boss")
    #expect(history.first?["reason"]?.string == "because")

    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, parameters, requested_by, finished_at)
      VALUES ('\(jobA)', 'RIO', 'draft_commit', 'succeeded', '{"changeReason": "weekly"}', 'ann', now())
      """)
    #expect(try await last(jobA) == ["succeeded", "ann", "weekly"])
    let job = try #require(try await run("kpi", "rebuild", "RIO", actor: "bob").objects.first?["cause_id"]?.string)
    #expect(try await last(job) == ["succeeded", "bob", "because"])
    #expect(try await syncline("jobs", "show", job).json["requested_by"]?.string == "bob")
  }

  @Test("The actor: --user where a command has it, else SYNCLINE_ACTOR, else USER, else the login's name")
  func actor() async throws {
    func actor(_ line: [String], _ environment: [String: String]) throws -> String {
      guard case .run(let command, let values) = try ArgumentParser.parse(line, Commands.table) else { return "" }
      return Invocation(
        command: command, values: values, output: Recorder().output(), environment: environment, table: Commands.table
      ).actor
    }
    let both = ["SYNCLINE_ACTOR": "setting", "USER": "login"]
    #expect(try actor(["drafts", "discard", "--user", "ann", "--session", "s"], both) == "ann")
    #expect(try actor(["jobs", "cancel", jobA], both) == "setting")
    #expect(try actor(["jobs", "cancel", jobA], ["USER": "login"]) == "login")
    #expect(try actor(["jobs", "cancel", jobA], ["USER": "", "LOGNAME": "name"]) == "name")
    #expect(try !actor(["jobs", "cancel", jobA], [:]).isEmpty)
  }
}
