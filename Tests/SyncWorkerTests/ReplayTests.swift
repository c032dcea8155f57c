import Kafka
import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// The same messages again, in any order and any number (contract 4.1, 4.2).
@Suite("Replay")
struct ReplayTests {
  @Test("S2-14, contract 4.1: redelivery of everything from the beginning changes nothing")
  func fromTheBeginning() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 400
        $0.pageSize = 60
      }
    ) { world in
      let worker = try world.startWorker()
      world.pems.poison(organization: "RIO", pfaId: Events.record(9).pfaId, .nul)
      try await world.sync(.full)
      for index in 0..<30 {
        world.pems.update(
          organization: "RIO", pfaId: Events.record(index).pfaId, data: [.init("monthlyRate", .number("\(index).25"))])
      }
      try await world.sync(.incremental)
      let ends = try await publishOddities(world)
      let before = try await everything(world)
      await worker.stop()
      try await world.execute("UPDATE consumer_offset SET next_offset = 0")
      try world.startWorker()
      try await world.waitUntilApplied(ends)
      let after = try await everything(world)
      for (name, lines) in before { #expect(after[name] == lines, "\(name)") }
      #expect(try await world.kpiDifferences() == [])
      #expect(try #require(try await world.streamRow()).isClosed)
    }
  }

  /// A dead letter, single events, good and bad; returns where each partition ends then.
  private func publishOddities(_ world: WorkerWorld) async throws -> [Int32: Int64] {
    try await world.apply([world.message(Array("nonsense".utf8), headers: Events.headers(), partition: 1)])
    try await world.apply(
      (0..<20).map { world.message(Events.changed(Events.record($0 + 1_000)), key: "\($0)", partition: 2) })
    // Records that are rejected, and one of whose fields is not taken.
    let odd = [#"{"pfaId":"","data":{}}"#, #"{"pfaId":"odd","data":{"monthlyRate":"x"}}"#, "7"]
    try await world.apply(
      odd.map { record in
        let payload = Array(#"{"organization":"RIO","record":\#(record)}"#.utf8)
        return world.message(payload, headers: Events.headers(), partition: 3)
      })
    return try await world.ends()
  }

  private func everything(_ world: WorkerWorld) async throws -> [String: [String]] {
    [
      "rows": try await world.rows(), "kpis": try await world.kpis(),
      "changes": try await world.lines("SELECT * FROM kpi_change ORDER BY id"),
      "jobs": try await world.lines("SELECT id, state, result, attempt, error_code FROM sync_job ORDER BY id"),
      // A record has no identity that is remembered: delivered again it is counted again, as unchanged or stale. One
      // that is rejected has its issue.
      "rejected": try await world.lines(
        "SELECT stream, rejected FROM pfa_sync_log WHERE stream IS NOT NULL ORDER BY id"),
      "logs": try await world.lines("SELECT * FROM pfa_sync_log WHERE job_id IS NOT NULL ORDER BY id"),
      "pages": try await world.lines("SELECT job_id, page, state, received, inserted FROM sync_page ORDER BY 1, 2"),
      "issues": try await world.lines("SELECT * FROM sync_record_issue ORDER BY id"),
      "dead letters": try await world.lines("SELECT * FROM dead_letter ORDER BY id"),
      "inserted": try await world.lines("SELECT sum(inserted), sum(updated) FROM pfa_sync_log"),
    ]
  }

  @Test(
    "S2-05, contract 4.2: any permutation of a stream with duplicates, on any partitions, ends in the same rows and KPIs"
  )
  func permutations() async throws {
    let seed = printedSeed()
    var random = SplitMix64(seed: seed)
    var pages: [KafkaMessage] = []
    var expected: (rows: [String], kpis: [String]) = ([], [])
    try await WorkerWorld.with(
      .of {
        $0.records = 300
        $0.pageSize = 40
      }
    ) { world in
      try world.startWorker()
      try await world.sync(.full)
      for round in 0..<3 {
        for _ in 0..<60 {
          world.pems.update(
            organization: "RIO", pfaId: Events.record(random.below(300)).pfaId,
            data: [
              .init("monthlyRate", .number("\(random.below(90_000)).5")), .init("dor", .string("D\(random.below(3))")),
              .init("isDiscontinued", .bool(random.below(4) == 0)),
            ])
        }
        try await world.sync(round == 1 ? .full : .incremental)
      }
      let reader = try TopicReader(world.topics.readSync, settings: world.kafka.settings)
      try await until("all pages are read") {
        let count = try await world.count("sync_page")
        pages = reader.all.filter { $0.header("ce_type") == ReadSyncMessage.pageType }
        return pages.count >= count
      }
      await reader.close()
      expected = (try await world.rows(versions: false), try await world.kpis())
    }
    #expect(pages.count > 20)
    for _ in 0..<2 {
      let stream = (pages + pages + pages.filter { _ in random.below(2) == 0 }).shuffled(using: &random)
      let partitions = stream.map { _ in Int32(random.below(4)) }
      try await WorkerWorld.with { world in
        try world.startWorker()
        try world.startWorker()
        try await world.apply(
          zip(stream, partitions).map { message, partition in
            OutgoingMessage(
              topic: world.topics.readSync, partition: partition, key: message.key, value: message.value,
              headers: message.headers)
          })
        let rows = try await world.rows(versions: false)
        let difference = zip(rows, expected.rows).first { $0 != $1 }
        #expect(rows.count == expected.rows.count && difference == nil, "\(difference.map { "\($0)\n\($1)" } ?? "")")
        #expect(try await world.kpis() == expected.kpis)
        #expect(try await world.kpiDifferences() == [])
        #expect(try #require(try await world.streamRow()).isClosed)
      }
    }
  }

  @Test("S1-38, S0-07: a rebuild asked for by message corrects wrong totals once, with its lineage")
  func rebuild() async throws {
    try await WorkerWorld.with(.of { $0.records = 200 }) { world in
      try world.startWorker()
      try await world.sync()
      let kpis = try await world.kpis()
      try await world.execute(
        "UPDATE kpi_slot SET plan_cost = plan_cost + 0.01 WHERE category IN (SELECT min(category) FROM kpi_slot)")
      try await world.execute("DELETE FROM kpi_slot WHERE category IN (SELECT max(category) FROM kpi_slot)")
      #expect(try await !world.lines("SELECT * FROM pfa_kpi_difference").isEmpty)
      let event = CloudEvent(
        id: "rebuild-1", source: "test", type: "pfa.kpi.rebuild", organization: "RIO",
        data: Array(#"{"organization":"RIO"}"#.utf8))
      for _ in 0..<2 { try await world.produce(event, key: "RIO", topic: world.topics.kpiRefresh) }
      let id = try await eventually("the rebuild has its job") {
        try await world.lines("SELECT id FROM sync_job WHERE kind = 'kpi_rebuild'").first
      }
      #expect(try await world.waitForJob(id).state == "succeeded")
      #expect(try await world.lines("SELECT * FROM pfa_kpi_difference") == [])
      #expect(try await world.kpis() == kpis)
      #expect(try await world.lines("SELECT DISTINCT cause_id FROM kpi_change WHERE cause = 'rebuild'") == [id])
      try await until("both messages are handled") {
        try await world.lines(
          "SELECT coalesce(sum(next_offset), 0) FROM consumer_offset WHERE topic = '\(world.topics.kpiRefresh)'") == [
            "2"
          ]
      }
      #expect(try await world.count("sync_job WHERE kind = 'kpi_rebuild'") == 1)
    }
  }
}
