import HTTP
import PEMS
import SyncDomain
import Testing

@Suite("Retries") struct RetryTests {
  private func retrying(
    _ pems: SimulatedPEMS, _ clock: TestClock, wall: Double = 0, timeout: Duration = .seconds(30)
  ) -> RetryingSource {
    var options = HTTPClient.Options()
    options.requestTimeout = timeout
    let source = GridSource(gridDefinition(pems), http: HTTPClient(options), clock: clock.clock(wallSeconds: wall))
    let budget = LocalBudget(rate: 10, clock: clock.clock())
    return RetryingSource(source, budget: budget, clock: clock.clock(wallSeconds: wall))
  }

  @Test("R9 Retry-After in seconds is honoured")
  func retryAfterSeconds() async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.status(429, retryAfter: "7")))
      let clock = TestClock()
      let count6 = try await readAll(retrying(pems, clock)).records.count
      #expect(count6 == 5)
      #expect(clock.slept.first == .seconds(7))
      #expect(pems.requests == 2)
    }
  }

  @Test("R9 Retry-After as a date is honoured, up to the cap")
  func retryAfterDate() async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.status(503, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT")))
      pems.fail(SimulatedFault(.status(503, retryAfter: "Sun, 06 Nov 2094 08:49:37 GMT")))
      let clock = TestClock()
      // 784,111,777 is that Sunday.
      let count7 = try await readAll(retrying(pems, clock, wall: 784_111_757)).records.count
      #expect(count7 == 5)
      #expect(clock.slept.contains(.seconds(20)))
      #expect(clock.slept.contains(.seconds(60)))
    }
  }

  @Test("R9 without Retry-After the waits are 5, 10 and 20 s with jitter, then it fails")
  func steps() async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.status(503), times: 100))
      let clock = TestClock()
      let error = await failure { _ = try await readAll(retrying(pems, clock)) }
      #expect(error?.code == "UPSTREAM_UNAVAILABLE")
      #expect(pems.requests == 4)
      try #require(clock.slept.count == 3)
      for (slept, step) in zip(clock.slept, [5.0, 10, 20]) {
        #expect(slept >= .seconds(step / 2) && slept <= .seconds(step))
      }
    }
  }

  /// A budget that counts failures and refuses after the second.
  private actor Breaker: RateBudget {
    private(set) var failures = 0

    func take() throws(SourceError) -> Duration {
      if failures < 2 { return .zero }
      throw SourceError(
        .circuitOpen, "it rests", isTransient: true, retryAfter: .seconds(9), costsAttempt: false)
    }

    func pause(_ duration: Duration) {}

    func ended(_ error: SourceError?) -> Duration? {
      if error?.isOfUpstream == true { failures += 1 }
      return failures < 2 ? nil : .seconds(9)
    }
  }

  @Test("R9 The failure after which nobody may ask ends the tries; then nothing is sent, and that costs no attempt")
  func leftAlone() async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.status(503), times: 100))
      let clock = TestClock()
      let source = RetryingSource(
        GridSource(gridDefinition(pems), http: HTTPClient(HTTPClient.Options()), clock: clock.clock()),
        budget: Breaker(), clock: clock.clock())
      let last = await failure { _ = try await readAll(source) }
      #expect(last?.code == "UPSTREAM_UNAVAILABLE" && last?.retryAfter == .seconds(9) && last?.costsAttempt == true)
      #expect(pems.requests == 2 && clock.slept.count == 1)
      let refused = await failure { _ = try await readAll(source) }
      #expect(refused?.code == "CIRCUIT_OPEN" && refused?.retryAfter == .seconds(9) && refused?.costsAttempt == false)
      #expect(pems.requests == 2)
    }
  }

  @Test("R9 M9-16 one bucket lets 10 requests a second through, however many ask")
  func bucket() {
    let bucket = TokenBucket(rate: 10, now: .zero)
    let waits = (0..<30).map { _ in bucket.take(now: .zero) }
    #expect(waits.prefix(10).allSatisfy { $0 == .zero })
    for (index, wait) in waits.enumerated().dropFirst(10) {
      #expect(abs(wait / .seconds(1) - Double(index - 9) / 10) < 1e-9)
    }
    // Three seconds later the debt of 20 is paid and a second's worth has gathered.
    #expect(bucket.take(now: .seconds(3)) == .zero)
    bucket.pause(.seconds(5), now: .seconds(3))
    #expect(bucket.take(now: .seconds(3)) >= .seconds(5))
  }

  @Test("R10 M9-16 a timeout is retried: reading again is safe")
  func timeout() async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.hang))
      let clock = TestClock()
      let count8 = try await readAll(retrying(pems, clock, timeout: .seconds(5))).records.count
      #expect(count8 == 5)
      #expect(clock.slept.count >= 1)
    }
  }

  @Test("R11 401 and 403 stop at once", arguments: [401, 403])
  func auth(status: Int) async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.status(status), times: 100))
      let clock = TestClock()
      let error = await failure { _ = try await readAll(retrying(pems, clock)) }
      #expect(error?.code == "AUTH" && error?.hint?.contains("restart the workers, which read them at start") == true)
      #expect(pems.requests == 1)
      #expect(clock.slept.isEmpty)
    }
  }

  @Test(
    "R12 an ErrorAlert with HTTP 200 is an error, by the class of its message",
    arguments: [
      ("Invalid user or password", "AUTH", false),
      ("The system is busy, try again", "UPSTREAM_ERROR_ALERT", true),
      ("Grid XYZ does not exist", "SOURCE_NOT_FOUND", false),
      ("Column pfs_id is ambiguous", "UPSTREAM_ERROR_ALERT", false),
    ])
  func errorAlert(message: String, code: String, isTransient: Bool) async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.errorAlert(message)))
      let error = await failure { _ = try await readAll(gridSource(pems)) }
      #expect(error?.code == code)
      #expect(error?.isTransient == isTransient)
      #expect(error?.message.contains(message) == true)
    }
  }

  @Test("W12 M9-16 credentials are sent, and are in no error")
  func credentials() async throws {
    try await withPEMS(records: 5) { pems in
      pems.behave { $0.authorization = "Basic dXNlcjpnZWhlaW0=" }
      var definition = gridDefinition(pems)
      definition.auth = .basic(user: "user", password: Secret("geheim"))
      let count9 = try await readAll(GridSource(definition, http: HTTPClient())).records.count
      #expect(count9 == 5)
      pems.fail(SimulatedFault(.errorAlert("password geheim is wrong")))
      let source = GridSource(definition, http: HTTPClient())
      let error = await failure { _ = try await readAll(source) }
      #expect(error?.code == "AUTH")
      #expect("\(error as Any)".contains("geheim") == false)
      #expect(String(reflecting: definition).contains("geheim") == false)
      var dumped = ""
      dump(definition, to: &dumped)
      #expect(!dumped.contains("geheim"))
      #expect(await failure { _ = try await readAll(gridSource(pems)) }?.code == "AUTH")
    }
  }

  @Test("a cancelled read says so")
  func cancelled() async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.hang))
      let source = gridSource(pems)
      let task = Task { await failure { _ = try await readAll(source) } }
      while pems.requests == 0 { await Task.yield() }
      task.cancel()
      #expect(await task.value?.code == "CANCELLED")
    }
  }
}
