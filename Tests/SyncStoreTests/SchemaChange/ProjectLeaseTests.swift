import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// The lease of a project and the history around it, in the master.
@Suite("Project leases", .syncDatabase) struct ProjectLeaseTests {
  /// A queued and claimed change of project `plan` at version 3.
  private func claimed(_ session: PGSession, project: Bool = true) throws -> (JobClaim, Int64) {
    if project {
      try session.execute(
        "INSERT INTO projects (id, organization_id, name, version) VALUES ('plan', 'RIO', 'Plan', 3) ON CONFLICT DO NOTHING"
      )
    }
    let request = SchemaChangeRequest(
      organization: "RIO", project: "plan", change: #"{"type":"drop_project"}"#, currentVersion: 3, user: "ana")
    let id = randomUUID()
    let isNew = try session.asWorker("RIO") { try SchemaRequestStore.request(session, id: id, key: id, request) }
    #expect(isNew)
    let claim = try #require(try session.asSystem { try JobStore.claim(session, kinds: ["schema_change"], owner: "w") })
    return (claim, try #require(try SchemaRequestStore.open(session, claim)).id)
  }

  private func intention(_ request: Int64) -> ProjectStore.Intention {
    ProjectStore.Intention(
      request: request, changes: [.dropProject], oldData: Array("{}".utf8),
      settled: ProjectStore.Settled(
        fromVersion: 3, toVersion: 4, schemaData: Array(#"{"tables":[]}"#.utf8), dropsProject: false),
      sql: "DROP")
  }

  private func take(_ session: PGSession, _ claim: JobClaim, _ request: Int64, _ lease: ProjectStore.Lease) throws
    -> Bool
  {
    try ProjectStore.take(session, claim, lease, name: nil, holder: "w", milliseconds: 9_000, intention(request)) != nil
  }

  private let row = "SELECT version, status, locked_by, lock_token IS NOT NULL, schema_data FROM projects"

  @Test(
    "S3-06, S3-19, S3-13: the lease is a compare-and-set; the schema stays untouched; only its own token lets it go")
  func lease() async throws {
    try await onDatabase { session in
      let (claim, request) = try claimed(session)
      let lease = ProjectStore.Lease(organization: "RIO", project: "plan", creates: false)
      #expect(try take(session, claim, request, lease))
      #expect(try session.table(row) == [["3", "applying", "w", "t", "{}"]])
      let other = ProjectStore.Lease(organization: "RIO", project: "plan", creates: false)
      #expect(try take(session, claim, request, other) == false)
      try SchemaRequestStore.failAttempt(session, claim, request, other, code: "X", message: "x")
      #expect(try session.table(row)[0][1] == "applying")
      try SchemaRequestStore.failAttempt(session, claim, request, lease, code: "X", message: "x")
      #expect(try session.table(row) == [["3", "ready", "∅", "f", "{}"]])
    }
  }

  @Test("S3-15, S3-14: the version is checked again at the end; a change of it in between is noticed")
  func secondCheck() async throws {
    try await onDatabase { session in
      let (claim, request) = try claimed(session)
      let lease = ProjectStore.Lease(organization: "RIO", project: "plan", creates: false)
      #expect(try take(session, claim, request, lease))
      try session.execute("UPDATE projects SET version = 9")
      #expect(throws: Fenced.self) {
        try SchemaRequestStore.finish(session, claim, request, lease, intention(request).settled)
      }
      try session.execute("UPDATE projects SET version = 3")
      try SchemaRequestStore.finish(session, claim, request, lease, intention(request).settled)
      #expect(
        try session.table("SELECT version, status, last_applied_version, locked_at FROM projects") == [
          ["4", "ready", "4", "∅"]
        ])
    }
  }

  @Test("S3-16: the audit row has what was, what is, the SQL and who; a failed attempt has one of its own")
  func audit() async throws {
    try await onDatabase { session in
      let (claim, request) = try claimed(session)
      let lease = ProjectStore.Lease(organization: "RIO", project: "plan", creates: false)
      #expect(try take(session, claim, request, lease))
      try SchemaRequestStore.failAttempt(session, claim, request, lease, code: "TARGET_ERROR", message: "why")
      let again = ProjectStore.Lease(organization: "RIO", project: "plan", creates: false)
      #expect(try take(session, claim, request, again))
      try SchemaRequestStore.finish(session, claim, request, again, intention(request).settled)
      let rows = try session.table(
        """
        SELECT organization_id, project_id, change_type, change_data, old_value, new_value, status, sql_executed, error_code, error,
          from_version, to_version, applied_at IS NOT NULL, created_by FROM schema_changes ORDER BY status DESC
        """)
      let both = ["RIO", "plan", "drop_project", #"{"type": "drop_project"}"#, "{}", #"{"tables": []}"#]
      #expect(
        rows == [
          both + ["failed", "DROP", "TARGET_ERROR", "why", "3", "4", "f", "ana"],
          both + ["applied", "DROP", "∅", "∅", "3", "4", "t", "ana"],
        ])
      #expect(try session.count("SELECT count(DISTINCT change_id) FROM schema_changes") == 2)
    }
  }

  @Test("Changes of one project are claimed one after the other in the order they came; another project's go beside")
  func order() async throws {
    try await onDatabase { session in
      func ask(_ project: String) throws -> String {
        let request = SchemaChangeRequest(
          organization: "RIO", project: project, change: #"{"type":"drop_project"}"#, currentVersion: 1, user: "ana")
        let id = randomUUID()
        try session.asWorker("RIO") { _ = try SchemaRequestStore.request(session, id: id, key: id, request) }
        return id
      }
      let jobs = [try ask("a"), try ask("a"), try ask("b")]
      func claim() throws -> JobClaim? {
        try session.asSystem { try JobStore.claim(session, kinds: ["schema_change"], owner: "w") }
      }
      let first = try [claim(), claim(), claim()].map { $0?.id }
      #expect(first == [jobs[0], jobs[2], nil])
      let why = try session.reading { try JobReports.circumstances(session, jobs[1]) }
      #expect(why?.waitsForJob == jobs[0])
      #expect(try session.reading { try JobReports.circumstances(session, jobs[0]) }?.waitsForJob == nil)
      #expect(try JobDecisions.cancel(session, jobs[0], organization: "RIO", reason: "no"))
      #expect(try claim()?.id == jobs[1])
      #expect(try session.list("SELECT error_code FROM schema_changes WHERE status = 'failed'") == ["CANCELLED"])
    }
  }

  @Test("A read that names a schema version waits for it, and nothing else does")
  func schemaVersion() async throws {
    try await onDatabase { session in
      func ask(_ organization: String, version: Int?, project: String? = nil) throws -> String {
        var request = ReadSyncRequest(organization: organization, mode: .full, source: "x")
        request.schemaVersion = version
        request.schemaProject = project
        let id = randomUUID()
        try session.asWorker(organization) { _ = try JobStore.requestRead(session, id: id, key: id, request: request) }
        return id
      }
      try session.execute(
        "INSERT INTO projects (id, organization_id, version, last_applied_version) VALUES ('p', 'RIO', 4, 4)")
      let waiting = try ask("RIO", version: 5, project: "p")
      let other = try ask("RIO2", version: nil)
      func claim() throws -> String? {
        try session.asSystem { try JobStore.claim(session, kinds: ["read_sync"], owner: "w") }?.id
      }
      #expect(try claim() == other)
      #expect(try claim() == nil)
      let why = try session.reading { try JobReports.circumstances(session, waiting) }
      #expect(why?.schemaWanted == 5 && why?.schemaApplied == 4)
      try session.execute("UPDATE projects SET last_applied_version = 5")
      #expect(try claim() == waiting)
    }
  }

  @Test("Tenants are apart: another organization's project is not there, and can not be taken")
  func tenants() async throws {
    try await onDatabase { session in
      let (claim, request) = try claimed(session)
      try session.execute("UPDATE projects SET organization_id = 'RIO2'")
      let lease = ProjectStore.Lease(organization: "RIO2", project: "plan", creates: false)
      #expect(try take(session, claim, request, lease) == false)
      #expect(
        try session.asWorker("RIO") { try ProjectStore.find(session, organization: "RIO2", project: "plan") } == nil)
      for role in ["syncline_app", "syncline_reader"] {
        try session.transaction {
          try session.execute("SET LOCAL ROLE \(role); SET LOCAL syncline.organization = 'RIO'")
          #expect(try session.count("SELECT count(*) FROM projects") == 0)
          let refused = try pgError { try session.savepoint { try session.execute("TABLE deployment_configs") } }
          #expect(refused.sqlstate == "42501")
        }
      }
    }
  }
}
