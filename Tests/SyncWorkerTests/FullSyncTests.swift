import Kafka
import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// A read sync from the request to the last row, on real services.
@Suite("Full sync")
struct FullSyncTests {
  /// The size of the requirements' own data set.
  private static let records = 20_280

  @Test(
    "S1-28, S1-29, S1-58, R4, R5: 20,280 records arrive, a second full sync changes nothing, an incremental one brings what changed"
  )
  func wholeLife() async throws {
    try await WorkerWorld.with(.of { $0.records = Self.records }) { world in
      let worker = try world.startWorker()
      let serverTime: Int64 = 1_800_000_000_000
      world.pems.behave { $0.serverTime = serverTime }
      let first = try await world.sync(.full)
      #expect(first.state == "succeeded" && first.result == "clean" && first.code == nil)
      let firstLog = try #require(try await world.logRow(first.id))
      #expect(firstLog.status == "completed" && firstLog.received == Int64(Self.records) && firstLog.isClosed)
      #expect(firstLog.inserted == Int64(Self.records))
      try await expectMirror(of: world)
      #expect(try await world.kpiDifferences() == [])
      #expect(
        try await world.lines("SELECT watermark FROM source_watermark WHERE source = 'sim'") == [String(serverTime)])
      let rows = try await world.rows()
      let kpis = try await world.kpis()
      let changes = try await world.count("kpi_change")

      let second = try await world.sync(.full)
      let secondLog = try #require(try await world.logRow(second.id))
      #expect(secondLog.unchanged == Int64(Self.records) && secondLog.received == Int64(Self.records))
      #expect(try await world.rows() == rows, "an unchanged record keeps its version")
      #expect(try await world.kpis() == kpis)
      #expect(try await world.count("kpi_change") == changes, "and leaves no lineage")
      let bytes = "SELECT sum(bytes) FROM sync_page WHERE job_id = "
      let written = try #require(try await world.lines("\(bytes) '\(first.id)'").first.flatMap { Int($0) })
      let again = try #require(try await world.lines("\(bytes) '\(second.id)'").first.flatMap { Int($0) })
      #expect(again * 10 < written, "what the mirror has does not travel again")

      for index in [5, 700, 20_000] {
        let generator = RecordGenerator(seed: 1, organization: "RIO")
        world.pems.behave { $0.serverTime = serverTime + 3_600_000 }
        world.pems.update(
          organization: "RIO", pfaId: generator.pfaId(index: index),
          data: [.init("monthlyRate", .number("1234.50")), .init("source", .string("Rental"))])
      }
      let third = try await world.sync(.incremental)
      let thirdLog = try #require(try await world.logRow(third.id))
      #expect(thirdLog.received == 3 && thirdLog.updated == 3 && thirdLog.syncType == "incremental")
      #expect(try await world.lines("SELECT count(*) FROM pfa_mirror WHERE version = 2") == ["3"])
      #expect(try await world.kpiDifferences() == [])
      try await expectMirror(of: world)
      #expect(
        worker.metric(MetricCatalog.records, [("kind", "read_sync"), ("outcome", "inserted")]) == Double(Self.records))
      try await expectCommittedOffsets(world)
    }
  }

  /// The mirror holds what the simulation serves, field by field.
  private func expectMirror(of world: WorkerWorld) async throws {
    let expected = world.pems.rows(organization: "RIO").sorted { $0.pfaId < $1.pfaId }
    let found = try await world.lines(
      "SELECT pfa_id, source_block, source_index, data - 'lastModified' FROM pfa_mirror WHERE organization_id = 'RIO' ORDER BY pfa_id"
    )
    #expect(found.count == expected.count)
    let texts = try await world.connection.run { session in
      try session.query(
        "SELECT (d.t::jsonb - 'lastModified')::text AS t FROM unnest($1::text[]) WITH ORDINALITY d (t, n) ORDER BY n",
        [.array(.text(expected.map { String(decoding: $0.data, as: UTF8.self) }))]
      ).rows.map { try $0.string("t") }
    }
    let lines = zip(expected, texts).map { "\($0.pfaId)|\($0.modified)|\($0.recordId)|\($1)" }
    let wrong = zip(found, lines).first { $0 != $1 }
    #expect(wrong == nil, "first row that differs: \(wrong.map { "\($0)" } ?? "")")
  }

  /// Kafka's own committed offsets follow what is applied, for lag tools.
  private func expectCommittedOffsets(_ world: WorkerWorld) async throws {
    let applied = try await world.lines(
      "SELECT partition, next_offset FROM consumer_offset WHERE topic = '\(world.topics.readSync)' ORDER BY 1")
    let admin = try KafkaAdmin(settings: world.kafka.settings, log: Log(level: .error))
    let partitions = (0..<4).map { TopicPartition(topic: world.topics.readSync, partition: $0) }
    var found: [String] = []
    for _ in 0..<1_200 where found != applied {
      let committed = try await admin.committed(group: world.group, partitions)
      found = partitions.map { "\($0.partition)|\(committed[$0] ?? -1)" }
      try await Task.sleep(for: .milliseconds(25))  // between two looks
    }
    #expect(found == applied)
    await admin.close()
  }

  @Test(
    "R22, S2-19: page messages hold at most 1,000 records and 900 KB; jobs announce each state on the topic of job events"
  )
  func messages() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 3_100
        $0.pageSize = 3_000
      }
    ) { world in
      try world.startWorker()
      let job = try await world.sync(.full)
      let reader = try TopicReader(world.topics.readSync, settings: world.kafka.settings)
      let events = try TopicReader(world.topics.jobEvents, settings: world.kafka.settings)
      let pages = try await eventually("all page messages") { () -> [KafkaMessage]? in
        let pages = reader.all.filter { $0.header("ce_type") == ReadSyncMessage.pageType }
        return try await String(pages.count) == world.lines("SELECT count(*) FROM sync_page")[0] ? pages : nil
      }
      var records = 0
      for message in pages {
        let value = try #require(message.value)
        #expect(value.count <= 900_000)
        guard case .page(let page, let outcomes, _, _) = DecodedMessage(message).content else {
          Issue.record("not a page")
          continue
        }
        #expect(outcomes.count <= 1_000 && page.jobId == job.id)
        #expect(message.header("ce_organization") == "RIO" && message.header("ce_jobid") == job.id)
        records += outcomes.count
      }
      #expect(records == 3_100)
      let states = try await eventually("the job's events") { () -> [String]? in
        let states = events.all.filter { $0.key == Array(job.id.utf8) }.compactMap { message in
          message.value.flatMap { try? JSONValue(parsing: $0) }?["state"]?.string
        }
        return states.last == "succeeded" ? states : nil
      }
      #expect(states == ["queued", "running", "succeeded"])
      #expect(
        events.all.allSatisfy { $0.header("ce_type") == "pfa.job.changed" && $0.header("ce_specversion") == "1.0" })
      #expect(events.all.allSatisfy { !String(decoding: $0.value ?? [], as: UTF8.self).contains("lease_token") })
      await reader.close()
      await events.close()
    }
  }

  @Test("R20: a second request is refused with the running job's id; a manual sync discontinues nothing")
  func secondRequest() async throws {
    try await WorkerWorld.with(.of { $0.records = 300 }) { world in
      try world.startWorker()
      world.pems.fail(SimulatedFault(.slow(1_500), times: 1))
      let first = try await world.requestSync(.manual)
      try await world.waitForJob(first, in: ["running"])
      let second = try await world.sync(.full)
      #expect(second.state == "failed" && second.code == "JOB_ALREADY_RUNNING")
      #expect(second.message?.contains(first) == true)
      #expect(try await world.waitForJob(first).state == "succeeded")
      // Another organization is not in the way, and a request delivered again is the same request.
      world.pems.remove(organization: "RIO", pfaId: RecordGenerator(seed: 1, organization: "RIO").pfaId(index: 7))
      let id = UUIDText.random()
      let manual = try await world.requestSync(.manual, id: id)
      let again = try await world.requestSync(.manual, id: id)
      #expect(manual == again)
      #expect(try await world.waitForJob(manual).state == "succeeded")
      let log = try #require(try await world.logRow(manual))
      #expect(log.received == 299 && log.swept == 0 && log.discontinued == 0)
      #expect(try await world.count("sync_job") == 3)
    }
  }
}
