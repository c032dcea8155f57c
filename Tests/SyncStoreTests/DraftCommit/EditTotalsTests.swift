import Postgres
import SyncDomain
import TestKit
import Testing

/// Edits and totals: exact at each commit, each change explained.
@Suite("Edit totals", .syncDatabase) struct EditTotalsTests {
  @Test(
    "An edit that moves a record is explained by two rows of lineage that name the record, in its transaction (S0-06)")
  func move() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      try session.asApp("ann") {
        try session.editNow("a", #"{"category": "Pumps", "monthlyRate": 30000}"#, at: 1)
        #expect(try Totals.kept(session).map(\.key.category) == ["Pumps"])
      }
      let lineage = try session.table(
        """
        SELECT c.category, c.plan_cost, c.forecast_cost, c.record_count, c.cause_id = m.id::text FROM kpi_change c, pfa_mirror m
        WHERE c.cause = 'draft_commit' ORDER BY c.category
        """)
      #expect(
        lineage == [
          ["Cranes", "-81800.26", "-94612.35", "-1", "t"], ["Pumps", "163600.53", "189224.70", "1", "t"],
        ])
      try expectExact(session)
    }
  }

  @Test(
    "Totals, bounds and lineage are exact after random edits and reads, and PEMS' word is never lost (S0-07, S0-35)")
  func random() async throws {
    var random = seeded("edit totals")
    // One script, so that the body below repeats nothing.
    enum Step {
      case edit(String, String)
      case read([Sample])
    }
    let steps: [Step] = (0..<240).map { number in
      if number < 2 || random.below(4) == 0 {
        return .read(
          (0..<6).map { index in
            var sample = Sample.random("r\(random.below(12))", Int64(number + 1), &random)
            sample.index = Int64(index)
            return sample
          })
      }
      return .edit("r\(random.below(12))", Self.delta(&random))
    }
    try await onDatabase { session in
      try session.permit("ann", "write")
      var pems: [String: [UInt8]] = [:]
      var (taken, refused) = (0, 0)
      for (number, step) in steps.enumerated() {
        switch step {
        case .read(let samples):
          try apply(session, samples)
          for sample in samples { pems[sample.id] = try sample.canonical().data }
        case .edit(let record, let delta):
          guard pems[record] != nil else { continue }
          do {
            #expect(try session.edit(record, delta, at: try session.version(record)).success)
            taken += 1
          } catch let error as PGError where error.sqlstate == "22023" {
            // The record would not be sound.
            refused += 1
          }
        }
        if number % 6 == 0 { try expectExact(session) }
      }
      try expectExact(session)
      #expect(taken > 20 && refused > 0, "\(taken) edits, \(refused) refused")
      for row in try session.query("SELECT pfa_id, data || coalesce(pending_base, '{}') AS said FROM pfa_mirror").rows {
        let said = Fields(try JSONValue(parsing: row.bytes("said") ?? []))
        let wanted = Fields(try JSONValue(parsing: try #require(pems[row.string("pfa_id")])))
        #expect(said == wanted, "without its edits the record is what PEMS said last")
      }
      let idle =
        "SELECT count(*)::int FROM pfa_mirror, jsonb_each(pending_base) WHERE value = coalesce(data -> key, 'null')"
      #expect(try session.count(idle) == 0, "a field that is not overridden is not pending")
    }
  }

  /// One to four fields with values that move the record between groups, in time and out of the totals.
  private static func delta(_ random: inout SplitMix64) -> String {
    func pick(_ values: [String]) -> String { values[random.below(values.count)] }
    var members: [String: String] = [:]
    for _ in 0..<(1 + random.below(4)) {
      switch random.below(9) {
      case 0: members["category"] = pick([#""Cranes""#, #""Pumps""#, #""Lifts""#, "null"])
      case 1: members["source"] = pick([#""Rental""#, #""Purchase""#, "null"])
      case 2: members["dor"] = pick([#""BEO""#, #""PROJECT""#, "null"])
      case 3:
        members["monthlyRate"] = pick(["null", "0", "-1.005", "\(random.below(100_000)).\(random.below(90) + 10)"])
      case 4: members["purchasePrice"] = pick(["null", "350000", "99999999999999.99"])
      case 5: members["forecastStart"] = pick(["null", #""2025-03-01""#, #""2019-12-31""#])
      case 6: members["forecastEnd"] = pick(["null", #""2025-03-01""#, #""2031-12-31""#])
      case 7: members["model"] = pick(["null", #""M1""#, #""M2""#])
      default: if random.below(4) == 0 { members["isDiscontinued"] = "true" }
      }
    }
    return "{" + members.sorted { $0.key < $1.key }.map { #""\#($0.key)": \#($0.value)"# }.joined(separator: ", ") + "}"
  }
}

/// The members of an object as canonical texts; one that is null is as good as missing.
struct Fields: Equatable {
  private(set) var texts: [String: String] = [:]

  init(_ value: JSONValue) {
    guard case .object(let members) = value else { return }
    for member in members where !member.value.isNull {
      texts[member.key] = String(decoding: member.value.canonical(), as: UTF8.self)
    }
  }

  init(_ texts: [String: String]) { self.texts = texts }

  /// `null` for a missing one.
  subscript(_ key: String) -> String {
    get { texts[key] ?? "null" }
    set { texts[key] = newValue == "null" ? nil : newValue }
  }
}
