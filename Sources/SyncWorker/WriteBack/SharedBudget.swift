import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// A tenant's rate limit that all workers share (W10), and whether it is asked at all: the database spreads their
/// requests over time, and holds them back while the tenant is away.
///
/// While Postgres is away the limit holds within this process, so that an upstream is never flooded.
struct SharedBudget: RateBudget {
  private let pool: PGPool
  private let tenant: String
  /// Requests per second.
  private let rate: Double
  private let policy: CircuitBreaker.Policy
  private let log: Log
  private let local: LocalBudget
  /// The tenant has failed lately, as far as anybody here knows: its next answer is worth telling.
  private let isTroubled = Locked(false)

  init(
    pool: PGPool, tenant: String, rate: Double, policy: CircuitBreaker.Policy, clock: SourceClock, log: Log
  ) {
    self.pool = pool
    self.tenant = tenant
    self.rate = rate
    self.policy = policy
    self.log = log
    local = LocalBudget(rate: rate, clock: clock)
  }

  func take() async throws(SourceError) -> Duration {
    let permit: Permit
    do {
      permit = try await ask()
    } catch {
      return await local.take()
    }
    switch permit {
    case .send(let wait): return wait
    case .rest(let seconds, let since, let last):
      throw SourceError(
        .circuitOpen, "\(tenant) is not asked: it has not answered since \(since); last \(last)", isTransient: true,
        retryAfter: .seconds(seconds), costsAttempt: false)
    }
  }

  func pause(_ duration: Duration) async {
    let (tenant, seconds) = (tenant, duration.inSeconds)
    await local.pause(duration)
    try? await pool.run { session in
      try session.asSystem { try BudgetStore.pause(session, tenant: tenant, seconds: seconds) }
    }
  }

  func ended(_ error: SourceError?) async -> Duration? {
    // What was cancelled or never sent says nothing of the tenant.
    if error?.reason == .cancelled || error?.reason == .circuitOpen { return nil }
    let failure = error.flatMap { $0.isOfUpstream ? $0 : nil }
    guard failure != nil || isTroubled.with({ $0 }) else { return nil }
    isTroubled.with { $0 = failure != nil }
    let (tenant, policy) = (tenant, policy)
    // What Postgres does not learn while it is away, the next request teaches it.
    let told = try? await pool.run { session in
      try session.asSystem {
        try BreakerStore.change(session, tenant: tenant, code: failure?.code, message: failure?.message) {
          breaker, now -> (before: CircuitBreaker, after: CircuitBreaker, rest: Double?) in
          let before = breaker
          var generator = SystemRandomNumberGenerator()
          if failure == nil { breaker.answer() } else { breaker.fail(policy, now: now, using: &generator) }
          return (before, breaker, breaker.rest(now: now))
        }?.decision
      }
    }
    guard let told else { return nil }
    if told.before.isClosed != told.after.isClosed || told.after.isOpen && told.before != told.after {
      tell(wasClosed: told.before.isClosed, rest: told.rest, failure)
    }
    return told.rest.map { .seconds($0) }
  }

  /// What asking came to: a request after a wait, or none for so many seconds.
  private enum Permit: Sendable {
    case send(Duration)
    case rest(seconds: Double, since: String, last: String)
  }

  private func ask() async throws -> Permit {
    let (tenant, rate, policy) = (tenant, rate, policy)
    let (permit, isTroubled) = try await pool.run { session -> (Permit, Bool) in
      try session.asSystem {
        let asked = try BreakerStore.change(session, tenant: tenant) { breaker, now in breaker.ask(policy, now: now) }
        if let asked, case .wait(let seconds) = asked.decision {
          let last = "\(asked.reading.code ?? "unknown"): \(asked.reading.message ?? "")"
          return (.rest(seconds: seconds, since: asked.reading.since ?? "an unknown moment", last: last), true)
        }
        let wait = Duration.seconds(try BudgetStore.take(session, tenant: tenant, rate: rate))
        return (.send(wait), asked.map { $0.reading.breaker != CircuitBreaker() } ?? false)
      }
    }
    if isTroubled { self.isTroubled.with { $0 = true } }
    return permit
  }

  /// Says once when the tenant is left alone, after each probe that failed, and when it answers again.
  private func tell(wasClosed: Bool, rest: Double?, _ failure: SourceError?) {
    switch (rest, failure) {
    case (let rest?, let failure?):
      log.warning(
        wasClosed ? "the upstream is left alone: it failed too often in a row" : "the upstream still fails",
        ("upstream", tenant), ("code", failure.code), ("seconds", String(Int(rest.rounded(.up)))))
    default: log.info("the upstream answers again", ("upstream", tenant))
    }
  }
}
