import Postgres
import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite struct OwnerTests {
  @Test("A login that owns the database and is no superuser can do all of it, under forced row security")
  func owner() async throws {
    let server = try await TestDatabase.embedded()
    let name = "owned_by_plain_login"
    try await server.createDatabase(name)
    let admin = try await PGConnection.open(PGOptions(url: server.url(database: name)), name: "test")
    try await admin.run { session in
      try session.execute("CREATE ROLE plain_owner LOGIN CREATEROLE")
      try session.execute("ALTER DATABASE \(name) OWNER TO plain_owner")
    }
    let url = server.url(database: name).replacing("user=postgres", with: "user=plain_owner")
    func run(_ line: String...) async -> Ran { await program(line, environment: ["DATABASE_URL": url]) }

    let up = await run("migrate", "up")
    #expect(up.code == .ok, "\(up.messages)")
    #expect(await run("organizations", "add", "RIO").code == .ok)
    try await admin.run { session in
      try session.execute(
        """
        INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
        VALUES (gen_random_uuid(), 'RIO', '1', '{"source": "Purchase", "purchasePrice": 1, "originalStart": "2025-01-01"}');
        INSERT INTO sync_job (id, organization_id, kind, state) VALUES ('\(jobA)', 'RIO', 'read_sync', 'running');
        INSERT INTO pfa_sync_log (job_id, organization_id, sync_type) VALUES ('\(jobA)', 'RIO', 'full');
        INSERT INTO sync_page (job_id, page, organization_id, event_id) VALUES ('\(jobA)', 1, 'RIO', 'e');
        """)
    }
    await admin.close()
    #expect(await run("kpi", "verify").code == .findings)
    #expect(await run("kpi", "rebuild", "--all", "--yes").code == .ok)
    #expect(await run("kpi", "verify").code == .ok)
    #expect(try await run("kpi", "show", "RIO").objects.count == 1)
    let cancelled = await run("jobs", "cancel", jobA, "--yes")
    #expect(cancelled.code == .ok, "\(cancelled.messages)")
    #expect(try await run("log", "show", jobA).json["status"]?.string == "cancelled")
    #expect(try await run("jobs", "list").objects.count == 2)
    let doctor = await run("doctor")
    #expect(doctor.code == .findings)
    let findings = try doctor.objects.filter { $0["status"]?.string != "ok" && $0["status"]?.string != "note" }
    #expect(findings.map { $0["name"]?.string } == ["configuration", "workers"], "\(doctor.data)")
    #expect(await run("migrate", "down", "--to", "0", "--yes").code == .ok)
  }
}
