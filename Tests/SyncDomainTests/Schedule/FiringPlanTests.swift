import SyncDomain
import Testing

@Suite struct FiringPlanTests {
  private let quarterly = try? CronSchedule(CronExpression("*/15 * * * *"))

  private func plan(_ now: String, since handled: String = "2026-01-01T00:00", _ policy: MissedPolicy, limit: Int = 3)
    throws -> FiringPlan
  {
    FiringPlan(
      try #require(quarterly), handledUntil: try instant(handled), now: try instant(now), policy: policy, limit: limit)
  }

  @Test(
    "S1-49 Nothing is due before its time, and everything is in time within a minute", arguments: MissedPolicy.allCases)
  func inTime(_ policy: MissedPolicy) throws {
    let early = try plan("2026-01-01T00:14:59", policy)
    #expect(try early.handledUntil == instant("2026-01-01T00:00"))
    #expect(early.firings == [])
    for second in ["00", "59"] {
      let due = try plan("2026-01-01T00:15:\(second)", policy)
      #expect(due.firings.map(utcText) == ["2026-01-01T00:15Z"] && due.dropped == 0)
      #expect(try due.next == instant("2026-01-01T00:30"))
    }
  }

  @Test(
    "S1-49 Missed firings are left out, made up for once, or each up to the limit",
    arguments: [
      (.skip, "2026-01-01T02:05", [], 8), (.once, "2026-01-01T02:05", ["2026-01-01T02:00Z"], 7),
      (.all, "2026-01-01T02:05", ["2026-01-01T01:30Z", "2026-01-01T01:45Z", "2026-01-01T02:00Z"], 5),
      // The newest is in time.
      (.skip, "2026-01-01T02:00:30", ["2026-01-01T02:00Z"], 7),
      (.once, "2026-01-01T02:00:30", ["2026-01-01T02:00Z"], 7),
      (.all, "2026-01-01T00:31", ["2026-01-01T00:15Z", "2026-01-01T00:30Z"], 0),
    ] as [(MissedPolicy, String, [String], Int)])
  func missed(_ policy: MissedPolicy, _ now: String, _ firings: [String], _ dropped: Int) throws {
    let plan = try plan(now, policy)
    #expect(plan.firings.map(utcText) == firings)
    #expect(plan.dropped == dropped)
    let time = try instant(now)
    #expect(plan.handledUntil <= time)
    #expect(plan.next ?? 0 > time)
  }

  @Test("Jitter delays a firing and changes nothing of its identity") func jitter() throws {
    let schedule = try #require(quarterly)
    let start = try instant("2026-01-01T00:00")
    for (second, expected) in [(899, 0), (919, 0), (920, 1), (980, 1)] {
      let plan = FiringPlan(
        schedule, handledUntil: start, now: start + Int64(second), policy: .skip, limit: 1, delay: { _ in 20 })
      #expect(plan.firings.count == expected)
      #expect(plan.firings.allSatisfy { $0 == start + 900 })
    }
  }

  @Test("A year of silence of a job of every minute is decided at once") func silence() throws {
    let schedule = try CronSchedule(CronExpression("* * * * *"))
    let plan = FiringPlan(
      schedule, handledUntil: try instant("2025-01-01T00:00"), now: try instant("2026-01-01T00:00:30"), policy: .all,
      limit: 5)
    #expect(plan.firings.count == 6 && plan.dropped > 20_000)
    #expect(try plan.handledUntil == instant("2026-01-01T00:00"))
  }

  @Test("However time is cut into looks, each firing in time is made exactly once, in order") func looks() throws {
    var random = SplitMix64(seed: printedSeed())
    let schedule = try CronSchedule(CronExpression("*/7 1-20 * * *"), in: zone("Australia/Lord_Howe"))
    var now = try instant("2026-04-03T00:00")
    var (handled, made) = (now, [Int64]())
    let (start, end) = (now, now + 4 * 86_400)
    while now < end {
      now += Int64(1 + random.below(60))
      let plan = FiringPlan(schedule, handledUntil: handled, now: now, policy: .skip, limit: 1)
      made += plan.firings
      handled = plan.handledUntil
    }
    var expected: [Int64] = []
    var next = schedule.next(after: start)
    while let due = next, due <= now {
      expected.append(due)
      next = schedule.next(after: due)
    }
    #expect(made == expected)
  }

  @Test(
    "S1-49 A firing beside an unfinished one is left out, waits, or replaces it",
    arguments: [
      (.skip, .init(isBusy: false), .start), (.queue, .init(isBusy: false), .start),
      (.replace, .init(isBusy: false), .start),
      (.skip, .init(isBusy: true), .skip("an earlier one has not ended")), (.queue, .init(isBusy: true), .wait),
      (.queue, .init(isBusy: true, hasWaiting: true), .skip("one waits already")),
      (.queue, .init(isBusy: false, hasWaiting: true), .skip("one waits already")),
      (.replace, .init(isBusy: true, canCancel: true), .cancelAndStart),
      (.replace, .init(isBusy: true), .skip("an earlier one was asked for and has not begun")),
    ] as [(OverlapPolicy, OverlapPolicy.Lane, OverlapPolicy.Decision)])
  func overlap(_ policy: OverlapPolicy, _ lane: OverlapPolicy.Lane, _ expected: OverlapPolicy.Decision) {
    #expect(policy.decide(lane) == expected)
  }
}
