import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Claims, fencing and requests of jobs.
@Suite("Jobs", .syncDatabase) struct JobTests {
  private func queue(_ session: PGSession, _ more: String = "", _ values: String = "") throws -> String {
    let sql = "INSERT INTO sync_job (organization_id, kind\(more)) VALUES ('RIO', 'write_back'\(values)) RETURNING id"
    return try #require(try session.value(sql))
  }

  private func claim(_ session: PGSession, _ kinds: [String] = ["write_back"], owner: String = "w") throws -> JobClaim?
  {
    try session.asSystem { try JobStore.claim(session, kinds: kinds, owner: owner) }
  }

  private func expire(_ session: PGSession) throws {
    try session.execute("UPDATE sync_job SET lease_expires_at = now() - interval '1 s' WHERE state = 'running'")
  }

  @Test("Due jobs of the asked kinds are claimed by priority and age, and nothing else is")
  func order() async throws {
    try await onDatabase { session in
      let old = try queue(session, ", run_at", ", now() - interval '1 min'")
      let urgent = try queue(session, ", priority", ", 5")
      let late = try queue(session, ", run_at", ", now() - interval '1 s'")
      _ = try queue(session, ", run_at", ", now() + interval '1 h'")
      let none = try claim(session, ["read_sync"])
      #expect(none == nil)
      var ids: [String] = []
      while let next = try claim(session) { ids.append(next.id) }
      #expect(ids == [urgent, old, late])
    }
  }

  @Test("A living claim is left alone; after its lease another worker takes the job over, in the same attempt")
  func takeover() async throws {
    try await onDatabase { session in
      let id = try queue(session)
      let first = try #require(try claim(session, owner: "first"))
      #expect(first.id == id && first.attempt == 1 && !first.isTakenOver)
      #expect(first.elapsed < .seconds(60))
      let nobody = try claim(session)
      #expect(nobody == nil)
      try expire(session)
      try session.query("UPDATE sync_job SET started_at = now() - interval '1 hour'")
      let second = try #require(try claim(session, owner: "second"))
      #expect(second.id == id && second.attempt == 1 && second.isTakenOver && second.token != first.token)
      #expect(second.elapsed >= .seconds(3600), "it began with the first")
      #expect(try session.value("SELECT lease_owner FROM sync_job") == "second")
    }
  }

