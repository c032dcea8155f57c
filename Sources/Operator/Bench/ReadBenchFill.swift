import Postgres
import SQLCatalog
import SyncStore

/// Fills a database for `bench reads`, made by the server: a million records in about a minute.
struct ReadBenchFill: Sendable {
  let url: String
  let records: Int

  private static let slice = 50_000
  static let merged = 20_000

  /// All that hold records.
  var organizations: [String] {
    [BenchDatabase.organization] + (4..<10).map { "\(BenchDatabase.organization)\($0)" } + [BenchRead.small]
  }

  /// Indexes that no constraint needs are made afterwards, which is faster than row by row. Leaves statistics to
  /// whoever has made the totals.
  func run() async throws {
    let organizations = organizations
    let indexes = try await BenchDatabase.run(url) { session in
      try session.asSystem {
        for id in organizations where id != BenchDatabase.organization {
          _ = try OrganizationStore.add(session, id: id, name: "")
        }
      }
      let indexes = try session.query(Queries.benchIndexDefinitions).rows.map {
        (name: try $0.string("name"), definition: try $0.string("definition"))
      }
      for index in indexes { try session.execute("DROP INDEX \(quotedIdentifier(index.name))") }
      return indexes
    }
    try await inTwoSessions(Array(stride(from: 0, to: records, by: ReadBenchFill.slice))) { session, start in
      let end = min(start + ReadBenchFill.slice, records)
      try session.query(Queries.benchFillReads, [.int(Int64(start)), .int(Int64(end)), .null])
    }
    try await inTwoSessions(indexes.map(\.definition)) { try $0.execute($1) }
    let merged = min(records, ReadBenchFill.merged)
    try await BenchDatabase.run(url) { session in
      let range: [PGValue] = [.int(Int64(records)), .int(Int64(records + merged)), .text(BenchRead.small)]
      try session.query(Queries.benchFillReads, range)
      let drafts: [PGValue] = [.text(BenchRead.small), .text(BenchRead.session), .int4(Int32(merged / 20))]
      try session.query(Queries.benchFillSession, drafts)
      let edits: [PGValue] = [.text(BenchDatabase.organization), .int4(Int32(min(records / 10, 10_000)))]
      try session.query(Queries.benchFillPending, edits)
      try session.execute("VACUUM ANALYZE")
      try session.execute("CHECKPOINT")
    }
  }

  private func inTwoSessions<Item: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (PGSession, Item) throws -> Void
  ) async throws {
    let url = url
    try await withThrowingTaskGroup(of: Void.self) { group in
      for side in 0..<2 {
        let mine = items.indices.filter { $0 % 2 == side }.map { items[$0] }
        group.addTask {
          try await BenchDatabase.run(url) { session in
            try session.execute("SET maintenance_work_mem = '1GB'")
            for item in mine { try body(session, item) }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
