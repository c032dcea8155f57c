import Postgres
import SQLCatalog

/// The rate limit of an upstream's tenant as all workers share it. Bound with `asSystem`.
package enum BudgetStore {
  /// Takes the right to one request; returns the seconds to wait before using it. `rate` in requests per second; a
  /// second's worth may come at once.
  package static func take(_ session: PGSession, tenant: String, rate: Double) throws -> Double {
    try session.query(Queries.commitLazily)
    return try session.query(Queries.takeBudget, [.text(tenant), .double(1 / rate), .double(1)]).one()
      .double("wait") ?? 0
  }

  /// Nobody gets a right before this has passed.
  package static func pause(_ session: PGSession, tenant: String, seconds: Double) throws {
    try session.query(Queries.pauseBudget, [.text(tenant), .double(seconds), .double(1)])
  }
}
