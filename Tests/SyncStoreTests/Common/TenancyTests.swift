import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Tenants are apart (contract 4.8).
@Suite("Tenancy", .syncDatabase) struct TenancyTests {
  private static let tenantTables = [
    "pfa_mirror", "kpi_slot", "kpi_change", "sync_job", "sync_page", "read_checkpoint", "source_watermark",
    "pfa_sync_log",
    "sync_record_issue", "field_drift", "sync_event",
  ]

  /// A row in every tenant table, for both organizations.
  private func fill(_ session: PGSession) throws {
    for organization in ["RIO", "RIO2"] {
      var run = try ReadRun(session, organization: organization)
      try run.allocate(session, [1])
      let issue = FieldIssue(pfaId: "x", field: nil, code: "CODE", raw: nil)
      try apply(session, [Sample("a")], to: organization, page: run.page(1), rejected: [issue])
      try ReadRunStore.storeDrift(session, run.claim, source: "pems", fields: [("f", nil)])
      _ = try ReadRunStore.finish(
        session, run.claim, .success(source: "pems", watermark: 1, sweep: false, note: nil), slot: 0)
    }
  }

  /// What a worker of RIO can do with rows of RIO2: nothing.
  private func expectApart(_ session: PGSession) throws {
    for table in Self.tenantTables + ["organization"] {
      let column = table == "organization" ? "id" : "organization_id"
      try session.asWorker("RIO") {
        #expect(try session.list("SELECT DISTINCT \(column) FROM \(table)") == ["RIO"], "\(table) is read")
        let foreign = try session.count("SELECT count(*)::int FROM \(table) WHERE \(column) = 'RIO2'")
        #expect(foreign == 0, "\(table)")
      }
    }
    // An update needs the privilege, then finds none of the other's rows; moving one's own over there is refused.
    for table in [
      "pfa_mirror", "kpi_slot", "sync_job", "sync_page", "read_checkpoint", "source_watermark", "pfa_sync_log",
    ] {
      let set = "UPDATE \(table) SET organization_id"
      try session.asWorker("RIO") {
        let touched = try session.query("\(set) = organization_id WHERE organization_id = 'RIO2'").affected
        #expect(touched == 0, "\(table) is written")
        #expect(try session.query("SELECT FROM \(table) WHERE organization_id = 'RIO2' FOR UPDATE").rowCount == 0)
      }
      let moved = try pgError { try session.asWorker("RIO") { _ = try session.query("\(set) = 'RIO2'") } }
      #expect(moved.sqlstate == "42501", "\(table): \(moved)")
    }
    let inserts = [
      "INSERT INTO sync_job (organization_id, kind) VALUES ('RIO2', 'write_back')",
      "INSERT INTO pfa_mirror (id, organization_id, pfa_id, data) VALUES (gen_random_uuid(), 'RIO2', 'z', '{}')",
      "INSERT INTO kpi_slot VALUES ('RIO2', 'z', 'z', 'z', 0, 0, 0, 0, 0, 0)",
      "INSERT INTO sync_record_issue (organization_id, code, rejected) VALUES ('RIO2', 'z', true)",
    ]
    for insert in inserts {
      #expect(
        try pgError { try session.asWorker("RIO") { try session.execute(insert) } }.sqlstate == "42501", "\(insert)")
    }
    let wrong = try pgError {
      try session.asWorker("RIO") {
        _ = try ApplyStore.apply(session, batch([Sample("q")], of: "RIO2"), .init(slot: 0, stream: stream))
      }
    }
    #expect(wrong.sqlstate == "42501", "a batch of another organization")
  }

  @Test("S0-29 M9-16 A worker of one organization can not read, write or move rows of another, in any table")
  func apart() async throws {
    try await onDatabase { session in
      try fill(session)
      try expectApart(session)
      try expectExact(session)
    }
  }

  @Test("Row security is on and forced for every table of a tenant, with both directions checked")
  func forced() async throws {
    try await onDatabase { session in
      let open = try session.list(
        """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """)
      #expect(open == [])
      // A restrictive policy narrows what others let through, and may do so for reading only.
      let half = try session.list(
        """
        SELECT policyname FROM pg_policies WHERE permissive = 'PERMISSIVE' AND (qual IS NULL AND cmd <> 'INSERT' OR with_check IS NULL)
        """)
      #expect(half == [])
      let owners = try session.list(
        """
        SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
          AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
        """)
      #expect(owners == [], "views see what their reader may see")
    }
  }

  @Test("A lock of one organization's worker keeps nobody out of another's rows")
  func locks() async throws {
    let holder = try await SyncDatabase.current.connect("holder")
    try await onDatabase { try fill($0) }
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let gatekeeper = try await SyncDatabase.current.connect("gatekeeper")
    try await gatekeeper.run { _ = try $0.query("SELECT pg_advisory_lock(1)") }
    let holding = Task {
      try await holder.run { session in
        try session.asWorker("RIO") {
          for table in ["pfa_mirror", "sync_job", "kpi_slot"] { try session.query("SELECT FROM \(table) FOR UPDATE") }
          open.finish()
          try session.query("SELECT pg_advisory_xact_lock(1)")
        }
      }
    }
    for await _ in gate {}
    try await onDatabase { session in
      for table in ["pfa_mirror", "sync_job", "kpi_slot"] {
        let other = try session.query("SELECT FROM \(table) WHERE organization_id = 'RIO2' FOR UPDATE NOWAIT")
        #expect(other.rowCount > 0)
        let own = "SELECT FROM \(table) WHERE organization_id = 'RIO' FOR UPDATE NOWAIT"
        #expect(try pgError { try session.query(own) }.sqlstate == "55P03")
      }
    }
    try await gatekeeper.run { _ = try $0.query("SELECT pg_advisory_unlock(1)") }
    try await holding.value
  }

  @Test("Without an organization nothing is visible; role and organization end with the transaction")
  func unbound() async throws {
    try await onDatabase { session in
      try fill(session)
      try session.transaction {
        try session.query("SELECT set_config('role', 'syncline_worker', true)")
        for table in Self.tenantTables {
          let visible = try session.count("SELECT count(*)::int FROM \(table)")
          #expect(visible == 0, "\(table)")
        }
      }
      let role = try session.asWorker("RIO") { try session.value("SELECT current_user") }
      #expect(role == "syncline_worker")
      #expect(try session.value("SELECT current_user") == "postgres")
      #expect(try session.value("SELECT syncline_organization()") == nil)
    }
  }

  @Test("Roles log in nowhere, bypass nothing, and hold no more than their work needs (S1-46)")
  func privileges() async throws {
    try await onDatabase { session in
      let roles = try session.list(
        """
        SELECT rolname FROM pg_roles WHERE rolname LIKE 'syncline\\_%'
          AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb) ORDER BY 1
        """)
      #expect(roles == ["syncline_app", "syncline_login", "syncline_reader", "syncline_system", "syncline_worker"])
      func holders(_ privilege: String, _ role: String) throws -> Set<String> {
        Set(
          try session.list(
            """
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
              AND has_table_privilege($1, oid, $2)
            """, [.text(role), .text(privilege)]))
      }
      let views: Set = [
        "pfa_kpi_summary", "pfa_kpi_recomputed", "pfa_kpi_difference", "pfa_timeline_bounds", "pfa_merged_live",
        "sync_event_statistics", "sync_event_busy_streams", "sync_event_contention", "sync_table_volume",
      ]
      let edits: Set = ["pfa_modification", "pfa_sync_conflict", "pfa_edit_event"]
      let others: Set = ["projects", "schema_changes", "job_schedule", "job_firing"]
      let analytics: Set = ["kpi_trend", "kpi_trend_state", "kpi_rollup", "operation_logs", "operation_statistics"]
      let readable = Set(Self.tenantTables + ["organization"]).union(views).union(edits).union(others).union(analytics)
      for role in ["syncline_reader", "syncline_app"] {
        let permissions: Set = role == "syncline_app" ? ["org_permission"] : []
        #expect(try holders("SELECT", role) == readable.union(permissions), "\(role)")
        for privilege in ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"] {
          #expect(try holders(privilege, role) == [], "\(role) \(privilege)")
        }
      }
      for privilege in ["DELETE", "TRUNCATE", "TRIGGER"] {
        #expect(try holders(privilege, "syncline_worker") == (privilege == "DELETE" ? ["projects"] : []))
        #expect(
          try holders(privilege, "syncline_system")
            == (privilege == "DELETE"
              ? ["held_message", "job_request", "live_worker", "org_permission", "outbox", "pfa_modification"] : []))
      }
      #expect(try !holders("SELECT", "syncline_worker").contains("outbox"), "events of all tenants")
      let definers = try session.list(
        """
        SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
          AND (NOT coalesce(array_to_string(proconfig, ',') LIKE '%search_path=%', false)
            OR has_function_privilege('syncline_reader', oid, 'EXECUTE'))
        """)
      #expect(definers == [], "S0-11 definer functions have a fixed search_path and are not for everybody")
    }
  }

  @Test("S0-29 A schema whose owner is no superuser keeps tenants apart as well, also for the owner (C-33)")
  func plainOwner() async throws {
    let server = try await TestDatabase.embedded()
    let name = "owned_\(randomUUID().prefix(8))"
    try await server.createDatabase(name)
    let admin = try await PGConnection.open(PGOptions(url: server.url(database: name)), name: "admin")
    try await admin.run { session in
      try session.execute("CREATE ROLE \(name) LOGIN CREATEROLE; ALTER DATABASE \(name) OWNER TO \(name)")
    }
    let url = server.url(database: name).replacing("user=postgres", with: "user=\(name)")
    let owner = try await PGConnection.open(PGOptions(url: url), name: "owner")
    try await owner.run { session in
      #expect(try session.value("SELECT current_user") == name)
      _ = try Migrator.up(session)
      try session.asSystem {
        for id in ["RIO", "RIO2"] { _ = try OrganizationStore.add(session, id: id, name: "") }
      }
      try fill(session)
      try expectApart(session)
      try session.asWorker("RIO") { try expectExact(session) }
      try session.asSystem { try expectExact(session) }
    }
    // The owner is bound as everybody is, though the tables are its own, and the roles that it may take.
    try await owner.run { session in
      for table in Self.tenantTables {
        let visible = try session.count("SELECT count(*)::int FROM \(table)")
        #expect(visible == 0, "\(table)")
      }
      try session.transaction {
        try session.execute("SET LOCAL syncline.organization = 'RIO'")
        #expect(try session.list("SELECT DISTINCT organization_id FROM pfa_mirror") == ["RIO"])
        #expect(
          try session.count(
            "WITH u AS (UPDATE pfa_mirror SET version = version WHERE organization_id = 'RIO2' RETURNING 1) SELECT count(*)::int FROM u"
          ) == 0)
      }
    }
    try await owner.run { session in
      let before = try catalogSnapshot(session)
      _ = try Migrator.down(session, to: 0)
      _ = try Migrator.up(session)
      #expect(try catalogSnapshot(session) == before)
    }
    await owner.close()
    await admin.close()
  }

  @Test("A login that may become the roles, and may not grant them, migrates; one that may neither is refused")
  func granted() async throws {
    let server = try await TestDatabase.embedded()
    let name = "granted_\(randomUUID().prefix(8))"
    try await server.createDatabase(name)
    let admin = try await PGConnection.open(PGOptions(url: server.url(database: name)), name: "admin")
    try await admin.run { session in
      // The roles belong to the server and are there by now.
      _ = try Migrator.up(session)
      _ = try Migrator.down(session, to: 0)
      try session.execute(
        "CREATE ROLE \(name) LOGIN; ALTER DATABASE \(name) OWNER TO \(name); DROP TABLE IF EXISTS schema_migration")
    }
    let url = server.url(database: name).replacing("user=postgres", with: "user=\(name)")
    let owner = try await PGConnection.open(PGOptions(url: url), name: "owner")
    try await owner.run { session in
      let error = try pgError { _ = try Migrator.up(session) }
      #expect(error.sqlstate == "42501")
    }
    try await admin.run {
      try $0.execute("GRANT syncline_worker, syncline_app, syncline_reader, syncline_system TO \(name)")
    }
    try await owner.run { session in
      _ = try Migrator.up(session)
      #expect(try session.value("SELECT current_user") == name)
      try session.asSystem { _ = try OrganizationStore.add(session, id: "RIO", name: "") }
    }
    await owner.close()
    await admin.close()
  }
}
