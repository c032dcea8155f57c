import Postgres
import SQLCatalog
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Each index is used by the query it is there for, on 20,000 generated rows.
@Suite("Indexes", .syncDatabase) struct IndexTests {
  private func explain(_ session: PGSession, _ sql: String, role: String = "syncline_reader") throws -> String {
    try session.transaction {
      try session.query(
        "SELECT set_config('role', $1, true), set_config('syncline.organization', 'RIO', true)", [.text(role)])
      return try session.list("EXPLAIN \(sql)").joined(separator: "\n")
    }
  }

  private func fill(_ session: PGSession) throws {
    let generator = RecordGenerator(seed: 7, organization: "RIO")
    for start in stride(from: 0, to: 20_000, by: 1000) {
      let outcomes = (start..<(start + 1000)).map { RecordOutcome.accepted(generator.record(index: $0)) }
      let batch = RecordBatch(organization: "RIO", page: nil, outcomes: outcomes)
      try session.asWorker("RIO") { _ = try ApplyStore.apply(session, batch, .init(slot: 0, stream: stream)) }
    }
    try session.execute("VACUUM ANALYZE pfa_mirror")
  }

  /// The timeline bounds probe the six ends of indexes and read no row.
  private func expectBoundsFromIndexes(_ session: PGSession) throws {
    let plan = try explain(session, "SELECT * FROM pfa_timeline_bounds WHERE organization_id = 'RIO'")
    for end in ["plan_start", "plan_end", "forecast", "forecast_end", "actual_start", "actual_end"] {
      #expect(
        plan.contains("Index Only Scan using pfa_mirror_\(end) ")
          || plan.contains("Index Only Scan Backward using pfa_mirror_\(end) "), "\(end): \(plan)")
    }
    #expect(!plan.contains("Seq Scan on pfa_mirror"))
    try expectExact(session)
  }

  /// Applying finds its rows by their key, whatever the table's size.
  private func expectApplyByKey(_ session: PGSession) throws {
    try session.execute("PREPARE apply AS \(Queries.applyRecords); SET plan_cache_mode = force_generic_plan")
    let nulls = (0..<29).map { _ in "NULL" }.joined(separator: ", ")
    let plan = try explain(session, "EXECUTE apply (\(nulls))", role: "syncline_worker")
    #expect(plan.contains("pfa_mirror_key") && plan.contains("pfa_mirror_pkey"), "\(plan)")
    #expect(!plan.contains("Seq Scan on pfa_mirror"), "\(plan)")
  }

  @Test("S1-15…17 The mirror's indexes, each by its query (S0-26, S0-13, S1-23, S1-45)")
  func mirror() async throws {
    try await onDatabase { session in
      try fill(session)
      try expectBoundsFromIndexes(session)
      try expectApplyByKey(session)
      let category = try #require(try session.value("SELECT category FROM pfa_mirror WHERE source = 'Rental' LIMIT 1"))
      let group = "organization_id = 'RIO' AND NOT is_discontinued AND category = '\(category)' AND source = 'Rental'"
      let one = try #require(try session.value("SELECT id FROM pfa_mirror LIMIT 1"))
      let queries: [(index: String, sql: String)] = [
        ("pfa_mirror_key", "SELECT * FROM pfa_mirror WHERE organization_id = 'RIO' AND pfa_id = 'PFA-00000007'"),
        ("pfa_mirror_pkey", "UPDATE pfa_mirror SET version = version + 1 WHERE id = '\(one)' AND version = 1"),
        ("pfa_mirror_group", "SELECT * FROM pfa_mirror WHERE \(group) AND class = 'Crawler'"),
        (
          "pfa_mirror_group_forecast",
          "SELECT * FROM pfa_mirror WHERE \(group) AND forecast_start BETWEEN '2025-01-01' AND '2025-01-03'"
        ),
        (
          "pfa_mirror_forecast",
          """
          SELECT * FROM pfa_mirror WHERE organization_id = 'RIO' AND NOT is_discontinued
            AND forecast_start BETWEEN '2025-01-01' AND '2025-01-03' AND forecast_end < '2025-12-01'
          """
        ),
      ]
      for (index, sql) in queries {
        let plan = try explain(session, sql, role: sql.hasPrefix("UPDATE") ? "syncline_worker" : "syncline_reader")
        #expect(plan.contains(" \(index) "), "\(plan)")
      }
      // Containment is not leakproof: row security lets it reach an index only where it has nothing to hide.
      let contains = #"SELECT * FROM pfa_mirror WHERE data @> '{"equipment": "EQ-0000042"}'"#
      let plan = try explain(session, contains, role: "syncline_system")
      #expect(plan.contains("pfa_mirror_data"), "\(plan)")
      #expect(try session.count("SELECT count(*)::int FROM (\(contains)) t") == 1)
    }
  }

  @Test("The indexes of jobs, logs, issues, lineage and dead letters, each by its query")
  func machinery() async throws {
    try await onDatabase { session in
      try session.execute(
        """
        INSERT INTO sync_job (organization_id, kind, state, finished_at, created_at, run_at)
        SELECT CASE WHEN n % 100 = 0 THEN 'RIO2' ELSE 'RIO' END, 'write_back',
          CASE WHEN n % 200 = 0 THEN 'queued' ELSE 'succeeded' END,
          CASE WHEN n % 200 > 0 THEN now() - n * interval '30 min' END, now() - n * interval '1 min', now() - n * interval '1 min'
        FROM generate_series(1, 8000) n;
        INSERT INTO sync_page (job_id, page, organization_id, event_id, state)
        SELECT id, n, organization_id, 'e', CASE WHEN n = 40 THEN 'allocated' ELSE 'applied' END
        FROM (SELECT * FROM sync_job LIMIT 200) j, generate_series(1, 40) n;
        INSERT INTO pfa_sync_log (stream, organization_id, sync_type, started_at)
        SELECT n::text, CASE WHEN n % 2 = 0 THEN 'RIO' ELSE 'RIO2' END, 'full', now() - n * interval '1 min'
        FROM generate_series(1, 5000) n;
        INSERT INTO sync_record_issue (job_id, stream, organization_id, code, rejected)
        SELECT CASE WHEN n % 2 = 0 THEN md5((n % 99)::text)::uuid END, CASE WHEN n % 2 = 1 THEN (n % 99)::text END, 'RIO', 'C', true
        FROM generate_series(1, 10000) n;
        INSERT INTO kpi_change (organization_id, cause, cause_id, plan_cost, forecast_cost, actual_cost, record_count,
          actualized_count, changed_at)
        SELECT 'RIO', 'event', (n % 500)::text, 1, 1, 1, 1, 0, now() - n * interval '1 min' FROM generate_series(1, 10000) n;
        INSERT INTO dead_letter (topic, partition, kafka_offset, code, cause, status, created_at)
        SELECT 't', 0, n, 'C', 'c', CASE WHEN n % 50 = 0 THEN 'open' ELSE 'replayed' END, now() - n * interval '1 min'
        FROM generate_series(1, 8000) n;
        INSERT INTO operator_event (subject, subject_id, event, actor)
        SELECT 'dead_letter', id::text, 'replayed', 'ann' FROM dead_letter;
        """)
      try session.execute("ANALYZE")
      let claim = Queries.claimJob.replacing("$1", with: "'{write_back}'").replacing("$2", with: "'w'").replacing(
        "$3", with: "12")
      let queries: [(index: String, sql: String)] = [
        ("sync_job_open", claim),
        ("sync_job_unfinished", Queries.sampleState), ("sync_job_finished", Queries.sampleState),
        ("sync_job_troubled", Queries.unsettledJobs.replacing("$1", with: "12")),
        ("sync_job_recent", "SELECT * FROM sync_job ORDER BY created_at DESC LIMIT 20"),
        (
          "sync_job_organization",
          "SELECT * FROM sync_job WHERE organization_id = 'RIO2' ORDER BY created_at DESC LIMIT 20"
        ),
        (
          "sync_page_waiting",
          "SELECT * FROM sync_page WHERE job_id = (SELECT id FROM sync_job LIMIT 1) AND state = 'allocated'"
        ),
        (
          "pfa_sync_log_recent",
          "SELECT * FROM pfa_sync_log WHERE organization_id = 'RIO' ORDER BY started_at DESC LIMIT 20"
        ),
        ("sync_record_issue_job", "SELECT * FROM sync_record_issue WHERE job_id = md5('7')::uuid"),
        ("sync_record_issue_stream", "SELECT * FROM sync_record_issue WHERE organization_id = 'RIO' AND stream = '7'"),
        (
          "kpi_change_group",
          "SELECT * FROM kpi_change WHERE organization_id = 'RIO' AND changed_at > now() - interval '1 h' ORDER BY changed_at"
        ),
        ("kpi_change_cause", "SELECT * FROM kpi_change WHERE cause_id = '7'"),
        ("operator_event_letter", Queries.deadLetterHistory.replacing("$1", with: "7")),
        ("dead_letter_open", "SELECT * FROM dead_letter WHERE status = 'open' ORDER BY created_at DESC LIMIT 20"),
      ]
      for (index, sql) in queries {
        let plan = try explain(session, sql, role: "syncline_system")
        #expect(plan.contains(" \(index) ") || plan.contains("on \(index) "), "\(index): \(plan)")
      }
    }
  }
}
