import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// What one session can do at best with the same rows, table, indexes and constraints: nothing but COPY, nothing but
/// MERGE.
struct ReadSyncLimit: Sendable {
  /// Rows as COPY wants them, in pieces: what our own path had written, so that both write the same.
  typealias Rows = [[UInt8]]

  let url: String

  /// The mirror of a database as COPY text.
  static func export(_ url: String) async throws -> Rows {
    try await BenchDatabase.run(url) { session in
      var rows: Rows = []
      var piece: [UInt8] = []
      try session.copyOut(Queries.benchCopyOut) { row in
        piece += row
        if piece.count > 1 << 20 {
          rows.append(piece)
          piece = []
        }
      }
      return rows + [piece]
    }
  }

  /// Seconds for one COPY of all rows in one transaction.
  func copy(_ rows: Rows) async throws -> Double {
    try await BenchDatabase.run(url) { session in
      try session.execute("CHECKPOINT")
      var pieces = rows.makeIterator()
      let started = ContinuousClock.now
      try session.copyIn(Queries.benchCopyIn) { pieces.next() }
      return started.duration(to: .now).inSeconds
    }
  }

  /// The same in two sessions side by side, each with every second piece: what the cores give at best.
  func copyInTwoSessions(_ rows: Rows) async throws -> Double {
    try await BenchDatabase.run(url) { try $0.execute("CHECKPOINT") }
    let url = url
    let started = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for session in 0..<2 {
        group.addTask {
          try await BenchDatabase.run(url) {
            var number = session - 2
            try $0.copyIn(Queries.benchCopyIn) {
              number += 2
              return number < rows.count ? rows[number] : nil
            }
          }
        }
      }
      try await group.waitForAll()
    }
    return started.duration(to: .now).inSeconds
  }

  /// Seconds in the server and on the way for MERGE statements of 1,000 rows each; making their values does not count.
  func merge(_ content: BenchSource.Content, records: Int) async throws -> Double {
    try await BenchDatabase.run(url) { session in
      try session.execute("CHECKPOINT")
      try session.execute("SET plan_cache_mode = force_custom_plan")
      var seconds = 0.0
      for start in stride(from: 0, to: records, by: 1_000) {
        let values = ReadSyncLimit.values(start..<min(start + 1_000, records), content)
        let started = ContinuousClock.now
        try session.query(Queries.benchMerge, values)
        seconds += started.duration(to: .now).inSeconds
      }
      return seconds
    }
  }

  private static func values(_ range: Range<Int>, _ content: BenchSource.Content) -> [PGValue] {
    let records = range.map { BenchSource.record($0, content) }
    var data = PGArray(elementOID: PGType.text)
    for record in records { data.append(bytes: record.data) }
    return [
      .text(BenchDatabase.organization), .array(.text(records.map(\.pfaId))),
      .array(.int8(records.map(\.order?.block))),
      .array(.int8(records.map(\.order?.index))), .array(.int8(records.map(\.contentHash))), .array(data),
    ]
  }
}
