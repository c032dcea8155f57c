import Postgres
import SQLCatalog

/// What the gauges show of pushes. Bound with `asSystem`.
package enum PushReports {
  package struct Sample: Sendable {
    /// Seconds since the oldest edit that waits was committed; 0 when none waits.
    package var oldestAge = 0.0
    package var failed: [(code: String, count: Int64)] = []

    package init() {}
  }

  package static func sample(_ session: PGSession) throws -> Sample {
    var sample = Sample()
    for row in try session.query(Queries.samplePushes).rows {
      let value = try row.double("value") ?? 0
      if try row.string("series") == "oldest" {
        sample.oldestAge = value
      } else {
        sample.failed.append((code: try row.string("code"), count: Int64(value)))
      }
    }
    return sample
  }
}
