import Postgres
import SQLCatalog

/// Roll-ups and their trend: the eventual tier, a few seconds behind the totals.
package enum TrendStore {
  /// What one step did.
  package struct Step: Sendable, Equatable {
    package let organizations: Int
    /// Closing totals that were written.
    package let rows: Int
  }

  /// How far behind the totals it is.
  package struct Lag: Sendable, Equatable {
    package let organizations: Int
    /// The age of the oldest change that is missing; 0: nothing is.
    package let seconds: Double
  }

  /// Brings up to `limit` organizations up to date that need it and that nobody else works on. Done again it changes
  /// nothing. Bind the session with `asSystem` first.
  package static func advance(_ session: PGSession, limit: Int) throws -> Step {
    let row = try session.query(Queries.advanceTrends, [.int4(Int32(clamping: limit))]).one()
    return Step(organizations: Int(try row.integer("organizations")), rows: Int(try row.integer("rows")))
  }

  /// Bind the session with `asSystem` or `reading` first.
  package static func lag(_ session: PGSession) throws -> Lag {
    let row = try session.query(Queries.trendLag).one()
    return Lag(organizations: Int(try row.integer("organizations")), seconds: try row.double("seconds") ?? 0)
  }

  /// The closing totals of the last days, oldest first; nil category: all of them. Bind the session with `reading`
  /// first.
  package static func list(_ session: PGSession, organization: String, category: String?, days: Int) throws -> PGResult
  {
    try session.query(Queries.listTrend, [.text(organization), PGValue(category), .int4(Int32(clamping: days))])
  }

  /// When it was last brought up to date, as PostgreSQL writes it; nil: never. Bind the session with `reading` first.
  package static func refreshedAt(_ session: PGSession, organization: String) throws -> String? {
    try session.query(Queries.trendState, [.text(organization)]).first?.text("refreshed_at")
  }
}
