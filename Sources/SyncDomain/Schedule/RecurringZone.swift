/// What a zone does every year from some year on: the POSIX TZ text at the end of a time zone file, RFC 8536 section
/// 3.3.
package struct RecurringZone: Sendable, Equatable {
  /// A day of every year and the local time at which the clocks change.
  struct Change: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      /// `Mm.w.d`: the w-th (5: last) weekday d (0: Sunday) of month m.
      case weekday(month: Int, week: Int, weekday: Int)
      /// `Jn`: 1 to 365, a leap day is not counted.
      case julian(Int)
      /// `n`: 0 to 365.
      case ordinal(Int)
    }

    var day: Day
    /// Seconds after midnight; may lie outside of the day.
    var seconds: Int64
  }

  /// Offsets in seconds east of UTC.
  let standard: Int64
  let daylight: Int64
  /// Nil: no daylight saving time.
  let begin: Change?
  let end: Change?

  /// Nil for what is no such text.
  package init?(posix text: String) {
    var reader = PosixZoneReader(text)
    guard reader.name(), let west = reader.offset(limit: 24) else { return nil }
    standard = -west
    if reader.isAtEnd {
      (daylight, begin, end) = (standard, nil, nil)
      return
    }
    guard reader.name() else { return nil }
    if reader.peek == UInt8(ascii: ",") {
      daylight = standard + 3600
    } else {
      guard let west = reader.offset(limit: 24) else { return nil }
      daylight = -west
    }
    guard let begin = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
    (self.begin, self.end) = (begin, end)
  }

  /// Narrows a span behind the last transition of the file down to the part of the year that `instant` lies in.
  func refine(_ span: inout TimeZoneRules.Span, at instant: Int64) {
    guard begin != nil,
      let year = CivilDate(epochMilliseconds: instant.multipliedReportingOverflow(by: 1000).partialValue)?.year
    else { return }
    for transition in (year - 1...year + 1).flatMap(transitions).sorted(by: { $0.at < $1.at }) {
      if transition.at > instant {
        span.end = transition.at
        return
      }
      guard transition.at > span.start ?? .min, transition.offset != span.offset else { continue }
      span.previous = span.offset
      span.offset = transition.offset
      span.start = transition.at
    }
  }

  private func transitions(of year: Int) -> [TimeZoneRules.Transition] {
    guard let begin, let end, let first = begin.localSecond(in: year), let last = end.localSecond(in: year) else {
      return []
    }
    return [
      TimeZoneRules.Transition(at: first - standard, offset: daylight),
      TimeZoneRules.Transition(at: last - daylight, offset: standard),
    ]
  }
}

extension RecurringZone.Change {
  /// Seconds from 1970 on the clock before the change; nil outside of the calendar.
  func localSecond(in year: Int) -> Int64? {
    guard let january = CivilDate(year: year, month: 1, day: 1)?.daysSinceEpoch else { return nil }
    let number: Int
    switch day {
    case .ordinal(let days): number = january + days
    case .julian(let days):
      let isLeap = CivilDate.daysInMonth(year: year, month: 2) == 29
      number = january + days - 1 + (isLeap && days >= 60 ? 1 : 0)
    case .weekday(let month, let week, let weekday):
      guard let first = CivilDate(year: year, month: month, day: 1) else { return nil }
      var day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
      if day > CivilDate.daysInMonth(year: year, month: month) { day -= 7 }
      number = first.daysSinceEpoch + day - 1
    }
    return Int64(number) * 86_400 + seconds
  }
}

/// Reads a POSIX TZ text from left to right.
private struct PosixZoneReader {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) { rest = Array(text.utf8)[...] }

  var isAtEnd: Bool { rest.isEmpty }
  var peek: UInt8? { rest.first }

  /// `CET` or `<+0530>`.
  mutating func name() -> Bool {
    if take(UInt8(ascii: "<")) {
      guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
      rest = rest[(close + 1)...]
      return true
    }
    let letters = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    rest = rest.dropFirst(letters.count)
    return letters.count >= 3
  }

  /// `[+-]h[h[h]][:mm[:ss]]` in seconds; nil when it is something else or above the limit.
  mutating func offset(limit: Int64) -> Int64? {
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    guard let hours = number(), hours <= limit else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] as [Int64] where take(UInt8(ascii: ":")) {
      guard let value = number(), value < 60 else { return nil }
      seconds += value * unit
    }
    return isNegative ? -seconds : seconds
  }

  /// `,M3.5.0/2`
  mutating func change() -> RecurringZone.Change? {
    guard take(UInt8(ascii: ",")), let day = day() else { return nil }
    guard take(UInt8(ascii: "/")) else { return RecurringZone.Change(day: day, seconds: 7200) }
    return offset(limit: 167).map { RecurringZone.Change(day: day, seconds: $0) }
  }

  private mutating func day() -> RecurringZone.Change.Day? {
    if take(UInt8(ascii: "J")) {
      guard let day = number(), 1...365 ~= day else { return nil }
      return .julian(Int(day))
    }
    guard take(UInt8(ascii: "M")) else {
      guard let day = number(), 0...365 ~= day else { return nil }
      return .ordinal(Int(day))
    }
    guard let month = number(), 1...12 ~= month, take(UInt8(ascii: ".")), let week = number(), 1...5 ~= week,
      take(UInt8(ascii: ".")), let weekday = number(), 0...6 ~= weekday
    else { return nil }
    return .weekday(month: Int(month), week: Int(week), weekday: Int(weekday))
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func number() -> Int64? {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty, digits.count <= 3 else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }
}
