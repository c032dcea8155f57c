import SyncDomain
import Testing

@Suite struct CronExpressionTests {
  @Test(
    "S1-48 The next minute of an expression in UTC",
    arguments: [
      ("*/15 * * * *", "2026-01-01T00:00", "2026-01-01T00:15"),
      ("*/15 * * * *", "2026-01-01T00:59", "2026-01-01T01:00"),
      ("30 2 * * *", "2026-01-01T02:30", "2026-01-02T02:30"), ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
      ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
      ("0 9 * * MON-FRI", "2026-11-20T09:00", "2026-11-23T09:00"),
      ("0 9 * * 7", "2026-11-21T00:00", "2026-11-22T09:00"), ("0 0 13 * FRI", "2026-11-01T00:00", "2026-11-06T00:00"),
      ("0 0 13 * fri", "2026-11-07T00:00", "2026-11-13T00:00"),
      ("5,10-12,50/5 0 1 jan,JUL *", "2026-01-01T00:12", "2026-01-01T00:50"),
      ("5,10-12,50/5 0 1 jan,JUL *", "2026-01-01T00:55", "2026-07-01T00:05"),
      ("@hourly", "2026-12-31T23:59", "2027-01-01T00:00"),
      ("@daily", "2026-12-31T23:59", "2027-01-01T00:00"), ("@weekly", "2026-11-21T00:00", "2026-11-22T00:00"),
      ("@monthly", "2026-11-21T00:00", "2026-12-01T00:00"), ("@yearly", "2026-11-21T00:00", "2027-01-01T00:00"),
      ("0 0 31 * *", "2026-01-31T00:00", "2026-03-31T00:00"),
      ("59 23 * * *", "2026-01-01T00:00:01", "2026-01-01T23:59"),
      ("* * * * *", "1969-12-31T23:58:30", "1969-12-31T23:59"),
    ])
  func next(_ expression: String, _ after: String, _ expected: String) throws {
    let next = try #require(try CronSchedule(CronExpression(expression)).next(after: instant(after)))
    #expect(utcText(next) == expected + "Z")
  }

  @Test(
    "What is no expression is refused, and says where",
    arguments: [
      ("", "five fields"), ("* * * *", "five fields"), ("* * * * * *", "five fields"), ("@often", "five fields"),
      ("60 * * * *", "minute \"60\""), ("* 24 * * *", "hour \"24\""), ("* * 0 * *", "day \"0\""),
      ("* * * 13 *", "month \"13\""),
      ("* * * * 8", "weekday \"8\""), ("*/0 * * * *", "step"), ("5-1 * * * *", "ends before"),
      ("1,,2 * * * *", "minute \"\""),
      ("-1 * * * *", "minute \"-1\""), ("1- * * * *", "minute \"1-\""), ("99999999999999999999 * * * *", "minute"),
      ("* * * * FRI-MON", "ends before"), ("? * * * *", "minute"), ("* * L * *", "day \"L\""),
      ("0 0 30 2 *", "no such day"),
      ("0 0 31 4,6,9,11 *", "no such day"), ("*/*/2 * * * *", "step"),
    ])
  func refused(_ text: String, _ part: String) {
    let fault = #expect(throws: CronFault.self) { try CronExpression(text) }
    #expect(fault?.reason.contains(part) == true, "\(fault?.reason ?? "")")
  }

  @Test("Whatever the text, it is an expression with a next minute or a fault with a reason") func hostile() throws {
    var random = SplitMix64(seed: printedSeed())
    let pieces = [
      "*", "/", "-", ",", " ", "0", "5", "59", "7", "31", "jan", "FRI", "@", "é", "\0", "L", "60", "1-5", "*/7",
    ]
    for _ in 0..<3_000 {
      let text = (0..<(1 + random.below(14))).map { _ in pieces[random.below(pieces.count)] }.joined()
      do {
        let expression = try CronExpression(text)
        #expect(try #require(expression.next(from: 29_000_000)) >= 29_000_000, "\(text)")
      } catch let fault as CronFault {
        #expect(!fault.reason.isEmpty)
      }
    }
  }
}
