import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What the schema must hold: names others rely on, generated columns, indexes, guards.
@Suite("Schema", .syncDatabase) struct SchemaTests {
  /// Contract section 5.
  private static let contract: [String: String] = [
    "organization": "id",
    "pfa_mirror": """
    id organization_id pfa_id data pending_base version source_block source_index content_hash last_synced_at created_at
    updated_at
    """,
    "sync_job": """
    id organization_id kind state attempt priority run_at idempotency_key parameters progress error_code error_message
    created_at started_at finished_at
    """,
    "pfa_sync_log": """
    id job_id attempt organization_id sync_type sync_direction received inserted updated unchanged stale discontinued
    conflicted rejected pages started_at completed_at duration_ms status
    """,
    "sync_record_issue": "job_id pfa_id field code raw",
    "pfa_kpi_summary": """
    organization_id category source dor total_plan_cost total_forecast_cost total_actual_cost total_variance record_count
    actualized_count
    """,
    "pfa_timeline_bounds": """
    organization_id plan_start plan_end forecast_start forecast_end actual_start actual_end total_records
    actualized_records
    """,
    "pfa_modification": """
    id mirror_id organization_id user_id session_id delta modified_fields base_version base_values sync_state commit_id
    """,
    "pfa_sync_conflict": """
    id modification_id mirror_id organization_id kind conflict_fields base_values local_values remote_values status
    resolution
    """,
    "pfa_merged_live": """
    id organization_id pfa_id data version category class source dor area_silo manufacturer model monthly_rate purchase_price
    original_start original_end forecast_start forecast_end actual_start actual_end is_actualized is_discontinued
    is_funds_transferable has_plan has_actuals contract has_draft
    """,
    "kpi_slot":
      "organization_id category source dor slot plan_cost forecast_cost actual_cost record_count actualized_count",
    "consumer_offset": "consumer_group topic partition next_offset",
    "dead_letter": "id",
    "outbox": "id",
    "sync_event": "organization_id stream version type data metadata criteria created_at",
  ]

  @Test("S1-08 S2-09 The columns of contract section 5 are there", arguments: contract.keys.sorted())
  func contractNames(table: String) async throws {
    let wanted = Self.contract[table, default: ""].split { $0 == " " || $0 == "\n" }.map(String.init)
    let found = try await onDatabase { session in
      try session.list("SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", [.text(table)])
    }
    #expect(Set(wanted).subtracting(found) == [])
  }

  @Test(
    "S2-01 Totals and bounds are plain tables and live views, the merge of drafts a view (S1-42), edits a table of deltas"
  )
  func kinds() async throws {
    // S1-08: edits and the sync log. S2-09, the base tables: the mirror, the edit, and what a change contributes.
    let wanted = [
      "kpi_change": "r", "kpi_slot": "r", "pfa_kpi_summary": "v", "pfa_merged_live": "v", "pfa_mirror": "r",
      "pfa_modification": "r", "pfa_sync_log": "r", "pfa_timeline_bounds": "v",
    ]
    let (found, cascade) = try await onDatabase { session in
      let found = try session.table(
        "SELECT relname, relkind FROM pg_class WHERE relname = ANY ($1) ORDER BY relname",
        [.array(.text(wanted.keys.sorted()))])
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.edit("a", #"{"monthlyRate": 1}"#, at: 1)
      let cascade = try session.table(
        """
        SELECT (SELECT sum(total_plan_cost) FROM pfa_kpi_summary), (SELECT sum(plan_cost) FROM kpi_change),
          (SELECT total_records FROM pfa_timeline_bounds WHERE organization_id = 'RIO')
        """)
      return (found, cascade)
    }
    #expect(found == wanted.sorted { $0.key < $1.key }.map { [$0.key, $0.value] })
    #expect(cascade.count == 1 && cascade[0][0] == cascade[0][1] && cascade[0][2] == "1")
  }

  @Test("S1-03 The mirror has its 21 stored generated columns, with the contract's types (S1-07, S1-45)")
  func generatedColumns() async throws {
    let found = try await onDatabase { session in
      try session.list(
        """
        SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = 'pfa_mirror'::regclass AND attgenerated = 's' ORDER BY attnum
        """)
    }
    let texts = ["category", "class", "source", "dor", "area_silo", "manufacturer", "model"].map { "\($0) text" }
    let money = ["monthly_rate", "purchase_price"].map { "\($0) numeric(20,2)" }
    let dates = ["original", "forecast", "actual"].flatMap { ["\($0)_start date", "\($0)_end date"] }
    let flags = ["is_actualized", "is_discontinued", "is_funds_transferable", "has_plan", "has_actuals"]
    #expect(found == texts + money + dates + flags.map { "\($0) boolean" } + ["contract text"])
    #expect(found.count == 21)
  }

  @Test("S0-01 No materialized view, and no trigger that works on more than its row (S0-06)")
  func noMaterializedViews() async throws {
    try await onDatabase { session in
      #expect(try session.list("SELECT matviewname FROM pg_matviews") == [])
      let triggers = try session.list(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = 'pfa_mirror'")
      #expect(triggers == [], "bulk writes run no trigger")
      // What is told of edits and of new jobs: one statement for all of a commit, and for all commits of a batch.
      let wide = try session.list(
        "SELECT DISTINCT tgfoid::regproc::text FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 1 = 0 ORDER BY 1")
      #expect(wide == ["pfa_modification_journal", "sync_job_begin"])
    }
  }

  @Test("S1-09 More than 15 indexes: B-tree, GIN and partial ones")
  func indexKinds() async throws {
    try await onDatabase { session in
      let kinds = try session.table(
        """
        SELECT count(*), count(*) FILTER (WHERE a.amname = 'btree') >= 1, count(*) FILTER (WHERE a.amname = 'gin') >= 1,
          count(*) FILTER (WHERE i.indpred IS NOT NULL) >= 1, bool_and(i.indisvalid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
        WHERE c.relnamespace = 'public'::regnamespace
        """)
      let total = try #require(kinds.first.flatMap { Int($0[0]) })
      #expect(total >= 15)
      #expect(kinds[0].dropFirst() == ["t", "t", "t", "t"])
    }
  }

  @Test("S0-24 Every editable table has version integer not null default 1")
  func versions() async throws {
    let found = try await onDatabase { session in
      try session.table(
        """
        SELECT format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = 'pfa_mirror'::regclass AND a.attname = 'version'
        """)
    }
    #expect(found == [["integer", "t", "1"]])
  }

  @Test("S1-06 Rows of an organization can not exist without it")
  func foreignKeys() async throws {
    try await onDatabase { session in
      let tables = try session.list(
        """
        SELECT conrelid::regclass::text FROM pg_constraint
        WHERE contype = 'f' AND confrelid = 'organization'::regclass AND convalidated
        """)
      #expect(
        Set(["pfa_mirror", "kpi_slot", "sync_job", "pfa_sync_log", "source_watermark"]).subtracting(tables) == [])
      let error = try pgError {
        try session.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('NIL', 'read_sync')")
      }
      #expect(error.sqlstate == "23503")
    }
  }

  @Test("S1-05 The log knows its types, directions and states, and closed accounting is a constraint (contract 4.4)")
  func log() async throws {
    try await onDatabase { session in
      let insert = "INSERT INTO pfa_sync_log (stream, organization_id, sync_type, received, inserted, stale) VALUES"
      try session.execute("\(insert) ('a', 'RIO', 'full', 3, 1, 2)")
      let lies = [
        "('b', 'RIO', 'full', 3, 1, 1)", "('b', 'RIO', 'partial', 0, 0, 0)", "(NULL, 'RIO', 'full', 0, 0, 0)",
      ]
      for values in lies {
        #expect(try pgError { try session.execute("\(insert) \(values)") }.sqlstate == "23514", "\(values)")
      }
      for change in ["sync_direction = 'up'", "status = 'done'", "rejected = 1", "job_id = gen_random_uuid()"] {
        #expect(
          try pgError { try session.execute("UPDATE pfa_sync_log SET \(change)") }.sqlstate == "23514", "\(change)")
      }
      try session.execute("UPDATE pfa_sync_log SET completed_at = started_at + interval '1.5 s'")
      #expect(try session.value("SELECT duration_ms FROM pfa_sync_log") == "1500")
    }
  }

