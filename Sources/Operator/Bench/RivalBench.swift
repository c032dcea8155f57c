import FoundationEssentials
import Glibc
import Postgres
import Runtime
import SyncDomain

/// What somebody would write instead, in an afternoon: psql copies a file into a stage and upserts it. No totals, no
/// outcomes, no offset.
package struct RivalBench: Sendable {
  package var records: Int
  package var rounds = 3
  package var fsync = true

  package init(records: Int) { self.records = records }

  static let columns = "id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at"

  private static func script(_ file: String) -> String {
    """
    \\set ON_ERROR_STOP 1
    BEGIN;
    CREATE TEMP TABLE stage ON COMMIT DROP AS SELECT \(columns) FROM pfa_mirror LIMIT 0;
    \\copy stage FROM '\(file)'
    INSERT INTO pfa_mirror AS m (\(columns)) SELECT \(columns) FROM stage
    ON CONFLICT (organization_id, pfa_id) DO UPDATE
    SET data = excluded.data, version = m.version + 1, source_block = excluded.source_block,
      source_index = excluded.source_index, content_hash = excluded.content_hash, last_synced_at = excluded.last_synced_at
    WHERE (excluded.source_block, excluded.source_index) > (m.source_block, m.source_index);
    COMMIT;
    """
  }

  /// Runs everything; `say` tells how far it is. Without psql there are no rivals.
  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    let database = try await BenchDatabase.start(fsync: fsync, indexes: .standard, wal: records * 5_000)
    do {
      var report = BenchReport("rivals", database.conditions(fsync: fsync) + [("records", .integer(records))])
      report.results = try await measure(database, say)
      await database.server.stop()
      return report
    } catch {
      await database.server.stop()
      throw error
    }
  }

  private func measure(_ database: BenchDatabase, _ say: (String) -> Void) async throws -> [BenchResult] {
    guard let psql = RivalBench.psql else { return [] }
    say("writing \(records) records in two revisions")
    let source = try await database.create("bench_source")
    try await KPIBenchApply.fill(source, records: records)
    let first = try await ReadSyncLimit.export(source)
    let records = records
    try await BenchDatabase.run(source) { session in
      for start in stride(from: 0, to: records, by: 1_000) {
        _ = try KPIBenchApply(lane: 0).run(session, start..<min(start + 1_000, records), revision: 1)
      }
    }
    let second = try await ReadSyncLimit.export(source)
    try await database.drop("bench_source")
    var times: (copy: [Double], fresh: [Double], changed: [Double]) = ([], [], [])
    for round in 1...rounds {
      say("round \(round)/\(rounds)")
      let limit = try await database.create("bench_limit")
      times.copy.append(try await ReadSyncLimit(url: limit).copy(first))
      try await database.drop("bench_limit")
      let url = try await database.create("bench_psql")
      times.fresh.append(try await upsert(psql, url, first))
      times.changed.append(try await upsert(psql, url, second))
      try await database.drop("bench_psql")
    }
    let count = Double(records)
    let copy = median(times.copy).map { count / $0 }
    return [
      BenchResult(
        "psql, copy and upsert, all new", "records/s", median(times.fresh).map { count / $0 }, limit: copy,
        note: "limit: COPY, one session"),
      BenchResult(
        "psql, copy and upsert, all changed", "records/s", median(times.changed).map { count / $0 }, limit: copy,
        note: "limit: COPY, one session, all new"),
    ]
  }

  /// Seconds of psql from its start to its end.
  private func upsert(_ psql: String, _ url: String, _ rows: ReadSyncLimit.Rows) async throws -> Double {
    let base = "/tmp/syncline-bench-\(UUIDText.random())"
    defer { for suffix in [".rows", ".sql", ".log"] { try? FileManager.default.removeItem(atPath: base + suffix) } }
    let file = try createFile(base + ".rows")
    for piece in rows {
      let failure = writeAll(file, piece)
      guard failure == 0 else {
        close(file)
        throw CommandError(.failure, "BENCH_FAILED", "cannot write \(base).rows: \(systemMessage(failure))")
      }
    }
    close(file)
    try RivalBench.script(base + ".rows").write(toFile: base + ".sql", atomically: false, encoding: .utf8)
    let started = ContinuousClock.now
    let child = try LeashedProcess(
      psql, ["-X", "-q", "-d", url, "-f", base + ".sql"], environment: ["PATH": "/usr/bin:/bin"], logPath: base + ".log"
    )
    let status = await child.wait()
    let seconds = started.duration(to: .now).inSeconds
    guard status == 0 else {
      let log = (try? readTextFile(base + ".log")) ?? ""
      throw CommandError(.failure, "BENCH_FAILED", "psql: \(log.suffix(300))")
    }
    return seconds
  }

  /// Nil when it is not installed.
  static var psql: String? {
    ["/usr/bin/psql", "/usr/local/bin/psql"].first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
