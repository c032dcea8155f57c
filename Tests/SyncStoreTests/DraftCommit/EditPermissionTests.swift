import Postgres
import SyncStore
import TestKit
import Testing

/// Who may edit what, and who may call the functions.
@Suite("Edit permission", .syncDatabase) struct EditPermissionTests {
  private static let delta = #"{"dor": "X"}"#

  @Test(
    "S0-11 What an application calls is SECURITY DEFINER with a fixed search_path, for the application's role alone")
  func definers() async throws {
    let functions = [
      "analyze_pfa_query_performance", "append_events", "append_events_adaptive", "append_events_with_delayed_lock",
      "commit_session", "create_draft", "discard_session", "monitor_sync_performance", "update_mirror_with_lock",
      "uses_delayed_lock",
    ]
    let found = try await onDatabase { session in
      try session.table(
        """
        SELECT proname, prosecdef, proconfig @> '{"search_path=public, pg_temp"}', (
          SELECT array_agg(rolname ORDER BY rolname) FROM pg_roles r
          WHERE rolname LIKE 'syncline\\_%' AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
        FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND proname = ANY ($1) ORDER BY proname
        """, [.array(.text(functions))])
    }
    #expect(found == functions.map { [$0, "t", "t", "{syncline_app,syncline_system}"] }, "the latter owns them")
  }