  @Test("A holder that lost its job changes nothing: every write names the token")
  func fenced() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("orphan")])
      let old = try ReadRun(session)
      try expire(session)
      let new = try ReadRun(claiming: session)
      #expect(new.claim.id == old.claim.id && new.claim.isTakenOver)
      func everything() throws -> [String] {
        try session.list(
          """
          SELECT t::text FROM sync_job t UNION ALL SELECT t::text FROM read_checkpoint t UNION ALL SELECT t::text FROM sync_page t
          UNION ALL SELECT t::text FROM pfa_sync_log t UNION ALL SELECT t::text FROM pfa_mirror t
          UNION ALL SELECT t::text FROM source_watermark t UNION ALL SELECT t::text FROM field_drift t
          """)
      }
      let before = try everything()
      let claim = old.claim
      let success = ReadRunStore.Ending.success(source: "pems", watermark: 9, sweep: true, note: nil)
      var stale = old
      #expect(throws: Fenced()) { try JobStore.report(session, claim, progress: Array("{}".utf8)) }
      #expect(throws: Fenced()) { try JobStore.holding(session, claim) {} }
      #expect(throws: Fenced()) { try JobStore.retry(session, claim, afterMilliseconds: 1, code: "c", message: "m") }
      #expect(throws: Fenced()) { try ReadRunStore.window(session, claim) }
      #expect(throws: Fenced()) { try stale.allocate(session, [1]) }
      #expect(throws: Fenced()) { try ReadRunStore.start(session, claim, mode: .full, source: "pems") }
      #expect(throws: Fenced()) { try ReadRunStore.storeDrift(session, claim, source: "pems", fields: [("f", nil)]) }
      #expect(throws: Fenced()) { _ = try ReadRunStore.orphans(session, claim) }
      #expect(throws: Fenced()) { _ = try ReadRunStore.finish(session, claim, success, slot: 0) }
      try JobStore.release(session, claim)
      #expect(try everything() == before)
      #expect(try ReadRunStore.finish(session, new.claim, success, slot: 0) == 1)
      try expectExact(session)
    }
  }

  @Test("A retried job waits for its time, then is a new attempt; a released one is free at once")
  func retryAndRelease() async throws {
    try await onDatabase { session in
      _ = try queue(session)
      let first = try #require(try claim(session))
      try JobStore.retry(session, first, afterMilliseconds: 3_600_000, code: "UNREACHABLE", message: "no route")
      #expect(
        try session.table("SELECT state, error_code, lease_token FROM sync_job") == [["retrying", "UNREACHABLE", "∅"]])
      var none = try claim(session)
      #expect(none == nil)
      #expect(throws: Fenced()) { try JobStore.holding(session, first) {} }
      try session.execute("UPDATE sync_job SET run_at = now()")
      let second = try #require(try claim(session))
      #expect(second.attempt == 2 && !second.isTakenOver)
      #expect(try session.table("SELECT state, error_code FROM sync_job") == [["running", "∅"]])
      try JobStore.release(session, second)
      let third = try #require(try claim(session))
      #expect(third.attempt == 2 && third.isTakenOver)
      none = try claim(session)
      #expect(none == nil)
    }
  }

  @Test("The same request again changes nothing; a second one is kept as failed and names the open job (R20)")
  func requests() async throws {
    try await onDatabase { session in
      func ask(_ key: String, _ organization: String = "RIO", dryRun: Bool = false) throws -> String {
        let request = ReadSyncRequest(organization: organization, mode: .full, source: "pems", dryRun: dryRun)
        let answer = try session.asWorker(organization) {
          try JobStore.requestRead(session, id: randomUUID(), key: key, request: request)
        }
        return answer.map { $0.isRefused ? "refused" : "queued" } ?? "known"
      }
      #expect(try ask("one") == "queued")
      #expect(try ask("one") == "known")
      #expect(try ask("two") == "refused")
      #expect(try ask("two") == "known")
      #expect(try ask("dry", dryRun: true) == "queued", "a dry run stands beside")
      #expect(try ask("dry2", dryRun: true) == "queued")
      #expect(try ask("other", "RIO2") == "queued", "one per organization")
      let open = try #require(try session.value("SELECT id FROM sync_job WHERE idempotency_key = 'one'"))
      let refused = try session.query("SELECT * FROM sync_job WHERE idempotency_key = 'two'").one()
      #expect(try refused.string("state") == "failed" && refused.string("error_code") == "JOB_ALREADY_RUNNING")
      #expect(try refused.string("error_message").contains(open))
      #expect(try JobDecisions.cancel(session, open, organization: "RIO", reason: "test"))
      #expect(try ask("three") == "queued")
    }
  }

  @Test("A job that waits for approval is nobody's until it is approved, and then goes on where it was")
  func approval() async throws {
    try await onDatabase { session in
      let run = try ReadRun(session)
      _ = try ReadRunStore.finish(
        session, run.claim, .awaitingApproval(code: "MASS_DISCONTINUE", message: "12 of 20"), slot: 0)
      #expect(try run.state(session) == ["awaiting_approval", "∅", "MASS_DISCONTINUE"])
      #expect(try run.log(session)?.hasPrefix("awaiting_approval ") == true)
      try expire(session)
      let none = try claim(session, ["read_sync"])
      #expect(none == nil)
      #expect(throws: Fenced()) { try JobStore.holding(session, run.claim) {} }
      #expect(try JobDecisions.approve(session, run.claim.id, reason: "known"))
      #expect(try !JobDecisions.approve(session, run.claim.id, reason: nil), "only once")
      let again = try ReadRun(claiming: session)
      #expect(again.claim.id == run.claim.id && again.claim.isTakenOver)
      _ = try ReadRunStore.finish(
        session, again.claim, .success(source: "pems", watermark: 3, sweep: false, note: ("NOTE", "text")), slot: 0)
      #expect(try run.state(session) == ["succeeded", "clean", "NOTE"])
    }
  }

  @Test("A cancelled job fences its holder and closes its log; waiting pages are still applied")
  func cancelled() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1, 2])
      try apply(session, [Sample("a")], page: run.page(1))
      #expect(try JobDecisions.cancel(session, run.claim.id, organization: "RIO", reason: "enough"))
      #expect(throws: Fenced()) { try JobStore.holding(session, run.claim) {} }
      #expect(try session.list("SELECT state FROM sync_page ORDER BY page") == ["applied", "allocated"])
      #expect(try run.log(session)?.hasPrefix("cancelled received 1 inserted 1 ") == true)
      #expect(try !JobDecisions.cancel(session, run.claim.id, organization: "RIO", reason: "again"))
      #expect(try apply(session, [Sample("b")], page: run.page(2)).counted)
      try expectExact(session)
    }
  }
}
