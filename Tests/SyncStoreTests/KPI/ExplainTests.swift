import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// `kpi explain` at the database: what it says are the totals that were kept at the moments named, and what moved them.
@Suite("KPI lineage", .syncDatabase) struct ExplainTests {
  private struct Moment: Sendable {
    let time: String
    let totals: [GroupKey: KPIAmounts]
  }

  /// The totals under a filter, as the test noted them.
  private static func sum(_ moment: Moment, _ category: String?, _ source: String?, _ dor: String?) -> KPIAmounts {
    moment.totals.reduce(KPIAmounts.zero) { sum, entry in
      let (key, amounts) = entry
      guard key.organization == "RIO", category == nil || key.category == category,
        source == nil || key.source == source,
        dor == nil || key.dor == dor
      else { return sum }
      var sum = sum
      sum += amounts
      return sum
    }
  }

  @Test(
    "domain 4: opening, changes and closing sum to the cent, between any two moments and in any group (contract 4.5)")
  func sums() async throws {
    var random = seeded("kpi explain")
    var script: [[Sample]] = []
    for number in 0..<40 {
      let block = Int64(number + 1)
      script.append((0..<8).map { _ in Sample.random("r\(random.below(20))", block, &random) })
    }
    let ranges = (0..<60).map { _ in (random.below(40), random.below(40)) }
    let words = (0..<60).map { _ in (random.below(3), random.below(3), random.below(3)) }
    let steps = script
    try await onDatabase { session in
      try session.permit("ann", "write")
      var moments = [Moment(time: try session.value("SELECT clock_timestamp()") ?? "", totals: [:])]
      for (number, samples) in steps.enumerated() {
        // A message has a record once.
        try apply(session, Array(Dictionary(samples.map { ($0.id, $0) }) { $1 }.values), slot: number % 4)
        if number % 5 == 0 {
          let record = try session.value("SELECT pfa_id FROM pfa_mirror WHERE NOT is_discontinued ORDER BY 1") ?? ""
          if !record.isEmpty {
            _ = try session.edit(record, #"{"monthlyRate": \#(number).25}"#, at: try session.version(record))
          }
        }
        moments.append(
          Moment(
            time: try session.value("SELECT clock_timestamp()") ?? "",
            totals: try Totals.kept(session)))
      }
      for (index, range) in ranges.enumerated() {
        let (from, to) = (moments[min(range.0, range.1)], moments[max(range.0, range.1)])
        let category = [nil, "Cranes", "Pumps"][words[index].0]
        let source = [nil, "Rental", "Purchase"][words[index].1]
        let dor = [nil, "BEO", "PROJECT"][words[index].2]
        let rows = try session.reading {
          try KPIReports.explain(
            session, organization: "RIO", category: category, source: source, dor: dor, from: from.time, to: to.time
          ).rows
        }
        let entries = try rows.map { try $0.string("entry") }
        #expect(entries.first == "opening" && entries.last == "closing")
        #expect(entries.dropFirst().dropLast().allSatisfy { $0 == "change" })
        let amounts = try rows.map(Self.amounts)
        #expect(amounts[0] == Self.sum(from, category, source, dor))
        #expect(amounts[rows.count - 1] == Self.sum(to, category, source, dor))
        var reached = amounts[0]
        for change in amounts.dropFirst().dropLast() { reached += change }
        #expect(reached == amounts[rows.count - 1])
      }
    }
  }

  private static func amounts(_ row: PGRow) throws -> KPIAmounts {
    func cents(_ column: String) throws -> Int128 { try #require(Cents.parse(try row.string(column))) }
    #expect(try cents("variance") == cents("forecast_cost") - cents("plan_cost"))
    return KPIAmounts(
      plan: try cents("plan_cost"), forecast: try cents("forecast_cost"), actual: try cents("actual_cost"),
      count: Int(try row.integer("record_count")), actualized: Int(try row.integer("actualized_count")))
  }
}
