import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Finding and correcting totals that somebody has spoilt.
@Suite("KPI rebuild", .syncDatabase) struct RebuildTests {
  /// Four differences of RIO's three groups: a wrong sum, a wrong count, a lost group, an invented one; and one of
  /// RIO2.
  private func plant(_ session: PGSession) throws {
    for organization in ["RIO", "RIO2"] {
      try apply(
        session,
        [
          Sample("a"), Sample("b") { $0.category = "Pumps" }, Sample("c") { ($0.category, $0.dor) = (nil, nil) },
          Sample("d") { $0.category = "Lifts" },
        ], to: organization)
    }
    try session.execute(
      """
      UPDATE kpi_slot SET plan_cost = plan_cost + 0.01 WHERE organization_id = 'RIO' AND category = 'Cranes';
      UPDATE kpi_slot SET actualized_count = 9 WHERE organization_id = 'RIO' AND category = 'Pumps';
      DELETE FROM kpi_slot WHERE organization_id = 'RIO' AND category IS NULL;
      INSERT INTO kpi_slot VALUES ('RIO', 'Ghosts', NULL, 'BEO', 3, 1, 2, 3, 1, 0);
      UPDATE kpi_slot SET forecast_cost = -forecast_cost WHERE organization_id = 'RIO2' AND category = 'Lifts';
      """)
  }

  @Test("Totals hold the largest amounts that records can name, many times over")
  func large() async throws {
    try await onDatabase { session in
      let samples = (0..<20).map { number in
        Sample("r\(number)") { sample in
          sample.rate = "999999999999999999.99"
          (sample.plan, sample.forecast) = (.init("0001-01-01", "9999-12-31"), .init("0001-01-01", "9999-12-31"))
        }
      }
      try apply(session, samples)
      #expect(try session.count("SELECT (max(total_plan_cost) > 10::numeric ^ 24)::int FROM pfa_kpi_summary") == 1)
      #expect(try session.count("SELECT count(*)::int FROM pfa_kpi_difference") == 0)
    }
  }

  @Test("The verification finds each planted difference, of one organization or of all (S0-07)")
  func verify() async throws {
    try await onDatabase { session in
      try plant(session)
      let found = try session.asSystem { try KPIStore.differences(session, organization: nil) }
      #expect(
        try found.rows.map { try "\($0.string("organization_id")) \($0.text("category") ?? "∅")" } == [
          "RIO Cranes", "RIO Ghosts", "RIO Pumps", "RIO ∅", "RIO2 Lifts",
        ])
      #expect(try session.asSystem { try KPIStore.differences(session, organization: "RIO2").rowCount } == 1)
      #expect(try session.asWorker("RIO2") { try KPIStore.differences(session, organization: nil).rowCount } == 1)
    }
  }

  @Test("S1-38 A rebuild corrects one organization by exactly the differences, with lineage, and is done once")
  func rebuild() async throws {
    try await onDatabase { session in
      try plant(session)
      let corrected = try session.asWorker("RIO") {
        try KPIStore.rebuild(session, organization: "RIO", slot: 5, cause: "test")
      }
      #expect(corrected == 4)
      #expect(try KPIStore.differences(session, organization: "RIO").rowCount == 0)
      #expect(try KPIStore.differences(session, organization: "RIO2").rowCount == 1)
      let lineage = try session.table(
        """
        SELECT coalesce(category, '∅'), plan_cost, record_count, actualized_count FROM kpi_change
        WHERE cause = 'rebuild' AND cause_id = 'test' ORDER BY coalesce(category, '∅') COLLATE "C"
        """)
      #expect(
        lineage.map { $0.prefix(1) + $0.suffix(2) } == [
          ["Cranes", "0", "0"], ["Ghosts", "-1", "0"], ["Pumps", "0", "-9"], ["∅", "1", "0"],
        ])
      #expect(lineage[0][1] == "-0.01")
      let again = try session.asSystem { try KPIStore.rebuild(session, organization: "RIO", slot: 5, cause: "again") }
      #expect(again == 0)
      _ = try session.asSystem { try KPIStore.rebuild(session, organization: "RIO2", slot: 5, cause: "test") }
      try expectExact(session, lineage: false)
    }
  }

  @Test("Rebuilds beside writers, and beside each other, end in exact totals")
  func besideWriters() async throws {
    try await onDatabase { try plant($0) }
    let database = try SyncDatabase.current
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<5 {
        group.addTask {
          try await database.connect("session-\(number)").run { session in
            for round in 0..<15 {
              if number < 2 {
                try repeating {
                  _ = try session.asWorker("RIO") {
                    try KPIStore.rebuild(session, organization: "RIO", slot: -1 - number, cause: "r\(round)")
                  }
                }
              } else {
                let samples = (0..<10).map { record in
                  Sample("w\(record)", Int64(round)) {
                    $0.index = Int64(number)
                    $0.category = ["Cranes", "Pumps", nil][(round + record) % 3]
                  }
                }
                try repeating { try apply(session, samples, slot: number % 2) }
              }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try await onDatabase { session in
      #expect(try KPIStore.differences(session, organization: "RIO").rowCount == 0)
      _ = try session.asSystem { try KPIStore.rebuild(session, organization: "RIO2", slot: 0, cause: "end") }
      try expectExact(session, lineage: false)
    }
  }
}
