/// A cron expression on the clocks of a time zone: at which instants something happens.
///
/// A local time that the clocks skip happens once, at the first instant after the gap. A local time that they show
/// twice happens the first time only; an expression of every hour means an interval and happens both times.
package struct CronSchedule: Sendable, Equatable {
  package let expression: CronExpression
  package let zone: TimeZoneRules

  package init(_ expression: CronExpression, in zone: TimeZoneRules = .utc) {
    self.expression = expression
    self.zone = zone
  }

  /// Says whether two schedules mean the same: `0 2 * * * Europe/Berlin`.
  package var fingerprint: String { "\(expression.text) \(zone.name)" }

  /// The first firing after an instant, in seconds since 1970; nil when the calendar ends before.
  package func next(after instant: Int64) -> Int64? {
    var from = instant + 1
    // Zones change their clocks a few times a year, and an expression comes true within nine years.
    for _ in 0..<200 {
      let span = zone.span(at: from)
      if let found = first(in: span, from: from) { return found }
      guard let end = span.end else { return nil }
      from = end
    }
    return nil
  }

  private func first(in span: TimeZoneRules.Span, from: Int64) -> Int64? {
    var local = from + span.offset
    if let start = span.start {
      if from == start, start + span.previous < start + span.offset,
        let skipped = firstMinute(from: start + span.previous), skipped < start + span.offset
      {
        return start
      }
      // Until then the clocks show what they have shown before.
      if !expression.isEveryHour { local = max(local, start + span.previous) }
    }
    guard let found = firstMinute(from: local).map({ $0 - span.offset }), found < span.end ?? .max else { return nil }
    return found
  }

  /// The first full minute that matches, both in local seconds.
  private func firstMinute(from local: Int64) -> Int64? {
    let (minutes, rest) = local.quotientAndRemainder(dividingBy: 60)
    return expression.next(from: rest > 0 ? minutes + 1 : minutes).map { $0 * 60 }
  }
}
