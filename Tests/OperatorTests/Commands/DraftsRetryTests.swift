import SyncStore
import TestKit
import Testing

@testable import Operator

@Suite("drafts retry", .syncDatabase) struct DraftsRetryTests {
  /// Two failed edits of RIO, by code, with a dead letter each.
  private func prepare() async throws {
    for (index, code) in ["AUTH", "UPSTREAM_REFUSED"].enumerated() {
      try await sql(
        """
        INSERT INTO pfa_mirror (id, organization_id, pfa_id, data) VALUES (md5('\(code)')::uuid, 'RIO', 'PFA-\(index)', '{}')
        """,
        """
        INSERT INTO pfa_modification (id, mirror_id, organization_id, user_id, session_id, delta, modified_fields,
          base_version, sync_state, committed_at)
        VALUES (md5('\(code)')::uuid, md5('\(code)')::uuid, 'RIO', 'ann', 's', '{"dor": "X"}', '{dor}', 1, 'committed', now())
        """,
        "UPDATE pfa_modification SET sync_state = 'syncing' WHERE id = md5('\(code)')::uuid",
        """
        UPDATE pfa_modification SET sync_state = 'failed', error_code = '\(code)', next_attempt_at = 'infinity'
        WHERE id = md5('\(code)')::uuid
        """,
        """
        INSERT INTO dead_letter (topic, partition, kafka_offset, message_value, code, cause)
        SELECT 'pfa.write-back.v1', -1, -1,
          convert_to('{"modificationId":"' || md5('\(code)')::uuid || '","organization":"RIO"}', 'UTF8'), '\(code)', 'x'
        """)
    }
  }

  @Test(
    "W6 failed edits are due again by code, with their letters settled and the reason kept; a second time changes nothing"
  )
  func byCode() async throws {
    try await prepare()
    let listed = try await syncline("drafts", "list", "--state", "failed", "-o", "table")
    #expect(listed.data.contains("AUTH") && listed.data.contains("UPSTREAM_REFUSED"))
    let line = ["drafts", "retry", "--code", "AUTH", "--reason", "new password", "--yes", "-o", "json"]
    let first = try await syncline(line)
    #expect(try first.code == .ok && first.json["retried"]?.integer == 1, "\(first)")
    #expect(
      try await value("SELECT string_agg(sync_state, ' ' ORDER BY error_code NULLS FIRST) FROM pfa_modification")
        == "committed failed")
    #expect(
      try await value("SELECT string_agg(code || ' ' || status, ', ' ORDER BY code) FROM dead_letter")
        == "AUTH replayed, UPSTREAM_REFUSED open")
    #expect(try await value("SELECT kind || ' ' || reason FROM pfa_edit_event") == "retried new password")
    let second = try await syncline(line)
    #expect(try second.code == .ok && second.json["retried"]?.integer == 0)
    let all = try await syncline("drafts", "retry", "--all", "--yes", "-o", "json")
    #expect(try all.json["retried"]?.integer == 1)
  }

  @Test("an edit that is none, an organization that is none and no filter at all are told apart")
  func errors() async throws {
    try await prepare()
    let none = try await syncline("drafts", "retry", "--yes")
    #expect(none.code == .usage && none.messages.contains("FILTER_REQUIRED"))
    let unknown = try await syncline("drafts", "retry", "nonsense", "--yes")
    #expect(unknown.code == .notFound && unknown.messages.contains("NO_FAILED_EDIT"))
    let organization = try await syncline("drafts", "retry", "--organization", "NIL", "--yes")
    #expect(organization.code == .notFound && organization.messages.contains("UNKNOWN_ORGANIZATION"))
  }

  @Test("doctor tells of edits that did not reach PEMS")
  func doctor() {
    var sample = PushReports.Sample()
    #expect(DatabaseChecks.pushes(sample).status == .ok)
    sample.oldestAge = 700
    #expect(DatabaseChecks.pushes(sample).status == .warning)
    sample.failed = [(code: "AUTH", count: 2)]
    #expect(DatabaseChecks.pushes(sample).detail == "edits that did not reach PEMS: 2 with AUTH")
  }
}
