import Postgres
import SQLCatalog

/// What the gauges show: numbers over all organizations. Bound with `asSystem`.
package enum StateStore {
  package struct Sample: Sendable {
    package var jobs: [(kind: String, state: String, count: Int64)] = []
    package var oldest: [(state: String, seconds: Double)] = []
    package var deadLetters: [(code: String, count: Int64)] = []
    package var conflicts: [(status: String, count: Int64)] = []
    /// Unix time of the last success.
    package var lastSuccess: [(organization: String, seconds: Double)] = []
  }

  package static func sample(_ session: PGSession) throws -> Sample {
    var sample = Sample()
    for row in try session.query(Queries.sampleState).rows {
      let name = try row.string("name")
      let other = try row.text("other") ?? ""
      let value = try row.double("value") ?? 0
      switch try row.string("series") {
      case "jobs": sample.jobs.append((kind: name, state: other, count: Int64(value)))
      case "oldest": sample.oldest.append((state: name, seconds: value))
      case "dead_letters": sample.deadLetters.append((code: name, count: Int64(value)))
      case "conflicts": sample.conflicts.append((status: name, count: Int64(value)))
      default: sample.lastSuccess.append((organization: name, seconds: value))
      }
    }
    return sample
  }
}
