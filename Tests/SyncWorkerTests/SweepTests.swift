import Kafka
import PEMS
import SQLCatalog
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// What is gone upstream, and when that is believed (contract 4.7).
@Suite("Orphan sweep")
struct SweepTests {
  private func id(_ index: Int) -> String { RecordGenerator(seed: 1, organization: "RIO").pfaId(index: index) }

  private let active = "SELECT count(*) FROM pfa_mirror WHERE NOT is_discontinued"

  @Test("R7, R8: a few records gone upstream are discontinued with their totals; one that comes back is active again")
  func fewOrphans() async throws {
    try await WorkerWorld.with(.of { $0.records = 200 }) { world in
      try world.startWorker()
      try await world.sync()
      let before = try await world.lines(active)
      let kpis = try await world.kpis()
      let gone = world.pems.rows(organization: "RIO").filter {
        String(decoding: $0.data, as: UTF8.self).contains(#""isDiscontinued":false"#)
      }.prefix(2)
      for row in gone { world.pems.remove(organization: "RIO", pfaId: row.pfaId) }
      #expect(
        try await world.logRow(try await world.sync(.incremental).id)?.swept == 0, "an incremental run proves nothing")
      let sweep = try await world.sync(.full)
      let log = try #require(try await world.logRow(sweep.id))
      #expect(log.swept == 2 && log.unchanged == 198 && log.isClosed)
      #expect(try await world.lines(active) == [String((Int(before[0]) ?? 0) - 2)])
      #expect(try await world.kpiDifferences() == [])
      #expect(
        try await world.lines(
          "SELECT count(*) > 0 FROM kpi_change WHERE cause = 'orphan_sweep' AND cause_id = '\(sweep.id)'")
          == ["t"])
      let swept = try await world.rows()
      try await world.sync(.full)
      #expect(try await world.rows() == swept, "they are swept once")
      // Back with the very order it had: the sweep was our inference, not PEMS' word.
      let rows = world.pems.rows(organization: "RIO") + gone
      world.pems.set(organization: "RIO", rows: rows)
      let back = try await world.sync(.full)
      #expect(try await world.logRow(back.id)?.updated == 2)
      #expect(try await world.lines(active) == before)
      #expect(try await world.kpis() == kpis)
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("R8: a record that PEMS discontinues leaves the totals, and enters them again when PEMS takes it back")
  func discontinuedByPEMS() async throws {
    try await WorkerWorld.with(.of { $0.records = 100 }) { world in
      try world.startWorker()
      try await world.sync()
      let kpis = try await world.kpis()
      #expect(try await world.lines("SELECT is_discontinued FROM pfa_mirror WHERE pfa_id = '\(id(5))'") == ["f"])
      world.pems.discontinue(organization: "RIO", pfaId: id(5))
      #expect(try await world.logRow(try await world.sync(.incremental).id)?.discontinued == 1)
      #expect(try await world.kpis() != kpis)
      #expect(try await world.kpiDifferences() == [])
      world.pems.update(organization: "RIO", pfaId: id(5), data: [.init("isDiscontinued", .bool(false))])
      #expect(try await world.logRow(try await world.sync(.incremental).id)?.updated == 1)
      #expect(try await world.kpis() == kpis)
    }
  }

  @Test(
    "R18: an empty full read discontinues nothing, is no success of its organization, and the next read begins where it would have"
  )
  func emptyRead() async throws {
    try await WorkerWorld.with(.of { $0.records = 50 }) { world in
      try world.startWorker()
      let first = try await world.sync()
      let rows = try await world.rows()
      world.pems.fail(SimulatedFault(.emptyResult))
      let job = try await world.sync(.full)
      #expect(job.code == "EMPTY_READ")
      #expect(try await world.rows() == rows)
      let log = try #require(try await world.logRow(job.id))
      #expect(log.swept == 0 && log.received == 0 && log.status == "completed_with_errors")
      #expect(try await world.lines("SELECT job_id::text FROM source_watermark") == [first.id])
      let told = try await world.connection.run { session in
        try session.reading {
          (
            try StateStore.sample(session).lastSuccess.map(\.organization),
            try StatusReports.organizations(session, organization: "RIO", limit: 1).one().text("last_success"),
            try UnsettledJobs.list(session, limit: 9).map { [$0.id, $0.code, $0.source ?? "", "\($0.isGuarded)"] }
          )
        }
      }
      #expect(told.0 == ["RIO"], "its first read was one")
      #expect(told.1 == (try await world.lines("SELECT completed_at FROM pfa_sync_log ORDER BY id")[0]))
      #expect(told.2 == [[job.id, "EMPTY_READ", "sim", "true"]])
      let again = try await world.sync(.full)
      #expect(again.code == nil)
      let left = try await world.connection.run { session in
        try session.reading { try UnsettledJobs.list(session, limit: 9) }
      }
      #expect(left == [])
    }
  }

  @Test("R7: when many would go the job waits for approval; approved, it sweeps without reading again")
  func massDiscontinue() async throws {
    try await WorkerWorld.with(.of { $0.records = 100 }) { world in
      try world.startWorker()
      try await world.sync()
      let rows = try await world.rows()
      for index in 0..<30 { world.pems.remove(organization: "RIO", pfaId: id(index)) }
      let job = try await world.sync(.full)
      #expect(job.state == "awaiting_approval" && job.code == "MASS_DISCONTINUE")
      #expect(try await world.rows() == rows)
      #expect(try await world.logRow(job.id)?.status == "awaiting_approval")
      let requests = world.pems.requests
      // A waiting job is open: a second request is refused.
      #expect(try await world.sync(.full).code == "JOB_ALREADY_RUNNING")
      _ = try await world.connection.run { try $0.query(Queries.approveJob, [.uuid(job.id), .text("cleared")]) }
      let approved = try await world.waitForJob(job.id, in: ["succeeded", "failed"])
      #expect(approved.state == "succeeded" && approved.code == nil)
      let log = try #require(try await world.logRow(job.id))
      let active = rows.filter { row in (0..<30).contains { row.contains("|\(id($0))|") } && row.contains("|f|f|") }
        .count
      #expect(log.status == "completed" && log.swept == active && log.unchanged == 70 && log.code == nil, "\(log)")
      #expect(world.pems.requests == requests, "the read is not repeated")
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test(
    "contract 4.1, 4.7: an approved sweep leaves what was announced since the read began, not what is delivered again")
  func announcedBeforeApproval() async throws {
    try await WorkerWorld.with(.of { $0.records = 3 }) { world in
      let worker = try world.startWorker()
      let records = (100..<140).map { Events.record($0) }.filter { !$0.discontinued }
      try await world.apply(records.map { world.message(Events.changed($0), key: "RIO/\($0.pfaId)") })
      let job = try await world.sync(.full)
      #expect(job.state == "awaiting_approval" && job.code == "MASS_DISCONTINUE")
      let rows = try await world.rows()
      let announced = records.prefix(2)
      try await world.apply(announced.map { world.message(Events.changed($0), key: "RIO/\($0.pfaId)") })
      // Everything comes again, as it was produced.
      await worker.stop()
      let ends = try await world.ends()
      try await world.execute("UPDATE consumer_offset SET next_offset = 0")
      try world.startWorker()
      try await world.waitUntilApplied(ends)
      #expect(try await world.rows() == rows)
      _ = try await world.connection.run { try $0.query(Queries.approveJob, [.uuid(job.id), .null]) }
      #expect(try await world.waitForJob(job.id, in: ["succeeded", "failed"]).state == "succeeded")
      let swept = "SELECT pfa_id FROM pfa_mirror WHERE swept_by IS NOT NULL ORDER BY pfa_id"
      #expect(try await world.lines(swept) == records.dropFirst(2).map(\.pfaId).sorted())
      #expect(try await world.logRow(job.id)?.swept == Int64(records.count - 2))
      #expect(try await world.kpiDifferences() == [])
    }
  }
}
