import Runtime
import SyncDomain

/// What the totals of an organization must be: computed from PEMS' own records, by another program text than the one in
/// the database.
struct DemoExpectation: Sendable {
  let organization: String
  private let groups: [KPIGroup: KPIAmounts]

  init(_ stage: DemoStage, _ organization: String) throws {
    self.organization = organization
    var groups: [KPIGroup: KPIAmounts] = [:]
    for row in stage.services.pems.rows(organization: organization) {
      guard let part = KPIArithmetic.contribution(of: try KPIRecord(data: row.data)) else { continue }
      groups[part.group, default: .zero] += part.amounts
    }
    self.groups = groups
  }

  var active: Int64 { Int64(groups.values.reduce(0) { $0 + $1.count }) }
  var forecast: String { Cents.text(groups.values.reduce(0) { $0 + $1.forecast }) }
  var groupCount: Int { groups.count }

  /// Whether `kpi show -o json` says the same, group by group and to the cent.
  func agrees(with summary: JSONValue) -> Bool {
    guard case .array(let rows) = summary, rows.count == groups.count else { return false }
    return rows.allSatisfy { row in
      func text(_ name: String) -> String { row[name]?.string ?? "" }
      func cents(_ name: String) -> Int128? {
        if case .number(let literal)? = row[name] { Cents.parse(literal) } else { nil }
      }
      guard let expected = groups[KPIGroup(category: text("category"), source: text("source"), dor: text("dor"))] else {
        return false
      }
      return cents("total_plan_cost") == expected.plan && cents("total_forecast_cost") == expected.forecast
        && cents("total_actual_cost") == expected.actual && cents("total_variance") == expected.variance
        && row["record_count"]?.integer == Int64(expected.count)
        && row["actualized_count"]?.integer == Int64(expected.actualized)
    }
  }
}

extension DemoStage {
  /// The totals in the database against PEMS' own records.
  func check(_ expectation: DemoExpectation) async throws {
    let summary = try await facts("kpi show \(expectation.organization)")
    try check(
      expectation.agrees(with: summary),
      "the totals of \(expectation.organization) are those of PEMS' own records to the cent: \(expectation.groupCount) groups, "
        + "\(grouped(expectation.active)) active records, forecast \(expectation.forecast)")
  }
}
