import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Roll-ups and their trend, the eventual tier.
@Suite("KPI trend", .syncDatabase) struct TrendTests {
  /// Steps until nothing is due any more; another look would be due in half a second at the earliest.
  private func catchUp(_ session: PGSession) throws {
    while try session.asSystem({ try TrendStore.advance(session, limit: 10) }).organizations > 0 {}
  }

  /// Lets everybody be due, as time does.
  private func age(_ session: PGSession, by interval: String = "2 minutes") throws {
    try session.execute("UPDATE kpi_trend_state SET refreshed_at = refreshed_at - interval '\(interval)'")
  }

  private func rollups(_ session: PGSession) throws -> [[String]] {
    try session.table(
      """
      SELECT organization_id, level, category, total_plan_cost, total_forecast_cost, total_actual_cost, total_variance,
        record_count, actualized_count
      FROM kpi_rollup ORDER BY 1, 2, 3
      """)
  }

  /// What the strong tier says.
  private func expected(_ session: PGSession) throws -> [[String]] {
    try session.table(
      """
      SELECT organization_id, CASE GROUPING(category) WHEN 1 THEN 'organization' ELSE 'category' END AS level, category,
        sum(total_plan_cost), sum(total_forecast_cost), sum(total_actual_cost), sum(total_variance), sum(record_count),
        sum(actualized_count)
      FROM pfa_kpi_summary GROUP BY GROUPING SETS ((organization_id), (organization_id, category)) ORDER BY 1, 2, 3
      """)
  }

  @Test("S2-07 S2-11 Caught up, roll-ups by organization and category equal the totals, whatever changed")
  func equal() async throws {
    var random = seeded("trend")
    let samples = (0..<6).map { _ in (0..<40).map { Sample.random("r\($0)", nil, &random) } }
    try await onDatabase { session in
      for (turn, batch) in samples.enumerated() {
        try apply(session, batch, to: turn % 2 == 0 ? "RIO" : "RIO2", slot: turn % 3)
        // Between two looks others may look as well.
        try catchUp(session)
        try age(session)
        try catchUp(session)
        #expect(try rollups(session) == expected(session), "turn \(turn)")
        #expect(try session.asSystem { try TrendStore.lag(session).organizations } == 0)
      }
      // Behind, and it says how far; done again, a step writes nothing.
      try apply(session, [Sample("late") { $0.rate = "31.00" }], to: "RIO")
      #expect(try rollups(session) != expected(session))
      let lag = try session.asSystem { try TrendStore.lag(session) }
      #expect(lag.organizations == 1 && lag.seconds >= 0 && lag.seconds < 3_600)
      for _ in 0..<2 {
        try catchUp(session)
        try age(session)
      }
      let again = try session.asSystem { try TrendStore.advance(session, limit: 10) }
      #expect(again.organizations == 2 && again.rows == 0)
      #expect(try rollups(session) == expected(session))
    }
  }

  @Test("Closing totals of days that nobody looked at come from the lineage, and days count in UTC")
  func days() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a") { $0.rate = "30.44" }])
      try apply(session, [Sample("b") { $0.category = "Pumps" }])
      try apply(session, [Sample("c")])
      // As if the three had come three days ago, yesterday at the last moment, and today.
      try session.execute(
        """
        UPDATE kpi_change SET changed_at = (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '3 days' + interval '1 h')
          AT TIME ZONE 'UTC' WHERE id = (SELECT min(id) FROM kpi_change);
        UPDATE kpi_change SET changed_at = (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '1 microsecond') AT TIME ZONE 'UTC'
          WHERE category = 'Pumps'
        """)
      try catchUp(session)
      try age(session)
      try catchUp(session)
      let counts = try session.table(
        """
        SELECT (now() AT TIME ZONE 'UTC')::date - day, sum(record_count) FROM kpi_trend
        WHERE organization_id = 'RIO' GROUP BY day ORDER BY day
        """)
      #expect(counts == [["3", "1"], ["2", "1"], ["1", "2"], ["0", "3"]])
      let listed = try session.reading {
        try TrendStore.list(session, organization: "RIO", category: "Pumps", days: 2).rows.map {
          try $0.integer("record_count")
        }
      }
      #expect(listed == [1, 1])
    }
  }

  @Test("S2-37 Two that keep the trend share the organizations, and what one works on the other passes over")
  func shared() async throws {
    let other = try await SyncDatabase.current.connect("other")
    try await onDatabase { session in
      for organization in ["RIO", "RIO2"] { try apply(session, [Sample("a")], to: organization) }
      try catchUp(session)
      try age(session)
    }
    let gatekeeper = try await SyncDatabase.current.connect("gatekeeper")
    try await gatekeeper.run { _ = try $0.query("SELECT pg_advisory_lock(1)") }
    let (held, holds) = AsyncStream.makeStream(of: Void.self)
    let holding = Task {
      try await other.run { session in
        let step = try session.asSystem {
          let step = try TrendStore.advance(session, limit: 1)
          holds.finish()
          try session.query("SELECT pg_advisory_xact_lock(1)")
          return step
        }
        #expect(step.organizations == 1)
      }
    }
    for await _ in held {}
    try await onDatabase { session in
      let step = try session.asSystem { try TrendStore.advance(session, limit: 10) }
      #expect(step.organizations <= 1, "the other one is left to who has it")
      // S2-16: neither waits for the other, and nor does ingestion.
      try session.execute("SET lock_timeout = '1s'")
      for organization in ["RIO", "RIO2"] { try apply(session, [Sample("b")], to: organization) }
    }
    try await gatekeeper.run { _ = try $0.query("SELECT pg_advisory_unlock(1)") }
    try await holding.value
    try await onDatabase { session in
      try age(session)
      try catchUp(session)
      #expect(try rollups(session) == expected(session))
    }
  }

  @Test("A trend of one organization is nobody else's, and a repair of totals mends it too")
  func apart() async throws {
    try await onDatabase { session in
      for organization in ["RIO", "RIO2"] { try apply(session, [Sample("a")], to: organization) }
      try session.execute("UPDATE kpi_slot SET plan_cost = plan_cost + 7 WHERE organization_id = 'RIO'")
      try catchUp(session)
      try age(session)
      try catchUp(session)
      let seen = try session.transaction {
        try session.execute("SET LOCAL ROLE syncline_reader; SET LOCAL syncline.organization = 'RIO'")
        return try session.list("SELECT DISTINCT organization_id FROM kpi_rollup")
      }
      #expect(seen == ["RIO"])
      _ = try KPIReports.rebuild(session, organization: "RIO", by: Decision(actor: "test"))
      try age(session)
      try catchUp(session)
      #expect(try rollups(session) == expected(session))
    }
  }
}