  @Test("S0-11 A table that a caller puts in front of ours is not the one that the function looks into")
  func searchPath() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      try session.execute(
        """
        CREATE TEMP TABLE org_permission AS SELECT 'ann' AS user_id, 'RIO' AS organization_id, 'admin' AS level;
        GRANT SELECT ON org_permission TO PUBLIC
        """)
      #expect(try session.refusal("a", Self.delta, at: 1)?.sqlstate == "42501")
    }
  }

  @Test("S0-04 A permission that another session revokes is gone at the next edit, also of a transaction that is open")
  func revoked() async throws {
    let editor = try await SyncDatabase.current.connect("editor")
    let operatorSession = try await SyncDatabase.current.connect("operator")
    try await operatorSession.run { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
    }
    #expect(try await editor.run { try $0.edit("a", Self.delta, at: 1).success })
    try await operatorSession.run { session in
      try session.asSystem { try session.execute("DELETE FROM org_permission WHERE user_id = 'ann'") }
    }
    try await editor.run { session in
      #expect(try session.refusal("a", #"{"dor": "Y"}"#, at: 2)?.sqlstate == "42501")
      #expect(try session.refusal("a", #"{"dor": "Y"}"#, at: 1)?.sqlstate == "42501", "learns nothing")
      let version = try session.version("a")
      #expect(version == 2)
    }
    try await operatorSession.run { try $0.permit("ann", "write") }
    let gate = try await Gate()
    let open = Task {
      try await editor.run { session in
        try pgError {
          try session.asApp("ann") {
            #expect(try session.editNow("a", #"{"dor": "Y"}"#, at: 2).success)
            try session.waitAtGate()
            try session.editNow("a", #"{"dor": "Z"}"#, at: 3)
          }
        }
      }
    }
    try await gate.reached()
    try await operatorSession.run { try $0.permit("ann", "read") }
    try await gate.open()
    #expect(try await open.value.sqlstate == "42501")
    try await operatorSession.run { session in
      #expect(try session.version("a") == 2, "the transaction is undone as a whole")
      try expectExact(session)
    }
  }

  @Test("S0-04 Write and admin may edit; read, nobody, and somebody of another organization may not (S0-29)")
  func levels() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      try apply(session, [Sample("a")], to: "RIO2")
      for (user, level) in [("reader", "read"), ("writer", "write"), ("admin", "admin")] {
        try session.permit(user, level)
      }
      try session.permit("stranger", "admin", in: "RIO2")
      #expect(try session.edit("a", Self.delta, at: 1, by: "writer").newVersion == 2)
      #expect(try session.edit("a", #"{"dor": "Y"}"#, at: 2, by: "admin").newVersion == 3)
      for user in ["reader", "stranger", "nobody", "", "WRITER"] {
        #expect(try session.refusal("a", Self.delta, at: 3, by: user)?.sqlstate == "42501", "\(user)")
      }
      for organization in ["RIO2", ""] {
        let error = try session.refusal("a", Self.delta, at: 3, by: "writer", of: organization, owner: "RIO")
        #expect(error?.sqlstate == "42501", "bound to '\(organization)'")
      }
      #expect(try session.list("SELECT version FROM pfa_mirror ORDER BY organization_id") == ["3", "1"])
      try expectExact(session)
    }
  }

  @Test("S0-29 Another tenant's record does not exist for an edit, at whatever version, and is not locked by it")
  func otherTenant() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("ann", "write", in: "RIO2")
      try apply(session, [Sample("a")], to: "RIO2")
      for version in 0...2 as ClosedRange<Int64> {
        #expect(try session.edit("a", Self.delta, at: version, of: "RIO", owner: "RIO2") == .notFound)
      }
      try session.asApp("ann") {
        #expect(try session.editNow("a", Self.delta, at: 1, owner: "RIO2") == .notFound)
        let visible = try session.count("SELECT count(*)::int FROM pfa_mirror")
        #expect(visible == 0)
        #expect(try session.list("SELECT DISTINCT organization_id FROM org_permission") == ["RIO"])
        // A row lock would have made it a writer.
        #expect(try session.value("SELECT pg_current_xact_id_if_assigned()") == nil)
      }
      #expect(try session.version("a") == 1)
    }
  }

  @Test("An application can neither write tables itself nor grant itself anything")
  func application() async throws {
    try await onDatabase { session in
      try session.permit("ann", "read")
      try apply(session, [Sample("a")])
      for statement in [
        "UPDATE org_permission SET level = 'admin'", "INSERT INTO org_permission VALUES ('ann', 'RIO', 'admin')",
        "UPDATE pfa_mirror SET version = 1", "DELETE FROM pfa_mirror", "SELECT FROM pfa_mirror FOR UPDATE",
      ] {
        let error = try pgError { try session.asApp("ann") { try session.execute(statement) } }
        #expect(error.sqlstate == "42501", "\(statement)")
      }
      for role in ["syncline_worker", "syncline_reader", "syncline_system"] {
        let error = try pgError {
          try session.transaction {
            try session.query("SELECT set_config('role', $1, true)", [.text(role)])
            try session.editNow("a", Self.delta, at: 1)
          }
        }
        #expect(error.sqlstate == "42501", "\(role)")
      }
    }
  }

  @Test("S0-11 Under an owner who is no superuser edits work, and tenants are apart as well (C-33, S0-29)")
  func plainOwner() async throws {
    let server = try await TestDatabase.embedded()
    let name = "edited_\(randomUUID().prefix(8))"
    try await server.createDatabase(name)
    let admin = try await PGConnection.open(PGOptions(url: server.url(database: name)), name: "admin")
    try await admin.run { session in
      try session.execute("CREATE ROLE \(name) LOGIN CREATEROLE; ALTER DATABASE \(name) OWNER TO \(name)")
    }
    let url = server.url(database: name).replacing("user=postgres", with: "user=\(name)")
    let owner = try await PGConnection.open(PGOptions(url: url), name: "owner")
    try await owner.run { session in
      _ = try Migrator.up(session)
      try session.asSystem {
        for id in ["RIO", "RIO2"] {
          _ = try OrganizationStore.add(session, id: id, name: "")
          try session.permit("ann", "write", in: id)
        }
      }
      try apply(session, [Sample("a")])
      try apply(session, [Sample("a")], to: "RIO2")
      #expect(try session.edit("a", #"{"category": "Pumps"}"#, at: 1).newVersion == 2)
      #expect(try session.edit("a", #"{"category": "Lifts"}"#, at: 1).conflict)
      #expect(try session.edit("a", Self.delta, at: 1, of: "RIO", owner: "RIO2") == .notFound)
      #expect(try session.refusal("a", Self.delta, at: 2, by: "bob")?.sqlstate == "42501")
      try session.asSystem { try expectExact(session) }
      try session.asApp("ann") {
        #expect(try session.count("SELECT count(*)::int FROM monitor_sync_performance()") == 6)
        let counts = try session.list("SELECT row_count FROM analyze_pfa_query_performance('RIO')")
        #expect(counts == ["1", "1", "1", "1", "1"])
      }
    }
    await owner.close()
    await admin.close()
  }
}
