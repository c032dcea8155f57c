/// What records add to KPIs, exact to the cent (contract section 6).
///
/// Amounts are whole cents in 128 bits: a price has up to 20 digits, and a cost of 30 years at the highest rate still
/// leaves room for 10^13 records.
package enum KPIArithmetic {
  /// The cost of one phase (plan, forecast or actual) in cents: 0 when a date is missing. The end day does not count;
  /// a phase that ends before it starts lasts no days.
  ///
  /// - Parameters:
  ///   - rate: cents a month of 30.44 days; counts for Rental. nil is 0.
  ///   - price: cents; counts for Purchase. nil is 0.
  package static func phaseCost(
    source: KPIRecord.Source, rate: Int128?, price: Int128?, start: CivilDate?, end: CivilDate?
  ) -> Int128 {
    guard let start, let end else { return 0 }
    switch source {
    case .purchase: return price ?? 0
    case .rental:
      let days = max(0, end.daysSinceEpoch - start.daysSinceEpoch)
      // days / 30.44 × rate, with both sides of the fraction a hundredfold.
      return roundedQuotient(Int128(days) * (rate ?? 0) * 100, 3044)
    case .other: return 0
    }
  }

  /// The quotient to the nearest integer, half away from zero.
  static func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int128 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    guard 2 * remainder.magnitude >= denominator.magnitude else { return quotient }
    return (numerator < 0) == (denominator < 0) ? quotient + 1 : quotient - 1
  }

  /// What one record adds; nil when it is discontinued and counts nowhere.
  package static func contribution(of record: KPIRecord) -> KPIContribution? {
    guard !record.isDiscontinued else { return nil }
    func cost(_ start: CivilDate?, _ end: CivilDate?) -> Int128 {
      phaseCost(source: record.source, rate: record.monthlyRate, price: record.purchasePrice, start: start, end: end)
    }
    return KPIContribution(
      group: KPIGroup(category: record.category, source: record.sourceText, dor: record.dor),
      amounts: KPIAmounts(
        plan: cost(record.originalStart, record.originalEnd),
        forecast: cost(record.forecastStart, record.forecastEnd),
        actual: record.isActualized ? cost(record.actualStart, record.actualEnd) : 0,
        count: 1, actualized: record.isActualized ? 1 : 0))
  }
}
