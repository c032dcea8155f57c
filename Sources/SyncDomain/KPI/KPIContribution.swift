/// The row of `pfa_kpi_summary` that a record counts in, inside its organization. A missing value is the empty text.
package struct KPIGroup: Hashable, Comparable, Sendable {
  package let category: String
  package let source: String
  package let dor: String

  package init(category: String, source: String, dor: String) {
    self.category = category
    self.source = source
    self.dor = dor
  }

  /// By bytes, as Postgres compares: Swift's own equality takes é and e with an accent for one text, and would add up
  /// two rows.
  package static func == (left: KPIGroup, right: KPIGroup) -> Bool {
    left.category.utf8.elementsEqual(right.category.utf8) && left.source.utf8.elementsEqual(right.source.utf8)
      && left.dor.utf8.elementsEqual(right.dor.utf8)
  }

  /// An order for locking, by bytes: every worker takes the groups of its batch in the same one.
  package static func < (left: KPIGroup, right: KPIGroup) -> Bool {
    for (first, second) in [(left.category, right.category), (left.source, right.source), (left.dor, right.dor)]
    where !first.utf8.elementsEqual(second.utf8) {
      return first.utf8.lexicographicallyPrecedes(second.utf8)
    }
    return false
  }
}

/// Sums over records, or the difference of two such sums. Money in cents.
package struct KPIAmounts: Hashable, Sendable {
  package var plan: Int128
  package var forecast: Int128
  package var actual: Int128
  package var count: Int
  package var actualized: Int

  package init(plan: Int128 = 0, forecast: Int128 = 0, actual: Int128 = 0, count: Int = 0, actualized: Int = 0) {
    self.plan = plan
    self.forecast = forecast
    self.actual = actual
    self.count = count
    self.actualized = actualized
  }

  package static let zero = KPIAmounts()

  /// Forecast less plan.
  package var variance: Int128 { forecast - plan }

  package static func + (left: KPIAmounts, right: KPIAmounts) -> KPIAmounts {
    KPIAmounts(
      plan: left.plan + right.plan, forecast: left.forecast + right.forecast, actual: left.actual + right.actual,
      count: left.count + right.count, actualized: left.actualized + right.actualized)
  }

  package static func - (left: KPIAmounts, right: KPIAmounts) -> KPIAmounts { left + -right }

  package static prefix func - (value: KPIAmounts) -> KPIAmounts {
    KPIAmounts(
      plan: -value.plan, forecast: -value.forecast, actual: -value.actual, count: -value.count,
      actualized: -value.actualized)
  }

  package static func += (left: inout KPIAmounts, right: KPIAmounts) { left = left + right }
  package static func -= (left: inout KPIAmounts, right: KPIAmounts) { left = left - right }
}

/// What one record adds to its group.
package struct KPIContribution: Hashable, Sendable {
  package let group: KPIGroup
  package let amounts: KPIAmounts

  package init(group: KPIGroup, amounts: KPIAmounts) {
    self.group = group
    self.amounts = amounts
  }

  /// The change of every group when a record goes from `old` to `new`; nil is "counts nowhere". Groups that do not
  /// change are left out.
  package static func change(from old: KPIContribution?, to new: KPIContribution?) -> [KPIGroup: KPIAmounts] {
    var changes: [KPIGroup: KPIAmounts] = [:]
    if let old { changes[old.group, default: .zero] -= old.amounts }
    if let new { changes[new.group, default: .zero] += new.amounts }
    return changes.filter { $0.value != .zero }
  }
}
