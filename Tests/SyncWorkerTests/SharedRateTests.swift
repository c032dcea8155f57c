import PEMS
import Runtime
import SyncWorker
import TestKit
import Testing

/// A tenant's rate limit beside more than one worker.
@Suite("Shared rate")
struct SharedRateTests {
  @Test("W10, M9-16: two processes that read organizations of one tenant ask PEMS no oftener together than one may")
  func together() async throws {
    let organizations = (1...6).map { "ORG\($0)" }
    let rate = 20.0
    try await WorkerWorld.with(
      .of {
        $0.organizations = organizations
        $0.pageSize = 5
        $0.source = { $0.rateLimit = rate }
      }
    ) { world in
      for organization in organizations { world.pems.seed(organization: organization, records: 50) }
      // One process drives four reads at most, so that both have some.
      let workers = [try world.spawnWorker(), try world.spawnWorker()]
      try await until("both have joined") {
        try await world.count("(SELECT DISTINCT owner FROM consumer_offset) AS owners") == 2
      }
      let before = world.pems.requests
      let started = ContinuousClock.now
      for organization in organizations { try await world.requestSync(organization: organization) }
      try await until("all reads are done") {
        try await world.count("sync_job WHERE kind = 'read_sync' AND state = 'succeeded'") == organizations.count
      }
      let seconds = started.duration(to: .now).inSeconds
      let requests = Double(world.pems.requests - before)
      #expect(requests >= 60, "ten pages each")
      // A second's worth at once, then the rate: how slow a machine is can only make it less.
      #expect(requests <= rate + rate * seconds + 1, "\(requests) requests in \(seconds) s")
      for worker in workers { #expect(worker.log.contains("job started"), "\(worker.log)") }
    }
  }
}
