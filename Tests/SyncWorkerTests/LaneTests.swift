import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import SyncWorker

/// One lane on a real database, fed by hand.
@Suite("Lanes", .syncDatabase) struct LaneTests {
  @Test("contract 4.1: what Kafka delivers again, before the position or beside the first delivery, counts once")
  func deliveredAgain() async throws {
    let pool = PGPool(PGOptions(url: try SyncDatabase.current.url), size: 2, name: "lane", log: Log(level: .error))
    let topic = "pems.read-sync.v1"
    let (claim, start) = try await pool.run {
      try OffsetStore.claim($0, group: "lanes", topic: topic, partition: 0, start: 0, owner: "test")
    }
    let lane = Lane(
      claim: claim, start: start, laneBytes: .max,
      tools: Lane.Tools(
        kind: WorkKind.readSync.rawValue, pool: pool, metrics: Metrics(MetricCatalog.all), log: Log(level: .error),
        flow: { _ in }, applied: { _ in }, wake: {}))
    func deliver(_ offsets: [Int64]) {
      _ = lane.mailbox.push(
        offsets.map { offset in
          KafkaMessage(
            topic: topic, partition: 0, offset: offset, value: Events.payload(Events.record(Int(offset))),
            headers: Events.headers(["ce_id": "event-\(offset)"]))
        })
    }
    let run = Task { await lane.run() }
    deliver([0, 1, 2, 1])
    try await until("three are applied") { lane.nextOffset == 3 }
    deliver([0, 1, 2])
    deliver([2, 3])
    try await until("the fourth is applied") { lane.nextOffset == 4 }
    lane.mailbox.close()
    #expect(await run.value == .closed)
    try await pool.run { session in
      try session.asSystem {
        let counted = try session.query("SELECT received, inserted FROM pfa_sync_log").one()
        #expect(try counted.integer("received") == 4 && counted.integer("inserted") == 4)
        let stored = try session.query("SELECT next_offset FROM consumer_offset WHERE consumer_group = 'lanes'").one()
        #expect(try stored.integer("next_offset") == 4)
      }
    }
    await pool.close()
  }
}
