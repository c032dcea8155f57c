import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

/// `syncline drafts` and `syncline conflicts`, as an operator and as a script sees them.
@Suite(.syncDatabase) struct DraftCommandTests {
  private func seed() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      SELECT gen_random_uuid(), 'RIO', 'P' || n, '{"category": "Crane", "source": "Rental", "dor": "BEO", "monthlyRate": 3044,
        "forecastStart": "2025-01-01", "forecastEnd": "2025-01-31"}' FROM generate_series(1, 3) n
      """,
      "INSERT INTO org_permission VALUES ('ann', 'RIO', 'write'), ('bob', 'RIO', 'write')")
  }

  private func create(_ user: String, _ session: String, _ record: String, _ sets: String..., more: [String] = [])
    async throws -> Ran
  {
    try await syncline(
      ["drafts", "create", "RIO", record, "--user", user, "--session", session] + sets.flatMap { ["--set", $0] } + more)
  }

  /// What a worker does with the newest commit in the outbox.
  private func work() async throws {
    try await SyncDatabase.current.run { session in
      let row = try session.query(
        """
        DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox WHERE topic = 'pfa.draft-commit.v1')
        RETURNING message_value, headers::text AS headers
        """
      ).one()
      let event = CloudEvent(
        id: "1", source: "s", type: DraftCommitRequest.type, data: try row.bytea("message_value") ?? [])
      let request = try DraftCommitRequest(event)
      let commit = QueuedCommit(request: request, jobId: request.commitId, key: request.commitId, askedAt: nil)
      try session.transaction {
        try session.becomeApplier("RIO")
        var fold = try DraftCommitStore.load(session, organization: "RIO", [commit]).fold
        try DraftCommitStore.save(session, organization: "RIO", [(commit, fold.commit(request))], slot: 0)
      }
    }
  }

  /// Commits and waits while a worker works.
  private func commit(_ user: String, _ session: String, _ flags: String...) async throws -> Ran {
    async let ran = syncline(
      ["drafts", "commit", "--user", user, "--session", session, "--wait", "--timeout", "60"] + flags)
    try await until("the commit is queued") {
      try await value("SELECT count(*) FROM outbox WHERE topic = 'pfa.draft-commit.v1'") == "1"
    }
    try await work()
    return try await ran
  }

  @Test("A session from its first edit to its effect: create, check, commit, list (S1-60)")
  func session() async throws {
    try await seed()
    let made = try await create("ann", "s1", "P1", "forecastEnd=2025-03-03", "dor=BEO")
    #expect(made.code == .ok)
    #expect(try made.json["delta"]?["forecastEnd"]?.string == "2025-03-03" && made.json["delta"]?["dor"] == nil)
    let none = try await create("ann", "s1", "P2", "dor=BEO")
    #expect(none.code == .ok && none.messages.contains("nothing differs"))

    let check = try await syncline("drafts", "check", "--session", "s1", "--user", "ann")
    #expect(check.code == .ok)
    #expect(try check.json["edits"]?.count == 1)
    // 30 days to 61 days at 100 a day.
    #expect(check.data.contains("3100.00"))
    #expect(try await value("SELECT count(*) FROM sync_job") == "0", "writes nothing")

    let done = try await commit("ann", "s1", "--reason", "weekly")
    #expect(done.code == .ok)
    #expect(try done.json["state"]?.string == "succeeded" && done.json["conflicts"]?.count == 0)
    #expect(try await value("SELECT data ->> 'forecastEnd' FROM pfa_mirror WHERE pfa_id = 'P1'") == "2025-03-03")
    let list = try await syncline("drafts", "list", "--session", "s1").objects
    #expect(list.map { $0["sync_state"]?.string } == ["committed"])
    #expect(list[0]["change_reason"]?.string == "weekly")
  }

  @Test("A conflict exits 9 with the list, is shown field by field, and is resolved once, with who and why")
  func conflict() async throws {
    try await seed()
    _ = try await create("ann", "s1", "P1", "dor=ANN")
    _ = try await create("bob", "s2", "P1", "dor=BOB")
    _ = try await create("bob", "s2", "P2", "dor=BOB")
    #expect(try await commit("ann", "s1").code == .ok)
    let check = try await syncline("drafts", "check", "--session", "s2", "--user", "bob")
    #expect(check.code == .conflict && check.data.contains("field_overlap"))
    let late = try await commit("bob", "s2")
    #expect(late.code == .conflict && late.messages.contains("CONFLICT"))
    let conflicts = try late.json["conflicts"]
    #expect(conflicts?.count == 1)
    let id = try #require(try await syncline("conflicts", "list").objects.first?["id"]?.string)
    let shown = try await syncline("conflicts", "show", id, "-o", "table")
    #expect(shown.code == .ok && shown.data.contains("BEO") && shown.data.contains("ANN") && shown.data.contains("BOB"))
    let undecided = try await syncline("conflicts", "resolve", id, "--user", "bob")
    #expect(undecided.code == .usage && undecided.messages.contains("nothing says how"))
    let elsewhere = try await syncline("conflicts", "resolve", id, "--set", "monthlyRate=5")
    #expect(elsewhere.code == .usage && elsewhere.messages.contains("CHOICE_REQUIRED: nothing says how dor is"))
    #expect(try await value("SELECT status FROM pfa_sync_conflict") == "open")
    #expect(try await syncline("conflicts", "resolve", id, "--user", "eve", "--take", "mine").code == .failure)
    let eve = ["SYNCLINE_ACTOR": "eve"]
    // Without --user the edit's user must be allowed to, at this moment; eve is none.
    try await sql("UPDATE org_permission SET level = 'read' WHERE user_id = 'bob'")
    let revoked = try await syncline("conflicts", "resolve", id, "--take", "mine", environment: eve)
    #expect(revoked.code == .failure && revoked.messages.contains("user bob has no write permission"))
    #expect(revoked.messages.contains("'syncline permissions grant bob RIO'"))
    try await sql("UPDATE org_permission SET level = 'write' WHERE user_id = 'bob'")
    let negative = ["conflicts", "resolve", id, "--user", "bob", "--set", "monthlyRate=-1", "--take", "mine"]
    #expect(try await syncline(negative).code == .invalid)
    let decision = ["conflicts", "resolve", id, "--set", "dor=BOTH", "--reason", "agreed"]
    _ = try await value(
      "UPDATE pfa_mirror SET data = data || '{\"dor\": \"EVE\"}', version = 3 WHERE pfa_id = 'P1' RETURNING version")
    let blind = try await syncline(decision, environment: eve)
    #expect(blind.code == .conflict && blind.messages.contains("others have edited dor"))
    #expect(try await syncline("conflicts", "show", id).data.contains("EVE"))
    let resolved = try await syncline(decision, environment: eve)
    #expect(resolved.code == .ok, "\(resolved.messages)")
    #expect(try resolved.json["resolution"]?.string == "set" && resolved.json["resolved_by"]?.string == "eve")
    let edit = try #require(try await value("SELECT modification_id FROM pfa_sync_conflict"))
    #expect(
      try await value(
        "SELECT metadata ->> 'actor' FROM sync_event WHERE stream = 'modification/\(edit)' ORDER BY version DESC LIMIT 1"
      )
        == "eve")
    #expect(try await value("SELECT user_id FROM pfa_edit_event WHERE kind = 'resolved'") == "eve")
    #expect(try await value("SELECT data ->> 'dor' FROM pfa_mirror WHERE pfa_id = 'P1'") == "BOTH")
    #expect(try await value("SELECT reason FROM pfa_edit_event WHERE kind = 'resolved'") == "agreed")
    #expect(try await syncline("conflicts", "resolve", id, "--user", "bob", "--take", "mine").code == .conflict)
    #expect(try await syncline("conflicts", "show", noJob).code == .notFound)
    for (status, count) in [("open", 0), ("resolved", 1), ("all", 1)] {
      #expect(try await syncline("conflicts", "list", "--status", status).objects.count == count, "\(status)")
    }
    #expect(try await syncline("kpi", "verify", "RIO").code == .findings, "the seed went behind the totals' back")
  }

  @Test("What is refused says so: exit codes 5, 40, 2 and 1")
  func refusals() async throws {
    try await seed()
    #expect(try await create("ann", "s1", "P9", "dor=X").code == .notFound)
    #expect(try await create("ann", "s1", "P1", "pfaId=X").code == .invalid)
    #expect(try await create("ann", "s1", "P1", "monthlyRate=abc").code == .invalid)
    #expect(try await create("ann", "s1", "P1", "dor").code == .usage)
    // What a commit would refuse whatever the record is, is refused at once.
    let negative = try await create("ann", "s1", "P1", "monthlyRate=-3", "dor=X")
    #expect(
      negative.code == .invalid && negative.messages.contains("INVALID_RANGE: monthlyRate: it may not be negative"))
    let unknown = try await create("ann", "s1", "P1", "drr=X")
    #expect(
      unknown.code == .invalid && unknown.messages.contains("drr: no field that users may edit; do: try dor; users"))
    #expect(try await value("SELECT count(*) FROM pfa_modification") == "0")
    let stranger = try await create("eve o'x", "s1", "P1", "dor=X")
    #expect(stranger.messages.contains("FORBIDDEN"))
    #expect(
      stranger.messages.contains("'syncline permissions grant \"eve o'x\" RIO' lets edit"), "\(stranger.messages)")
    try await sql("UPDATE organization SET status = 'suspended' WHERE id = 'RIO'")
    let suspended = try await create("ann", "s1", "P1", "dor=X")
    #expect(suspended.messages.contains("'syncline organizations suspend RIO --resume'"), "\(suspended.messages)")
    try await sql("UPDATE organization SET status = 'active' WHERE id = 'RIO'")
    #expect(try await syncline("drafts", "commit", "--session", "s", "--user", "ann").code == .notFound)
    _ = try await create("ann", "s1", "P1", "forecastEnd=2020-01-01")
    let refused = try await commit("ann", "s1")
    #expect(refused.code == .invalid && refused.messages.contains("INVALID_DATE_ORDER"))
    #expect(try refused.json["issues"]?.count == 1)
    let discard = ["drafts", "discard", "--session", "s1", "--user", "ann"]
    #expect(try await syncline(discard).code == .usage, "nobody can be asked")
    #expect(try await syncline(discard + ["--yes"]).json["discarded"]?.digits == "1")
    #expect(try await syncline(discard + ["--yes"]).code == .notFound)
  }
}
