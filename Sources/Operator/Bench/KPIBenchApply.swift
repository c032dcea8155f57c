import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore

/// Applies generated records as a lane does, with or without the part of the statement that keeps totals and lineage.
struct KPIBenchApply: Sendable {
  enum Variant: Sendable {
    case full
    case withoutKPI

    fileprivate var statement: String {
      switch self {
      case .full: Queries.applyRecords
      case .withoutKPI: Queries.benchApplyBare
      }
    }
  }

  /// The slot and stream of who applies; two that apply at once have different ones.
  let lane: Int

  /// Applies the records of one revision in one transaction; returns its seconds, without making the records. Throws
  /// when it is not what was meant: each record new, or each changed.
  func run(
    _ session: PGSession, _ indexes: some Sequence<Int>, revision: Int, _ variant: Variant = .full
  ) throws -> Double {
    let batch = RecordBatch(
      organization: BenchDatabase.organization, page: nil,
      outcomes: indexes.map { .accepted(BenchSource.generator.record(index: $0, revision: revision)) })
    let values = ApplyStore.parameters(batch, ApplyStore.Origin(slot: lane, stream: "bench/\(lane)"))
    let started = ContinuousClock.now
    let row = try session.transaction {
      try session.query(Queries.becomeApplier, [.text(batch.organization)])
      return try session.query(variant.statement, values).one()
    }
    let seconds = started.duration(to: .now).inSeconds
    let effective = try row.integer("inserted") + row.integer("updated") + row.integer("discontinued")
    guard effective == Int64(batch.records.count) else {
      throw CommandError(.failure, "BENCH_INVALID", "\(effective) of \(batch.records.count) records were applied")
    }
    return seconds
  }

  /// Fills a database with the first revision of `records` records, in two sessions.
  static func fill(_ url: String, records: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<2 {
        group.addTask {
          try await BenchDatabase.run(url) { session in
            for start in stride(from: lane * 1_000, to: records, by: 2_000) {
              _ = try KPIBenchApply(lane: lane).run(session, start..<min(start + 1_000, records), revision: 0)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try await BenchDatabase.run(url) { try $0.execute("VACUUM ANALYZE") }
  }
}
