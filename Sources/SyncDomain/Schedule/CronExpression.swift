/// Five fields that say at which minutes of local time something happens: `minute hour day month weekday`.
///
/// Each field is `*`, a number, a range `a-b`, either with a step `/n`, or a list of those; months and weekdays may be
/// English names of three letters, weekday 7 is Sunday. Also `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. As
/// in every cron: when both day and weekday are restricted, either suffices.
package struct CronExpression: Hashable, Sendable {
  /// As it was written.
  package let text: String
  /// It holds in each hour of a day, so it means an interval, not a time on the clock.
  package let isEveryHour: Bool
  private let minutes: CronField
  private let hours: CronField
  private let days: CronField
  private let months: CronField
  private let weekdays: CronField

  /// Throws ``CronFault`` for what is no expression, and for one that never comes true, such as 30 February.
  package init(_ text: String) throws(CronFault) {
    self.text = text
    let words = text.split(separator: " ", omittingEmptySubsequences: true)
    let expanded = words.count == 1 ? CronExpression.nicknames[words[0].lowercased()] ?? "" : text
    let parts = expanded.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 5 else {
      throw CronFault(reason: "expected five fields (minute hour day month weekday) or one of @hourly, @daily, …")
    }
    minutes = try CronField(parts[0], .minute)
    hours = try CronField(parts[1], .hour)
    days = try CronField(parts[2], .day)
    months = try CronField(parts[3], .month)
    weekdays = try CronField(parts[4], .weekday)
    isEveryHour = hours.isFull
    let reach = (1...12).filter { months.contains($0) }.map { CivilDate.daysInMonth(year: 2000, month: $0) }.max() ?? 0
    if weekdays.isFull, (days.first(from: 0) ?? 99) > reach {
      throw CronFault(reason: "there is no such day in these months")
    }
  }

  /// The first minute that matches, from `start` on; both count local minutes from 1970-01-01 00:00. Nil when the
  /// calendar ends before.
  package func next(from start: Int64) -> Int64? {
    var day = Int((Double(start) / 1440).rounded(.down))
    var minute = Int(start) - day * 1440
    // A leap day is at most eight years away.
    for _ in 0..<(9 * 366) {
      guard let date = CivilDate(daysSinceEpoch: day) else { return nil }
      if matches(date), let found = nextMinute(from: minute) { return Int64(day * 1440 + found) }
      day += 1
      minute = 0
    }
    return nil
  }

  /// Whether something happens on that day.
  package func matches(_ date: CivilDate) -> Bool {
    guard months.contains(date.month) else { return false }
    let isDay = days.contains(date.day)
    let isWeekday = weekdays.contains(date.weekday)
    return days.isFull || weekdays.isFull ? isDay && isWeekday : isDay || isWeekday
  }

  /// Whether something happens at that minute of a day that matches; from 0 to 1439.
  package func matches(minuteOfDay minute: Int) -> Bool {
    hours.contains(minute / 60) && minutes.contains(minute % 60)
  }

  private func nextMinute(from minute: Int) -> Int? {
    let hour = minute / 60
    if hours.contains(hour), let found = minutes.first(from: minute % 60) { return hour * 60 + found }
    guard let next = hours.first(from: hour + 1), let first = minutes.first(from: 0) else { return nil }
    return next * 60 + first
  }

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
  ]
}

/// Why a text is no cron expression.
package struct CronFault: Error, Hashable, Sendable {
  package let reason: String

  package init(reason: String) { self.reason = reason }
}

extension CivilDate {
  /// 0 is Sunday.
  package var weekday: Int {
    // 1970-01-01 was a Thursday; the first supported day is far above -1,000,000 weeks.
    (daysSinceEpoch + 4 + 7_000_000) % 7
  }
}
