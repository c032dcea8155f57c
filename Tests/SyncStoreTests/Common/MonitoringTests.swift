import Postgres
import SyncStore
import TestKit
import Testing

/// What the database says of itself, and the views of the old design that make way.
@Suite("Monitoring") struct MonitoringTests {
  private func metrics(_ session: PGSession) throws -> [String: String] {
    let rows = try session.table("SELECT metric_name, metric_value, status FROM monitor_sync_performance()")
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], "\($0[1]) \($0[2])") })
  }

  @Test("S0-19 monitor_sync_performance has six metrics, each with a value and a status", .syncDatabase)
  func sixRows() async throws {
    try await onDatabase { session in
      let quiet = [
        "calls_per_second": "0.000 HEALTHY", "active_users": "0 HEALTHY", "active_records": "0 HEALTHY",
        "version_checks": "0 HEALTHY", "average_response_time_ms": "0.0 OPTIMAL",
        "materialized_view_removed": "1 CONFIRMED_REMOVED",
      ]
      #expect(try metrics(session) == quiet)
      try apply(session, [Sample("a"), Sample("b")])
      try apply(session, [Sample("a")], to: "RIO2")
      // Commits of 0 … 35 ms, a quarter of them refused for a conflict; what is older or has not ended does not count.
      let job = "INSERT INTO sync_job (organization_id, kind, state, error_code, requested_by, created_at, finished_at)"
      try session.execute(
        """
        \(job) SELECT 'RIO', 'draft_commit', CASE n % 4 WHEN 0 THEN 'failed' ELSE 'succeeded' END,
          CASE n % 4 WHEN 0 THEN 'CONFLICT' END, 'user' || n % 2, now() - interval '1 min',
          now() - interval '1 min' + n * interval '1 ms' FROM generate_series(0, 35) n;
        \(job) VALUES ('RIO2', 'kpi_rebuild', 'succeeded', NULL, 'scheduler', now() - interval '8 s', now()),
          ('RIO', 'draft_commit', 'failed', 'FORBIDDEN', 'old', now() - interval '2 h', now() - interval '61 min'),
          ('RIO', 'draft_commit', 'queued', NULL, 'waiting', now(), NULL);
        INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, created_at)
        SELECT m.id, m.organization_id, u, 's-' || u, '{"dor": "X"}', '{dor}', 1, now() - age
        FROM pfa_mirror m, (VALUES ('user0', interval '9 min'), ('cyd', '59 min'), ('old', '61 min')) AS e (u, age)
        WHERE m.pfa_id = 'a'
        """)
      let busy = quiet.merging(
        [
          "calls_per_second": "0.010 HEALTHY", "active_users": "3 HEALTHY", "active_records": "3 HEALTHY",
          "version_checks": "36 HEALTHY", "average_response_time_ms": "17.5 OPTIMAL",
        ], uniquingKeysWith: { $1 })
      #expect(try metrics(session) == busy)
      try session.execute(
        "\(job) VALUES ('RIO', 'draft_commit', 'failed', 'TIMEOUT', 'ann', now() - interval '1 s', now())")
      let troubled = busy.merging(
        [
          "calls_per_second": "0.011 WARNING", "active_users": "4 HEALTHY", "version_checks": "37 HEALTHY",
          "average_response_time_ms": "44.1 SLOW",
        ], uniquingKeysWith: { $1 })
      #expect(try metrics(session) == troubled)
      #expect(try session.asSystem { try metrics(session) } == troubled)
      // Tenants are apart here too (contract 4.8).
      let ofApplication = try session.asApp("ann") { try metrics(session) }
      let own = [
        "active_records": "2 HEALTHY", "active_users": "4 HEALTHY", "calls_per_second": "0.010 WARNING",
      ]
      #expect(ofApplication == troubled.merging(own, uniquingKeysWith: { $1 }))
      let unbound = try session.asApp("ann", "") { try metrics(session) }
      #expect(unbound == quiet)
    }
  }

  @Test("S0-43 The log of operations counts version checks of the last hour, with mean, P95 and P99", .syncDatabase)
  func operations() async throws {
    try await onDatabase { session in
      // 1 … 100 ms within the hour; another kind, an older one and one that is not done do not count.
      try session.execute(
        """
        INSERT INTO sync_job (organization_id, kind, state, created_at, finished_at)
        SELECT 'RIO', 'draft_commit', CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END, now() - interval '1 min',
          now() - interval '1 min' + n * interval '1 ms'
        FROM generate_series(1, 100) n;
        INSERT INTO sync_job (organization_id, kind, state, created_at, finished_at) VALUES
          ('RIO', 'kpi_rebuild', 'succeeded', now() - interval '8 s', now()),
          ('RIO', 'draft_commit', 'succeeded', now() - interval '2 h', now() - interval '61 min'),
          ('RIO', 'draft_commit', 'queued', now(), NULL)
        """)
      #expect(
        try session.table(
          """
          SELECT operation_type, operations, round(mean_ms::numeric, 2), round(p95_ms::numeric, 2), round(p99_ms::numeric, 2)
          FROM operation_statistics ORDER BY 1
          """) == [
            ["kpi_rebuild", "1", "8000.00", "8000.00", "8000.00"], ["version_check", "100", "50.50", "95.05", "99.01"],
          ])
      // The seed's form of the same.
      #expect(
        try session.table(
          """
          SELECT count(*), percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms)::numeric(9, 2) FROM operation_logs
          WHERE operation_type = 'version_check' AND created_at > now() - interval '1 hour'
          """) == [["100", "95.05"]])
      let own = try session.transaction {
        try session.execute("SET LOCAL ROLE syncline_app; SET LOCAL syncline.organization = 'RIO2'")
        return try session.count("SELECT count(*)::int FROM operation_logs")
      }
      #expect(own == 0, "of one's own organization only")
    }
  }

  @Test(
    "S0-20 A materialized view is noticed when somebody makes one, and its removal is confirmed (S0-01)", .syncDatabase)
  func materializedView() async throws {
    try await onDatabase { session in
      #expect(try metrics(session)["materialized_view_removed"] == "1 CONFIRMED_REMOVED")
      try session.execute("CREATE MATERIALIZED VIEW pfa_totals AS SELECT * FROM pfa_kpi_summary")
      #expect(try metrics(session)["materialized_view_removed"] == "0 PRESENT")
      try session.execute("DROP MATERIALIZED VIEW pfa_totals")
      #expect(try metrics(session)["materialized_view_removed"] == "1 CONFIRMED_REMOVED")
    }
  }

  @Test("S0-27 A database whose totals and bounds are materialized views migrates, and has none afterwards (S0-01)")
  func oldDesign() async throws {
    let connection = try await PGConnection.open(PGOptions(url: try await TestDatabase.fresh()), name: "test")
    try await connection.run { session in
      try session.execute(
        """
        CREATE TABLE old_records AS SELECT 'RIO' AS organization_id, n AS cost FROM generate_series(1, 10) n;
        CREATE MATERIALIZED VIEW pfa_kpi_summary AS
          SELECT organization_id, sum(cost) AS total_plan_cost FROM old_records GROUP BY 1;
        CREATE UNIQUE INDEX pfa_kpi_summary_key ON pfa_kpi_summary (organization_id);
        CREATE MATERIALIZED VIEW pfa_timeline_bounds AS SELECT organization_id FROM pfa_kpi_summary;
        CREATE VIEW report AS SELECT * FROM pfa_kpi_summary JOIN pfa_timeline_bounds USING (organization_id)
        """)
      let versions = try Migrator.up(session)
      #expect(try session.list("SELECT matviewname FROM pg_matviews") == [])
      #expect(
        try session.list(
          "SELECT relname || ' ' || relkind::text FROM pg_class WHERE relname LIKE 'pfa\\_kpi\\_summary%'")
          == ["pfa_kpi_summary v"])
      #expect(try session.value("SELECT to_regclass('report')") == nil, "what stood on them goes with them")
      #expect(try session.count("SELECT count(*)::int FROM old_records") == 10, "the data stays")
      #expect(try metrics(session)["materialized_view_removed"] == "1 CONFIRMED_REMOVED")
      #expect(try Migrator.up(session) == [])
      #expect(try Migrator.down(session, to: 0).count == versions.count)
      #expect(try Migrator.up(session) == versions)
    }
    await connection.close()
  }

  @Test("S1-13 analyze_pfa_query_performance times five queries, and counts what they find", .syncDatabase)
  func analyze() async throws {
    var random = seeded("analyze")
    let samples = (0..<300).map { Sample.random("r\($0)", 1, &random) }
    try await onDatabase { session in
      try apply(session, samples)
      try apply(session, [Sample("other")], to: "RIO2")
      for (category, source) in [(nil, nil), ("Cranes", nil), (nil, "Rental"), ("Pumps", "Purchase"), ("None", "None")]
      {
        let filter: [PGValue] = [.text("RIO"), PGValue(category), PGValue(source)]
        let rows = try session.table(
          """
          SELECT query_name, row_count, target_ms, execution_ms >= 0, status = CASE WHEN execution_ms <= target_ms
            THEN 'OPTIMAL' ELSE 'SLOW' END FROM analyze_pfa_query_performance($1, $2, $3)
          """, filter)
        func count(_ condition: String) throws -> Int {
          try session.count(
            """
            SELECT count(*)::int FROM pfa_mirror WHERE organization_id = $1 AND \(condition)
              AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR source = $3)
            """, filter)
        }
        let filtered = try count("NOT is_discontinued")
        let groups = try session.count("SELECT count(*)::int FROM pfa_kpi_summary WHERE organization_id = 'RIO'")
        #expect(
          rows == [
            ["filter", "\(filtered)", "50", "t", "t"], ["first page of 100", "\(min(100, filtered))", "20", "t", "t"],
            ["kpi summary", "\(groups)", "50", "t", "t"], ["timeline bounds", "1", "20", "t", "t"],
            ["containment", "\(min(100, try count("true")))", "200", "t", "t"],
          ], "\(category ?? "any") \(source ?? "any")")
      }
    }
  }

  @Test("An application analyzes its own organization and no other (S0-29)", .syncDatabase)
  func analyzeApart() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      try apply(session, [Sample("a"), Sample("b")], to: "RIO2")
      let counts = "SELECT row_count FROM analyze_pfa_query_performance($1) WHERE query_name = 'filter'"
      let own = try session.asApp("ann", "RIO") { try session.list(counts, [.text("RIO")]) }
      #expect(own == ["1"])
      #expect(try session.list(counts, [.text("RIO2")]) == ["2"], "who sees all tenants anyway")
      for (bound, asked) in [("RIO", "RIO2"), ("", "RIO"), ("RIO", nil)] {
        let error = try pgError { try session.asApp("ann", bound) { _ = try session.query(counts, [PGValue(asked)]) } }
        #expect(error.sqlstate == "42501")
      }
      let missing = try session.list("SELECT row_count FROM analyze_pfa_query_performance('NIL')")
      #expect(missing == ["0", "0", "0", "0", "0"])
    }
  }
}
