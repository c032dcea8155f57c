import SyncDomain
import Testing

@Suite struct RetryTests {
  @Test(
    "SQLSTATEs are classified",
    arguments: [
      ("40001", .transient), ("40P01", .transient), ("08006", .transient), ("57P01", .transient), ("57014", .transient),
      ("53300", .transient), ("55P03", .transient), ("25P03", .transient), ("22P02", .data), ("22003", .data),
      ("22P05", .data),
      ("23502", .data), ("23514", .data), ("23505", .conflict), ("54000", .data), ("42703", .schema),
      ("42P01", .schema),
      ("0A000", .schema), ("26000", .schema), ("42501", .permanent), ("28P01", .permanent), ("XX000", .permanent),
      (nil, .transient),
    ] as [(String?, FailureClass)])
  func sqlstates(_ state: String?, _ expected: FailureClass) {
    #expect(FailureClass.classify(sqlstate: state) == expected)
  }

  @Test("only what passes by itself, or was somebody else's change, is tried again")
  func retryable() {
    let tried = FailureClass.allCases.filter(\.isRetryable)
    #expect(tried == [.transient, .conflict])
  }

  @Test(
    "R9 R11 HTTP statuses are classified",
    arguments: [
      (nil, .transient), (408, .transient), (429, .transient), (500, .transient), (502, .transient), (503, .transient),
      (504, .transient), (401, .permanent), (403, .permanent), (404, .permanent), (400, .data), (422, .data),
      (409, .conflict),
      (412, .conflict), (501, .permanent), (301, .permanent),
    ] as [(Int?, FailureClass)])
  func statuses(_ status: Int?, _ expected: FailureClass) {
    #expect(FailureClass.classify(httpStatus: status) == expected)
  }

  @Test("delays stay inside their step, double, stop at the cap, and the last try ends them")
  func exponential() {
    var random = SplitMix64(seed: printedSeed())
    let policy = RetryPolicy(base: 0.1, cap: 5, attempts: 200)
    for attempt in 1..<200 {
      let step = min(5, 0.1 * Double(UInt64(1) << UInt64(min(40, attempt - 1))))
      for _ in 0..<20 {
        let delay = policy.delay(after: attempt, using: &random)
        #expect(delay.map { $0 >= 0 && $0 <= step } == true)
      }
    }
    #expect(policy.delay(after: 200, using: &random) == nil)
    #expect(RetryPolicy(base: 1, cap: 2, attempts: nil).delay(after: 1_000_000, using: &random) != nil)
  }

  @Test("the same generator gives the same delays")
  func deterministic() {
    func delays() -> [Double?] {
      var random = SplitMix64(seed: 42)
      return (1...8).map { RetryPolicy(base: 1, cap: 60, attempts: nil).delay(after: $0, using: &random) }
    }
    #expect(delays() == delays())
    #expect(Set(delays()).count > 1)
  }

  @Test("R9 PEMS is asked again after 5, 10, 20 s with jitter, and when it says so")
  func pems() {
    var random = SplitMix64(seed: printedSeed())
    for (attempt, step) in [(1, 5.0), (2, 10), (3, 20)] {
      let delay = RetryPolicy.pems.delay(after: attempt, using: &random)
      #expect(delay.map { $0 > step / 2 && $0 <= step } == true)
    }
    #expect(RetryPolicy.pems.delay(after: 4, using: &random) == nil)
    #expect(RetryPolicy.pems.delay(after: 1, retryAfter: 7, using: &random) == 7)
    #expect(RetryPolicy.pems.delay(after: 1, retryAfter: 3600, using: &random) == 60)
    #expect(RetryPolicy.pems.delay(after: 1, retryAfter: -3, using: &random) == 0)
  }

  @Test(
    "R9 Retry-After is seconds or an HTTP date",
    arguments: [
      ("120", 120), (" 0 ", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Thu, 01 Jan 2026 00:01:30 GMT", 90),
      ("Thu, 31 Dec 2026 00:00:00 GMT", 31_449_600), ("", nil), ("-1", nil), ("1.5", nil), ("soon", nil),
      ("Thu, 31 Feb 2026 00:00:00 GMT", nil), ("Thu, 01 Jan 2026 24:00:00 GMT", nil),
      ("Thu, 01 Jan 2026 00:00:00 CET", nil),
      ("Thursday, 01-Jan-26 00:00:00 GMT", nil),
    ] as [(String, Double?)])
  func retryAfter(_ value: String, _ expected: Double?) {
    // 2026-01-01T00:00:00Z
    #expect(RetryAfter.seconds(value, now: 1_767_225_600) == expected)
  }
}
