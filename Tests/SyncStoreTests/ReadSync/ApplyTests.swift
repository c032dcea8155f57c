import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What one batch does to rows, totals, counts and issues.
@Suite("Apply", .syncDatabase) struct ApplyTests {
  private func versions(_ session: PGSession) throws -> [String] {
    try session.list("SELECT pfa_id || ' ' || version || ' ' || source_block FROM pfa_mirror ORDER BY pfa_id")
  }

  @Test("Inserts, updates, advances, leaves alone and refuses by order, and counts each")
  func outcomes() async throws {
    try await onDatabase { session in
      #expect(try apply(session, [Sample("a"), Sample("b")]).byName.filter { $0.1 > 0 }.map(\.0) == ["inserted"])
      try expectExact(session)
      let outcome = try apply(
        session,
        [
          Sample("a", 2) { $0.rate = "16000" },  // newer, other content
          Sample("b", 2),  // newer, same content
          Sample("c", 1),
        ])
      #expect(outcome.inserted == 1 && outcome.updated == 1 && outcome.unchanged == 1 && outcome.stale == 0)
      #expect(try versions(session) == ["a 2 2", "b 1 2", "c 1 1"])
      let late = try apply(
        session,
        [
          Sample("a", 1),  // older
          Sample("b", 2),  // the same again
          Sample("c", 1) { $0.rate = "1" },  // the same order with other content: the first to come stays
        ])
      #expect(late.stale == 2 && late.unchanged == 1 && late.inserted + late.updated == 0)
      #expect(try versions(session) == ["a 2 2", "b 1 2", "c 1 1"])
      try expectExact(session)
    }
  }

  @Test("The order is compared as a pair, with 64 bits each")
  func pairs() async throws {
    try await onDatabase { session in
      func write(_ block: Int64, _ index: Int64, _ rate: String) throws -> ApplyOutcome {
        try apply(
          session,
          [
            Sample("a", block) {
              $0.index = index
              $0.rate = rate
            }
          ])
      }
      #expect(try write(.min, .max, "1").inserted == 1)
      #expect(try write(5, 9, "2").updated == 1)
      #expect(try write(4, 10, "3").stale == 1)
      #expect(try write(5, 10, "4").updated == 1)
      #expect(try write(6, .min, "5").updated == 1)
      #expect(try write(.max, .max, "6").updated == 1)
      #expect(try session.value("SELECT monthly_rate FROM pfa_mirror") == "6.00")
      try expectExact(session)
    }
  }

  @Test("Without an order the content decides, and an order is never lost")
  func withoutOrder() async throws {
    try await onDatabase { session in
      #expect(try apply(session, [Sample("a", nil)]).inserted == 1)
      #expect(try apply(session, [Sample("a", nil)]).unchanged == 1)
      #expect(try apply(session, [Sample("a", nil) { $0.rate = "7" }]).updated == 1)
      #expect(try apply(session, [Sample("a", 3) { $0.rate = "7" }]).unchanged == 1, "takes the order")
      #expect(try apply(session, [Sample("a", 2) { $0.rate = "8" }]).stale == 1)
      #expect(try apply(session, [Sample("a", nil) { $0.rate = "9" }]).updated == 1)
      #expect(try versions(session) == ["a 3 3"])
      try expectExact(session)
    }
  }

