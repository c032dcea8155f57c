import SyncDomain
import Testing

/// Firings over changes of clocks, against known values and against a slow model.
@Suite struct CronScheduleTests {
  /// Zone, expression, after, and the firings that follow.
  private static let known: [(String, String, String, [String])] = [
    // Berlin 2026: forward on 29 March at 01:00Z (02:00 → 03:00), back on 25 October at 01:00Z (03:00 → 02:00).
    (
      "Europe/Berlin", "30 2 * * *", "2026-03-27T12:00",
      ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]
    ),
    ("Europe/Berlin", "0 3 * * *", "2026-03-28T12:00", ["2026-03-29T01:00Z", "2026-03-30T01:00Z"]),
    (
      "Europe/Berlin", "0,30 2,3 * * *", "2026-03-28T12:00",
      ["2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-30T00:00Z"]
    ),
    ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
    (
      "Europe/Berlin", "30 * * * *", "2026-10-25T00:00",
      ["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"]
    ),
    (
      "Europe/Berlin", "*/30 * * * *", "2026-03-29T00:00",
      ["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"]
    ),
    // New York 2026: forward on 8 March at 07:00Z, back on 1 November at 06:00Z.
    ("America/New_York", "15 2 * * *", "2026-03-07T12:00", ["2026-03-08T07:00Z", "2026-03-09T06:15Z"]),
    ("America/New_York", "15 1 * * *", "2026-10-31T12:00", ["2026-11-01T05:15Z", "2026-11-02T06:15Z"]),
    ("America/New_York", "0 0 * * SUN", "2026-10-31T12:00", ["2026-11-01T04:00Z", "2026-11-08T05:00Z"]),
    // Lord Howe moves by half an hour: back on 5 April 2026 (02:00 → 01:30), forward on 4 October (02:00 → 02:30).
    ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]),
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]),
    ("Asia/Kolkata", "0 6 * * *", "2026-01-01T00:00", ["2026-01-01T00:30Z", "2026-01-02T00:30Z"]),
    // Behind the last transition of the file the rule at its end holds.
    ("Europe/Berlin", "30 2 * * *", "2060-03-27T12:00", ["2060-03-28T01:00Z", "2060-03-29T00:30Z"]),
  ]

  @Test("S1-48 Known firings over changes of clocks", arguments: known)
  func knownFirings(_ name: String, _ expression: String, _ after: String, _ expected: [String]) throws {
    let schedule = CronSchedule(try CronExpression(expression), in: try zone(name))
    var time = try instant(after)
    var firings: [String] = []
    for _ in expected {
      time = try #require(schedule.next(after: time))
      firings.append(utcText(time))
    }
    #expect(firings == expected)
  }

  @Test(
    "S1-48 The next firing is after now and equals a model that looks at every minute",
    arguments: [
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca",
      "America/Santiago",
      "Europe/Dublin", "Africa/Cairo",
    ])
  func model(_ name: String) throws {
    var random = SplitMix64(seed: printedSeed("model \(name)"))
    let rules = try zone(name)
    for _ in 0..<40 {
      let expression = try CronExpression(randomExpression(&random))
      let schedule = CronSchedule(expression, in: rules)
      // Around a change of clocks from 2000 to 2060, or anywhere.
      let anywhere = try instant("2000-01-01T00:00") + Int64(random.below(60 * 366 * 24 * 60)) * 60
      let change = rules.span(at: anywhere).end ?? anywhere
      var now = change - Int64(random.below(4 * 3600))
      let end = change + 4 * 3600
      while let next = schedule.next(after: now), next < end {
        #expect(next > now)
        #expect(
          next == slowNext(expression, rules, after: now, before: end), "\(expression.text) after \(utcText(now))")
        now = next
      }
      #expect(slowNext(expression, rules, after: now, before: end) == nil, "\(expression.text) after \(utcText(now))")
    }
  }

  private func randomExpression(_ random: inout SplitMix64) -> String {
    let minutes = ["*", "0", "30", "*/15", "45", "7,37", "*/7"]
    let hours = ["*", "2", "1-3", "0", "*/2", "23", "1,2,3"]
    let rest = ["* * *", "* * SUN", "1-15 * *", "* 3,4,10,11 *", "25 * SUN"]
    return [minutes[random.below(7)], hours[random.below(7)], rest[random.below(5)]].joined(separator: " ")
  }

  /// By the definition: each minute of absolute time, what the clock shows, whether it has shown that before, and what
  /// it has jumped over.
  private func slowNext(_ expression: CronExpression, _ zone: TimeZoneRules, after: Int64, before end: Int64) -> Int64?
  {
    func fires(_ local: Int64) -> Bool {
      guard let date = CivilDate(epochMilliseconds: local * 1000) else { return false }
      return expression.matches(date) && expression.matches(minuteOfDay: Int((local % 86_400) / 60))
    }
    var time = (after / 60 + 1) * 60
    while time < end {
      let local = time + zone.offset(at: time)
      let before = time - 60 + zone.offset(at: time - 60)
      let isJumped = stride(from: before + 60, to: max(before + 60, local), by: 60).contains(where: fires)
      // Looking back for the same time on the clock is slow, and in vain where the clocks have not been put back.
      let isRepeated =
        zone.offset(at: time - 4 * 3600) > zone.offset(at: time)
        && stride(from: time - 60, to: time - 4 * 3600, by: -60).contains {
          $0 + zone.offset(at: $0) == local
        }
      if isJumped || fires(local) && (expression.isEveryHour || !isRepeated) { return time }
      time += 60
    }
    return nil
  }
}
