import PEMS
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// `--dry-run` tells what a sync would do, and does nothing.
@Suite("Dry run")
struct DryRunTests {
  /// Every table but the job itself and what announces it.
  private static let tables = [
    "pfa_mirror", "kpi_slot", "kpi_change", "pfa_sync_log", "sync_page", "read_checkpoint", "source_watermark",
    "sync_record_issue", "field_drift", "dead_letter",
  ]

  private func everything(_ world: WorkerWorld) async throws -> [String] {
    var all: [String] = []
    for table in Self.tables { all += try await world.lines("SELECT '\(table)', t.* FROM \(table) t ORDER BY t::text") }
    return all
  }

  @Test("a dry run writes nothing, and tells the numbers and the KPI effect that the sync then has")
  func tellsTheTruth() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 300
        $0.pageSize = 70
      }
    ) { world in
      try world.startWorker()
      // On an empty mirror first: everything would be inserted.
      let empty = try await world.sync(.full, dryRun: true)
      #expect(empty.state == "succeeded")
      #expect(try await everything(world) == [])
      #expect(number(empty, "inserted") == 300 && number(empty, "received") == 300)

      try await world.sync(.full)
      let generator = RecordGenerator(seed: 1, organization: "RIO")
      for index in 10..<30 {
        world.pems.update(
          organization: "RIO", pfaId: generator.pfaId(index: index),
          data: [.init("source", .string("Purchase")), .init("purchasePrice", .number("1000.01"))])
      }
      for index in 40..<45 { world.pems.discontinue(organization: "RIO", pfaId: generator.pfaId(index: index)) }
      for index in 50..<60 { world.pems.remove(organization: "RIO", pfaId: generator.pfaId(index: index)) }
      world.pems.poison(organization: "RIO", pfaId: generator.pfaId(index: 100), .nul)
      world.pems.behave { $0.newField = "unheard_of" }
      for index in 0..<5 { world.pems.update(organization: "RIO", pfaId: generator.pfaId(index: index)) }
      let before = try await everything(world)
      let totals = try await totals(world)
      let dry = try await world.sync(.full, dryRun: true)
      #expect(try await everything(world) == before)

      let job = try await world.sync(.full)
      let log = try #require(try await world.logRow(job.id))
      #expect(job.state == "succeeded", "\(job)")
      for (name, value) in [
        ("received", log.received), ("inserted", log.inserted), ("updated", log.updated), ("unchanged", log.unchanged),
        ("stale", log.stale), ("discontinued", log.discontinued), ("rejected", log.rejected),
        ("would_sweep", log.swept),
      ] {
        #expect(number(dry, name) == value, "\(name)")
      }
      #expect(try effect(dry) == difference(totals, try await self.totals(world)))
      #expect(try await world.kpiDifferences() == [])
    }
  }

  private func number(_ job: WorkerWorld.Job, _ name: String) -> Int64? {
    (try? JSONValue(parsing: Array(job.progress.utf8)))?[name]?.integer
  }

  private typealias Totals = [String: [Int64]]

  /// Cents and counts by group.
  private func totals(_ world: WorkerWorld) async throws -> Totals {
    var totals: Totals = [:]
    for line in try await world.lines(
      """
      SELECT category, source, dor, (total_plan_cost * 100)::bigint, (total_forecast_cost * 100)::bigint,
        (total_actual_cost * 100)::bigint, record_count, actualized_count FROM pfa_kpi_summary
      """)
    {
      let cells = line.split(separator: "|").map(String.init)
      totals[cells[0..<3].joined(separator: "|")] = cells[3...].compactMap { Int64($0) }
    }
    return totals
  }

  private func difference(_ old: Totals, _ new: Totals) -> Totals {
    var out: Totals = [:]
    for key in Set(old.keys).union(new.keys) {
      let delta = zip(new[key] ?? [0, 0, 0, 0, 0], old[key] ?? [0, 0, 0, 0, 0]).map { $0 - $1 }
      if delta.contains(where: { $0 != 0 }) { out[key] = delta }
    }
    return out
  }

  private func effect(_ job: WorkerWorld.Job) throws -> Totals {
    guard case .array(let groups)? = try JSONValue(parsing: Array(job.progress.utf8))["kpi_effect"] else { return [:] }
    var out: Totals = [:]
    for group in groups {
      let key = ["category", "source", "dor"].map { group[$0]?.string ?? "∅" }.joined(separator: "|")
      let costs = ["total_plan_cost", "total_forecast_cost", "total_actual_cost"].compactMap { name -> Int64? in
        guard case .number(let text)? = group[name] else { return nil }
        return Cents.parse(text).map { Int64($0) }
      }
      out[key] = costs + ["record_count", "actualized_count"].map { group[$0]?.integer ?? 0 }
    }
    return out
  }
}
