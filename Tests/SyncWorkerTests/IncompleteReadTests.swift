import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Reads of an upstream that does not do what a page by key needs, and those that must not count as complete.
@Suite("Incomplete reads")
struct IncompleteReadTests {
  private func id(_ index: Int) -> String { RecordGenerator(seed: 1, organization: "RIO").pfaId(index: index) }

  private let active = "SELECT count(*) FROM pfa_mirror WHERE NOT is_discontinued"

  private func startWorker(_ world: WorkerWorld) throws {
    try world.startWorker {
      $0.sourceClock = .hundredfold
      $0.jobRetry = RetryPolicy(steps: [0.3], cap: 0.3, attempts: 3, jitter: 0)
    }
  }

  /// Ids run in another order than the times of change.
  private func shuffle(_ world: WorkerWorld) {
    let rows = world.pems.rows(organization: "RIO")
    world.pems.set(
      organization: "RIO",
      rows: rows.enumerated().map { index, row in
        var row = row
        row.modified = RecordGenerator.baseBlock + Int64(index * 37 % rows.count) * 1_000
        return row
      })
  }

  @Test("R1, R3, R7: an upstream that ignores the key, or its OR, is read whole: each row once, and nothing is swept")
  func ignoredKey() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 330
        $0.pageSize = 50
      }
    ) { world in
      try startWorker(world)
      shuffle(world)
      for isOrganizationOnly in [true, false] {
        world.pems.behave {
          ($0.filtersOrganizationOnly, $0.ignoresGroups) = (isOrganizationOnly, !isOrganizationOnly)
        }
        let job = try await world.sync(.full)
        #expect(job.state == "succeeded" && job.result == "clean" && job.attempt == 1, "\(job)")
        let log = try #require(try await world.logRow(job.id))
        #expect(log.received == 330 && log.swept == 0 && log.isClosed)
        #expect((isOrganizationOnly ? log.inserted : log.unchanged) == 330)
      }
      world.pems.behave { $0.filtersOrganizationOnly = true }
      let incremental = try await world.sync(.incremental)
      #expect(incremental.state == "succeeded" && incremental.result == "clean", "\(incremental)")
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("R3, R7, R21: a row that hides another by moving while positions are counted makes the read begin again")
  func hiddenRow() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 300
        $0.pageSize = 50
      }
    ) { world in
      try startWorker(world)
      // In an empty mirror, where nothing tells what is missing but the total; then with a row that must not be swept.
      for _ in 0..<2 {
        let before = try await world.lines(active)
        let moving = world.pems.rows(organization: "RIO")[10].pfaId
        world.pems.behave {
          ($0.filtersOrganizationOnly, $0.moves) = (true, [(page: 1, organization: "RIO", pfaId: moving)])
        }
        let job = try await world.sync(.full)
        #expect(job.state == "succeeded" && job.attempt == 2, "\(job)")
        let log = try #require(try await world.logRow(job.id))
        #expect(log.received == 600 && log.swept == 0 && log.isClosed)
        #expect(try await world.count("pfa_mirror") == 300)
        let after = try await world.lines(active)
        #expect(before == ["0"] || before == after)
      }
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("R1, R7, R18: rows that are counted and not served fail the read for good; nothing is swept, no watermark kept")
  func withheldRows() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 200
        $0.pageSize = 50
      }
    ) { world in
      try startWorker(world)
      let first = try await world.sync()
      let rows = try await world.rows()
      world.pems.behave { $0.withheld = ["RIO": [id(70), id(71)]] }
      let job = try await world.sync(.full)
      #expect(job.state == "failed" && job.code == "INCOMPLETE_READ" && job.attempt == 3, "\(job)")
      #expect(try await world.rows() == rows)
      #expect(try await world.logRow(job.id)?.swept == 0)
      #expect(try await world.lines("SELECT job_id::text FROM source_watermark") == [first.id])
      world.pems.behave { $0.withheld = [:] }
      #expect(try await world.sync(.full).state == "succeeded")
    }
  }

  @Test("R4: a row that stands twice in the upstream's list, and is counted twice there, makes no read incomplete")
  func listedTwice() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 120
        $0.pageSize = 50
      }
    ) { world in
      try startWorker(world)
      let rows = world.pems.rows(organization: "RIO")
      world.pems.set(organization: "RIO", rows: rows + [rows[3], rows[49]])
      for _ in 0..<2 {
        let job = try await world.sync(.full)
        #expect(job.state == "succeeded" && job.result == "clean" && job.attempt == 1, "\(job)")
      }
      #expect(try await world.count("pfa_mirror") == 120)
    }
  }

  @Test("R3, R7: a dry run of a read that overlooked a row fails like the read")
  func dryRun() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 300
        $0.pageSize = 50
      }
    ) { world in
      try startWorker(world)
      try await world.sync()
      world.pems.behave {
        ($0.filtersOrganizationOnly, $0.moves) = (true, [(page: 1, organization: "RIO", pfaId: id(10))])
      }
      let job = try await world.sync(.full, dryRun: true)
      // The rows lie still in the second attempt.
      #expect(job.state == "succeeded" && job.attempt == 2, "\(job)")
    }
  }

  @Test("R1, R4: what makes a full read incomplete")
  func decision() {
    for (announced, met, orphans, isStill, isIncomplete) in [
      (nil, 5, 9, false, false), (10, 10, 9, false, false), (10, 11, 0, false, false), (0, 0, 9, true, false),
      (10, 9, 0, true, false), (10, 9, 1, true, true), (10, 9, 0, false, true),
    ] as [(Int64?, Int64, Int64, Bool, Bool)] {
      #expect(
        SweepGuard.isIncomplete(announced: announced, met: met, orphans: orphans, isStill: isStill) == isIncomplete)
    }
  }
}
