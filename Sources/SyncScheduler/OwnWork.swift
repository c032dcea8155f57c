import Postgres
import Runtime
import SyncDomain
import SyncStore

/// What the leading scheduler does itself: proofs and upkeep that need no queue. Doing any of it twice harms nothing.
struct OwnWork: Sendable {
  let pool: PGPool
  let token: Int64
  let metrics: Metrics
  /// Groups that differed at the last verification, by organization.
  let differences: Locked<[String: Int]>

  /// Why it did not succeed, for people.
  struct Failure: Error {
    let detail: String
  }

  /// Rows that one transaction deletes.
  private static let batch = 2_000

  /// What came of it. Throws ``Failure``, ``Fenced`` when another scheduler leads, PGError.
  func perform(_ job: ScheduledJob, organization: String) async throws -> String {
    switch job.kind {
    case .kpiVerify: try await verify(organization)
    case .writeBack: try await sweep(organization)
    case .cleanup: try await cleanUp(organization, job.retention)
    case .readSync, .kpiRebuild: throw Failure(detail: "a worker does this kind of work")
    }
  }

  private func verify(_ organization: String) async throws -> String {
    let groups = try await pool.run { session in
      try session.asSystem { try KPIStore.differences(session, organization: organization).rowCount }
    }
    let all = differences.with { differences in
      differences[organization] = groups
      return differences.values.reduce(0, +)
    }
    metrics.set(MetricCatalog.kpiVerifyDifferences, Double(all))
    guard groups == 0 else {
      throw Failure(detail: "totals of \(groups) groups differ from the records; see 'syncline kpi verify'")
    }
    if all == 0 { metrics.set(MetricCatalog.kpiVerifyLastSuccess, Double(epochSeconds())) }
    return "totals equal the records"
  }

  private func sweep(_ organization: String) async throws -> String {
    let token = token
    let edits = try await pool.run { session in
      try ScheduleLease.holding(session, token) {
        try UpkeepStore.announceStaleEdits(session, organization: organization, limit: 1_000)
      }
    }
    return edits == 0 ? "nothing waited" : "asked again for the push of \(edits) edit\(edits == 1 ? "" : "s")"
  }

  private func cleanUp(_ organization: String, _ retention: ScheduledJob.Retention) async throws -> String {
    var deleted: [String] = []
    for history in UpkeepStore.History.allCases {
      let seconds = retention.seconds(history)
      var sum = 0
      var count = 0
      repeat {
        try Task.checkCancellation()
        let token = token
        count = try await pool.run { session in
          try ScheduleLease.holding(session, token) {
            try UpkeepStore.delete(
              session, history, organization: organization, olderThan: seconds, limit: OwnWork.batch)
          }
        }
        sum += count
      } while count == OwnWork.batch
      if sum > 0 { deleted.append("\(history.rawValue) \(sum)") }
    }
    return deleted.isEmpty ? "nothing was old" : "deleted " + deleted.joined(separator: ", ")
  }
}

extension ScheduledJob.Retention {
  fileprivate func seconds(_ history: UpkeepStore.History) -> Int64 {
    switch history {
    case .jobs: jobs
    case .log: log
    case .issues: issues
    case .deadLetters: deadLetters
    case .firings: firings
    }
  }
}
