import PEMS
import Postgres
import Runtime
import SyncStore

/// A tenant's rate limit that all workers share (W10): the database spreads their requests over time.
///
/// While Postgres is away the limit holds within this process, so that an upstream is never flooded.
struct SharedBudget: RateBudget {
  let pool: PGPool
  let tenant: String
  /// Requests per second.
  let rate: Double
  let local: LocalBudget

  init(pool: PGPool, tenant: String, rate: Double, clock: SourceClock) {
    self.pool = pool
    self.tenant = tenant
    self.rate = rate
    local = LocalBudget(rate: rate, clock: clock)
  }

  func take() async -> Duration {
    let (tenant, rate) = (tenant, rate)
    do {
      return .seconds(
        try await pool.run { session in
          try session.asSystem { try BudgetStore.take(session, tenant: tenant, rate: rate) }
        })
    } catch {
      return await local.take()
    }
  }

  func pause(_ duration: Duration) async {
    let (tenant, seconds) = (tenant, duration.inSeconds)
    await local.pause(duration)
    try? await pool.run { session in
      try session.asSystem { try BudgetStore.pause(session, tenant: tenant, seconds: seconds) }
    }
  }
}
