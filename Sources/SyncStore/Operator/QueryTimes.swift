import Postgres
import SQLCatalog

/// How long the queries that applications make most take at this moment.
package enum QueryTimes {
  /// A query by its name, and how long it took.
  package struct Time: Sendable, Equatable {
    package let query: String
    package let seconds: Double
  }

  /// The queries for the group with the most records, asked as an application asks them; empty while there are no
  /// records. In a transaction of its own.
  package static func sample(_ session: PGSession) throws -> [Time] {
    try session.asSystem {
      guard let group = try session.query(Queries.largestGroup).first else { return [] }
      let organization = try group.string("organization_id")
      try session.query(Queries.becomeApp, [.text(organization), .text("syncline"), .text("query probe")])
      let values: [PGValue] = [.text(organization), try .init(group.text("category")), try .init(group.text("source"))]
      return try session.query(Queries.probeQueries, values).rows.map { row in
        Time(query: try row.string("query"), seconds: try row.double("seconds") ?? 0)
      }
    }
  }
}