  @Test("A record that PEMS discontinues leaves the totals, and one that comes back enters them again (R8)")
  func discontinued() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a", 1), Sample("b", 1) { $0.category = "Pumps" }])
      let gone = try apply(session, [Sample("b", 2) { ($0.category, $0.isDiscontinued) = ("Pumps", true) }])
      #expect(gone.discontinued == 1 && gone.updated == 0)
      #expect(try Totals.kept(session).keys.compactMap(\.category) == ["Cranes"], "a group without records is no row")
      try expectExact(session)
      let still = try apply(
        session,
        [
          Sample("b", 3) {
            ($0.category, $0.isDiscontinued) = ("Pumps", true)
            $0.rate = "3"
          }
        ])
      #expect(still.updated == 1 && still.discontinued == 0, "discontinued already")
      try expectExact(session)
      #expect(try apply(session, [Sample("b", 4) { $0.category = "Pumps" }]).updated == 1)
      #expect(try Totals.kept(session).count == 2)
      #expect(try apply(session, [Sample("z", 1) { $0.isDiscontinued = true }]).inserted == 1, "new and discontinued")
      try expectExact(session)
    }
  }

  @Test("A record that moves between groups leaves one and enters the other; a missing name is a group of its own")
  func moves() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a", 1), Sample("b", 1)])
      try apply(session, [Sample("a", 2) { ($0.category, $0.source, $0.dor) = (nil, nil, nil) }])
      try expectExact(session)
      #expect(try Totals.kept(session).values.map(\.count) == [1, 1])
      try apply(session, [Sample("b", 2) { ($0.category, $0.source, $0.dor) = (nil, nil, nil) }])
      #expect(try Totals.kept(session).map(\.key.category) == [nil])
      try apply(session, [Sample("a", 3) { $0.category = "" }])
      try expectExact(session)
    }
  }

  @Test("Duplicates inside a batch: newest wins, the others are counted (R3, R4)")
  func duplicates() async throws {
    try await onDatabase { session in
      let outcome = try apply(
        session,
        [Sample("b", 1), Sample("a", 2) { $0.rate = "2" }, Sample("a", 1), Sample("a", 2) { $0.rate = "2" }])
      #expect(outcome.inserted == 2 && outcome.stale == 1 && outcome.unchanged == 1)
      #expect(try versions(session) == ["a 1 2", "b 1 1"])
      #expect(try session.value("SELECT received || ' ' || pages FROM pfa_sync_log") == "4 1")
      try expectExact(session)
    }
  }

  @Test("S1-39 An unknown field is kept; missing fields give nulls and flags that are false (S1-45, R13)")
  func unknownFields() async throws {
    try await onDatabase { session in
      try apply(
        session,
        [
          Sample("a") {
            $0.more = [.init("weather", .object([.init("sun", .bool(true))]))]
            ($0.plan, $0.rate) = (nil, nil)
          }
        ])
      let row = try session.table(
        """
        SELECT data -> 'weather' ->> 'sun', monthly_rate, original_start, is_actualized, has_plan, contract FROM pfa_mirror
        """)
      #expect(row == [["true", "∅", "∅", "f", "f", "∅"]])
    }
  }

  @Test("The id follows from the key, so the same record has the same one everywhere")
  func identity() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      try apply(session, [Sample("a")], to: "RIO2")
      let ids = try session.list("SELECT id FROM pfa_mirror ORDER BY organization_id")
      #expect(ids.count == 2 && ids[0] != ids[1])
      try session.execute("DELETE FROM pfa_mirror; DELETE FROM kpi_slot; DELETE FROM kpi_change")
      try apply(session, [Sample("a", 5)])
      #expect(try session.list("SELECT id FROM pfa_mirror") == [ids[0]])
    }
  }

  @Test("S2-01 S2-02 The next transaction of another session reads rows, totals and bounds of a commit")
  func visibleAtOnce() async throws {
    try await onDatabase { session in _ = try apply(session, [Sample("a")]) }
    let other = try await SyncDatabase.current.connect("other")
    try await other.run { session in
      #expect(try session.value("SELECT total_forecast_cost FROM pfa_kpi_summary") == "94612.35")
      #expect(try session.value("SELECT forecast_end FROM pfa_timeline_bounds") == "2025-07-31")
      try expectExact(session)
    }
  }

  @Test("S2-13 A change touches the slot of its own group and no other")
  func touchesOneSlot() async throws {
    try await onDatabase { session in
      try apply(session, (0..<20).map { number in Sample("r\(number)") { $0.category = "C\(number)" } })
      let before = try session.table("SELECT category, xmin::text FROM kpi_slot ORDER BY category")
      try apply(session, [Sample("r7", 2) { ($0.category, $0.rate) = ("C7", "1") }])
      let after = try session.table("SELECT category, xmin::text FROM kpi_slot ORDER BY category")
      #expect(zip(before, after).filter { $0 != $1 }.map(\.0[0]) == ["C7"])
    }
  }
}
