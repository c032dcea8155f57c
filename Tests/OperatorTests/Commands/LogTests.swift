import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct LogTests {
  private func seed() async throws {
    try await sql(
      """
      INSERT INTO pfa_sync_log (stream, organization_id, sync_type, status, received, inserted, rejected, started_at,
        completed_at) VALUES
        ('t/0/2026-01-31', 'RIO', 'incremental', 'completed_with_errors', 3, 2, 1,
          '2026-01-31 10:00:00.25+01', '2026-01-31 09:00:01+00'),
        ('t/0/2026-01-31', 'RIO2', 'incremental', 'completed', 0, 0, 0, now(), now())
      """,
      """
      INSERT INTO sync_record_issue (stream, organization_id, pfa_id, field, code, raw, rejected, topic, partition, kafka_offset)
      VALUES ('t/0/2026-01-31', 'RIO', NULL, 'pfaId', 'MISSING_FIELD', '{"dor": 1}', true, 't', 0, 4711),
        ('t/0/2026-01-31', 'RIO2', 'P', 'dor', 'INVALID', 'x', false, 't', 0, 4712)
      """)
  }

  @Test("list filters; times are RFC 3339 in UTC, counts are numbers, null stays null")
  func list() async throws {
    #expect(try await syncline("log", "list").data == "[]\n")
    try await seed()
    #expect(try await syncline("log", "list").objects.map { $0["organization_id"]?.string } == ["RIO2", "RIO"])
    let rows = try await syncline("log", "list", "--organization", "RIO").objects
    #expect(rows.count == 1)
    #expect(rows[0]["started_at"]?.string == "2026-01-31T09:00:00.250Z")
    #expect(rows[0]["duration_ms"]?.integer == 750)
    #expect(rows[0]["job_id"]?.isNull == true)
    #expect(try await syncline("log", "list", "--status", "failed").data == "[]\n")
    #expect(try await syncline("log", "list", "--organization", "NOPE").code == .notFound)
  }

  @Test("show finds a row by its number, and only its own issues")
  func show() async throws {
    try await seed()
    let id = try #require(try await value("SELECT id FROM pfa_sync_log WHERE organization_id = 'RIO'"))
    let shown = try await syncline("log", "show", id).json
    #expect(shown["rejected"]?.integer == 1)
    guard case .array(let issues)? = shown["issues"], issues.count == 1 else { throw Unexpected(what: "no issue") }
    #expect(issues[0]["topic"]?.string == "t" && issues[0]["partition"]?.integer == 0)
    #expect(issues[0]["kafka_offset"]?.integer == 4711 && issues[0]["raw"]?.string == #"{"dor": 1}"#)
    let table = try await syncline("log", "show", id, "-o", "table").data
    #expect(table.contains("MISSING_FIELD") && !table.contains("INVALID") && table.contains("4711"))
    for unknown in ["0", "99999999999999999999", noJob, "x", hostile] {
      #expect(try await syncline("log", "show", unknown).code == .notFound)
    }
  }
}