  @Test("Every step between two job states is allowed by the database exactly when the domain allows it")
  func jobStates() async throws {
    try await onDatabase { session in
      for from in JobState.allCases {
        for to in JobState.allCases {
          let id = try #require(
            try session.value(
              """
              INSERT INTO sync_job (organization_id, kind, state, finished_at)
              VALUES ('RIO', 'write_back', $1, CASE WHEN $2 THEN now() END) RETURNING id
              """, [.text(from.rawValue), .bool(from.isFinal)]))
          do {
            try session.query(
              "UPDATE sync_job SET state = $2, finished_at = CASE WHEN $3 THEN now() END WHERE id = $1::uuid",
              [.text(id), .text(to.rawValue), .bool(to.isFinal)])
            #expect(from == to || from.canBecome(to), "\(from) to \(to) was let through")
          } catch let error as PGError {
            #expect(error.sqlstate == "SY002", "\(from) to \(to)")
            #expect(from != to && !from.canBecome(to), "\(from) to \(to) was refused")
          }
        }
      }
      let unknown = "INSERT INTO sync_job (organization_id, kind, state) VALUES ('RIO', 'write_back', 'paused')"
      #expect(try pgError { try session.execute(unknown) }.sqlstate == "23514")
    }
  }

  @Test("S1-12 updated_at follows each change of an organization and a job")
  func updatedAt() async throws {
    try await onDatabase { session in
      try session.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'write_back')")
      for table in ["organization", "sync_job"] {
        try session.execute("UPDATE \(table) SET updated_at = 'epoch'")
        #expect(try session.count("SELECT count(*)::int FROM \(table) WHERE updated_at > 'epoch'") > 0)
      }
      try apply(session, [Sample("a")])
      try session.execute("UPDATE pfa_mirror SET updated_at = 'epoch'")
      try apply(session, [Sample("a", 2) { $0.rate = "2" }])
      #expect(try session.count("SELECT count(*)::int FROM pfa_mirror WHERE updated_at > 'epoch'") == 1)
    }
  }

  @Test("A record that somebody writes by hand needs no id, and keeps the one it gets when PEMS brings it")
  func givenId() async throws {
    try await onDatabase { session in
      try session.execute(
        """
        INSERT INTO pfa_mirror (organization_id, pfa_id, data) VALUES ('RIO', 'a', '{"dor": "BY HAND"}'), ('RIO', 'b', '{}')
        """)
      let ids = try session.list("SELECT id FROM pfa_mirror ORDER BY pfa_id")
      #expect(Set(ids).count == 2)
      try apply(session, [Sample("a"), Sample("c")])
      let after = try session.list("SELECT id FROM pfa_mirror ORDER BY pfa_id")
      #expect(after.count == 3 && Array(after.prefix(2)) == ids)
      #expect(try session.value("SELECT data ->> 'dor' FROM pfa_mirror WHERE pfa_id = 'a'") != "BY HAND")
    }
  }
}
