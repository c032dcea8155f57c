import SyncDomain
import SyncWorker
import TestKit
import Testing

/// One tenant's bulk load beside another's few records.
@Suite("Fairness")
struct FairnessTests {
  @Test("A tenant's few records are read and applied while another's bulk read is still going on")
  func beside() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 3_000
        $0.organizations = ["RIO", "RIO2"]
        // One worker, one bucket of requests for both: 150 pages of the one, one of the other.
        $0.pageSize = 20
        $0.source = { $0.rateLimit = 20 }
      }
    ) { world in
      world.pems.seed(organization: "RIO2", records: 10)
      try world.startWorker()
      let bulk = try await world.requestSync(.full)
      try await until("the bulk read is at work") {
        try await world.lines("SELECT 1 FROM sync_page WHERE state = 'applied' LIMIT 1") == ["1"]
      }
      let few = try await world.sync(.full, organization: "RIO2")
      let other = try await world.job(bulk)
      #expect(few.state == "succeeded" && other?.state == "running")
      try await world.apply([
        world.message(Events.changed(Events.record(99, organization: "RIO2"), organization: "RIO2"), key: "x")
      ])
      let after = try await world.job(bulk)
      #expect(after?.state == "running", "a single change does not wait either")
      #expect(try await world.lines("SELECT count(*) FROM pfa_mirror WHERE organization_id = 'RIO2'") == ["11"])
    }
  }
}
