import Postgres
import SyncStore
import TestKit
import Testing

/// `search_records`, what applications call for JSON containment under row security.
@Suite("Search", .syncDatabase) struct SearchTests {
  /// Records of two organizations; of the second half of each one in `each` is of Liebherr, every other of them
  /// discontinued.
  private func fill(_ session: PGSession, records: Int, each: Int) throws {
    try session.execute(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      SELECT gen_random_uuid(), o, 'PFA-' || lpad(n::text, 8, '0'), jsonb_build_object('manufacturer',
        CASE WHEN n % \(each) = 0 AND n > \(records / 2) THEN 'Liebherr' ELSE 'M' || n % 50 END,
        'owner', o, 'isDiscontinued', n % \(each * 2) = 0)
      FROM generate_series(1, \(records)) n, unnest(ARRAY['RIO', 'RIO2']) o
      """)
    // The index of JSON takes what is new from a list, until then.
    try session.execute("VACUUM ANALYZE pfa_mirror")
  }

  private struct Found {
    var ids: [String] = []
    var owners: Set<String> = []
    /// Of the transaction, on the index of JSON.
    var scans: Int64 = 0
    /// Rows of the table that were looked at by any way.
    var read: Int64 = 0
  }

  private func search(
    _ session: PGSession, _ call: String, organization: String? = "RIO", role: String = "syncline_app",
    settings: [String] = []
  ) throws -> Found {
    try session.transaction {
      let counters = """
        SELECT pg_stat_get_xact_numscans('pfa_mirror_data'::regclass) AS scans,
          pg_stat_get_xact_tuples_returned('pfa_mirror'::regclass) + pg_stat_get_xact_tuples_fetched('pfa_mirror'::regclass) AS read
        """
      let before = try session.query(counters).one()
      try session.execute("SET LOCAL ROLE \(role)")
      if let organization { try session.execute("SET LOCAL syncline.organization = '\(organization)'") }
      for setting in settings { try session.execute("SET LOCAL \(setting)") }
      let rows = try session.query("SELECT pfa_id, data ->> 'owner' AS owner FROM search_records(\(call))").rows
      try session.execute("RESET ROLE; RESET search_path")
      let after = try session.query(counters).one()
      return Found(
        ids: try rows.map { try $0.string("pfa_id") }, owners: Set(try rows.map { try $0.string("owner") }),
        scans: try after.integer("scans") - before.integer("scans"),
        read: try after.integer("read") - before.integer("read"))
    }
  }

  private static let liebherr = #"'{"manufacturer": "Liebherr"}'"#

  @Test("S1-17: an application finds the records that contain an object by the index, and reads no more than the hits")
  func index() async throws {
    try await onDatabase { session in
      try fill(session, records: 6_000, each: 200)
      let found = try search(session, Self.liebherr)
      #expect(found.ids.count == 7 && found.ids.first == "PFA-00003400" && found.ids == found.ids.sorted())
      #expect(found.scans > 0)
      // The look at the next ones ends at 2,000.
      #expect(found.read < 2_600, "\(found.read)")
      // What row security does to the operator itself.
      let plain = try session.transaction {
        try session.execute(
          "SET LOCAL ROLE syncline_app; SET LOCAL syncline.organization = 'RIO'; SET LOCAL enable_seqscan = off")
        return try session.list("EXPLAIN SELECT FROM pfa_mirror WHERE data @> \(Self.liebherr)").joined()
      }
      #expect(!plain.contains("pfa_mirror_data"))
    }
  }

  @Test("Pages follow each other without gap or repetition, whichever way they are found", arguments: [1_500, 6_000])
  func pages(_ records: Int) async throws {
    try await onDatabase { session in
      try fill(session, records: records, each: 100)
      for flag in ["false", "true", "NULL"] {
        var (seen, after) = ([String](), "NULL")
        while true {
          let page = try search(session, "\(Self.liebherr), \(after), 7, \(flag)")
          seen += page.ids
          guard let last = page.ids.last else { break }
          after = "'\(last)'"
        }
        let wanted = try session.list(
          """
          SELECT pfa_id FROM pfa_mirror WHERE organization_id = 'RIO' AND data @> \(Self.liebherr)
            AND (\(flag)::boolean IS NULL OR is_discontinued = \(flag)) ORDER BY pfa_id
          """)
        #expect(seen == wanted && !wanted.isEmpty)
      }
      // Most of them are wanted: the walk in order has its page at once.
      let all = try search(session, "'{}', NULL, 5")
      #expect(all.ids.count == 5)
    }
  }

  @Test("contract 4.8: another tenant's records never come out, whatever a session sets")
  func tenants() async throws {
    try await onDatabase { session in
      try fill(session, records: 5_500, each: 50)
      #expect(try search(session, Self.liebherr).owners == ["RIO"])
      #expect(try search(session, "'{}', NULL, 10000").owners == ["RIO"])
      #expect(try search(session, #"'{"owner": "RIO2"}'"#).ids.isEmpty)
      // No organization, one that does not exist, an empty one.
      for organization in [nil, "", "NOPE", "RIO' OR '1'='1".replacing("'", with: "''")] {
        #expect(try search(session, "'{}'", organization: organization).ids.isEmpty)
      }
      // Settings of a hostile session: names that hide ours, row security and plans as it likes.
      try session.execute(
        """
        CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO syncline_app;
        CREATE FUNCTION evil.syncline_organization() RETURNS text LANGUAGE sql AS $$ SELECT 'RIO2' $$;
        CREATE FUNCTION evil.always(jsonb, jsonb) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
        CREATE OPERATOR evil.@> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = evil.always);
        CREATE VIEW evil.pfa_mirror AS SELECT * FROM public.pfa_mirror;
        GRANT SELECT ON evil.pfa_mirror TO syncline_app, syncline_system
        """)
      for settings in [
        ["search_path = evil, public"], ["search_path = evil, pg_catalog, public"],
        ["enable_seqscan = off", "enable_bitmapscan = off"], ["plan_cache_mode = force_generic_plan"],
        ["syncline.session_id = 'x'", "syncline.user_id = 'x'"],
      ] {
        let call = "'{\"manufacturer\": \"Liebherr\"}', NULL, 10000, NULL"
        let found = try search(session, call, settings: settings)
        #expect(found.owners == ["RIO"] && found.ids.count == 55, "\(settings)")
      }
      // Without row security nothing at all.
      let open = try pgError { _ = try search(session, "'{}'", settings: ["row_security = off"]) }
      #expect(open.sqlstate == "42501")
      // A tenant's own temporary table stands before no table of ours.
      try session.transaction {
        try session.execute(
          """
          CREATE TEMP TABLE pfa_mirror AS SELECT * FROM public.pfa_mirror WHERE organization_id = 'RIO2';
          UPDATE pfa_mirror SET organization_id = 'RIO'; GRANT SELECT ON pfa_mirror TO PUBLIC;
          SET LOCAL ROLE syncline_app; SET LOCAL syncline.organization = 'RIO'
          """)
        let owners = try session.list("SELECT DISTINCT data ->> 'owner' FROM public.search_records('{}', NULL, 10000)")
        #expect(owners == ["RIO"])
      }
    }
  }

  @Test("Applications alone may call it, and what is no search is refused with its code")
  func refused() async throws {
    try await onDatabase { session in
      for role in ["syncline_reader", "syncline_worker"] {
        #expect(try pgError { _ = try search(session, "'{}'", role: role) }.sqlstate == "42501")
      }
      for call in ["'[]'", "'null'", "NULL", "'7'", "'{}', NULL, 0", "'{}', NULL, 10001", "'{}', NULL, NULL"] {
        #expect(try pgError { _ = try search(session, call) }.sqlstate == "22023", "\(call)")
      }
      // It runs as the role whose policy is unconditional, with a path of its own, and writes nothing.
      let facts = try session.table(
        """
        SELECT pg_get_userbyid(proowner), prosecdef, provolatile, proconfig::text FROM pg_proc WHERE proname = 'search_records'
        """)
      #expect(
        facts == [
          ["syncline_system", "t", "s", #"{"search_path=public, pg_temp",plan_cache_mode=force_custom_plan,jit=off}"#]
        ])
      #expect(try session.list("SELECT has_schema_privilege('syncline_system', 'public', 'CREATE')") == ["f"])
    }
  }
}
