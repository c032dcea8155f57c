import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Contract section 6, by the database and by the domain.
@Suite("KPI arithmetic", .syncDatabase) struct ArithmeticTests {
  private static let examples = [
    Sample("rental") { _ in },
    Sample("actualized") {
      $0.rate = "42000.00"
      ($0.plan, $0.forecast) = (.init("2025-02-01", "2025-08-31"), .init("2025-02-10", "2025-09-15"))
      ($0.actual, $0.isActualized) = (.init("2025-02-10", "2025-06-30"), true)
    },
    Sample("purchase") {
      ($0.source, $0.rate, $0.price) = ("Purchase", nil, "350000.00")
      ($0.plan, $0.forecast) = (.init("2025-01-10", "2025-12-31"), .init("2025-01-10", "2025-12-31"))
    },
  ]

  @Test(
    "The contract's three examples, by SQL and by the domain",
    arguments: zip(
      0..<3,
      [
        ["81800.26", "94612.35", "0.00", "12812.09"], ["291130.09", "299408.67", "193166.89", "8278.58"],
        ["350000.00", "350000.00", "0.00", "0.00"],
      ]))
  func examples(number: Int, expected: [String]) async throws {
    let record = try Self.examples[number].canonical()
    let amounts = try #require(KPIArithmetic.contribution(of: KPIRecord(data: record.data))).amounts
    #expect([amounts.plan, amounts.forecast, amounts.actual, amounts.variance].map(Cents.text) == expected)
    try await onDatabase { session in
      try apply(session, [Self.examples[number]])
      let found = try session.table(
        "SELECT total_plan_cost, total_forecast_cost, total_actual_cost, total_variance FROM pfa_kpi_summary")
      #expect(found == [expected])
      try expectExact(session)
    }
  }

  @Test("S0-07 Random records cost the same by SQL and by the domain, up to the largest amounts")
  func likeTheDomain() async throws {
    struct Case {
      let source: KPIRecord.Source
      let rate, price: Int128?
      let start, end: CivilDate?
    }
    var random = seeded("likeTheDomain")
    func money(_ random: inout SplitMix64) -> Int128? {
      if random.below(10) == 0 { return nil }
      // Any number of digits up to the 20 of the column, either sign.
      var value: Int128 = 0
      for _ in 0..<(random.below(20) + 1) { value = value * 10 + Int128(random.below(10)) }
      return random.below(5) == 0 ? -value : value
    }
    func day(_ random: inout SplitMix64) -> CivilDate? {
      random.below(12) == 0 ? nil : CivilDate(daysSinceEpoch: random.below(30_000) - 5000)
    }
    let cases = (0..<4000).map { _ in
      Case(
        source: [.rental, .rental, .rental, .purchase, .other][random.below(5)], rate: money(&random),
        price: money(&random), start: day(&random), end: day(&random))
    }
    let wanted = cases.map {
      Cents.text(
        KPIArithmetic.phaseCost(source: $0.source, rate: $0.rate, price: $0.price, start: $0.start, end: $0.end))
    }
    func name(_ source: KPIRecord.Source) -> String? {
      switch source {
      case .rental: "Rental"
      case .purchase: "Purchase"
      case .other: nil
      }
    }
    let values: [PGValue] = [
      .array(.text(cases.map { name($0.source) })), .array(.text(cases.map { $0.rate.map(Cents.text) })),
      .array(.text(cases.map { $0.price.map(Cents.text) })), .array(.text(cases.map { $0.start?.text })),
      .array(.text(cases.map { $0.end?.text })),
    ]
    let found = try await onDatabase { session in
      try session.list(
        """
        SELECT pfa_phase_cost(s, r::numeric(20,2), p::numeric(20,2), b::date, e::date)::numeric(30,2)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS u (s, r, p, b, e, n)
        ORDER BY n
        """, values)
    }
    for (number, pair) in zip(found, wanted).enumerated() where pair.0 != pair.1 {
      Issue.record("\(cases[number]): \(pair.0) by SQL, \(pair.1) by the domain")
    }
    #expect(found.count == wanted.count)
  }

  @Test("Random records: totals by SQL equal totals by the domain, group by group, after each batch (S1-10, S1-34)")
  func randomRecords() async throws {
    var random = seeded("randomRecords")
    let batches = (0..<12).map { round in
      (0..<25).map { _ in Sample.random("r\(random.below(60))", Int64(round + 1), &random) }
    }
    try await onDatabase { session in
      for (slot, batch) in batches.enumerated() {
        try apply(session, batch, slot: slot % 3)
        try expectExact(session)
      }
      // Everything goes: no group and no bound is left.
      let ids = try session.list("SELECT pfa_id FROM pfa_mirror")
      try apply(session, ids.map { id in Sample(id, 1000) { $0.isDiscontinued = true } })
      try expectExact(session)
      #expect(try Totals.kept(session) == [:])
      #expect(try session.count("SELECT count(*)::int FROM pfa_timeline_bounds") == 0)
    }
  }
}
