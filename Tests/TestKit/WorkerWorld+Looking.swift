import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// What a test asks of its world, and what it looks at afterwards.
extension WorkerWorld {
  /// A job's row.
  package struct Job: Sendable, Equatable {
    package let id: String
    package let state: String
    package let result: String?
    package let attempt: Int64
    package let code: String?
    package let message: String?
    /// JSON.
    package let progress: String
  }

  /// The accounts of a run, without times.
  package struct LogRow: Sendable, Equatable {
    package let status: String
    package let syncType: String
    package let received, inserted, updated, unchanged, stale, discontinued, conflicted, rejected, swept: Int64
    package let code: String?

    /// Contract 4.4.
    package var isClosed: Bool {
      received == inserted + updated + unchanged + stale + discontinued + conflicted + rejected
    }
  }

  /// Puts a request on the topic; returns the job it becomes.
  @discardableResult
  package func requestSync(
    _ mode: ReadSyncMode = .full, organization: String = "RIO", pageSize: Int? = nil, dryRun: Bool = false,
    source: String = "sim", id: String = UUIDText.random()
  ) async throws -> String {
    let request = ReadSyncRequest(
      organization: organization, mode: mode, source: source, pageSize: pageSize, dryRun: dryRun, requestedBy: "test")
    let event = CloudEvent(
      id: id, source: "test", type: ReadSyncMessage.requestedType, organization: organization, data: request.encoded())
    try await produce(event, key: organization)
    return UUIDText.event(source: "test", id: id)
  }

  /// Produces an event in binary mode; returns where it went.
  @discardableResult
  package func produce(_ event: CloudEvent, key: String, partition: Int32? = nil, topic: String? = nil) async throws
    -> (partition: Int32, offset: Int64)
  {
    try await producer.send(
      topic: topic ?? topics.readSync, partition: partition, key: Array(key.utf8), value: event.data,
      headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
  }

  /// The job's row; nil as long as no worker has seen its request.
  package func job(_ id: String) async throws -> Job? {
    try await connection.run { session in
      try session.query(
        "SELECT id, state, result, attempt, error_code, error_message, progress::text AS progress FROM sync_job WHERE id = $1::uuid",
        [.uuid(id)]
      ).first.map { row in
        Job(
          id: try row.string("id"), state: try row.string("state"), result: try row.text("result"),
          attempt: try row.integer("attempt"), code: try row.text("error_code"), message: try row.text("error_message"),
          progress: try row.string("progress"))
      }
    }
  }

  /// Waits until the job is in one of these states; final ones by default.
  @discardableResult
  package func waitForJob(
    _ id: String, in states: Set<String> = ["succeeded", "failed", "cancelled", "awaiting_approval"],
    limit: Duration = .seconds(90)
  ) async throws -> Job {
    try await eventually("job \(id) is \(states.sorted().joined(separator: " or "))", limit: limit) {
      guard let job = try await job(id), states.contains(job.state) else { return nil }
      return job
    }
  }

  /// A request and its end.
  @discardableResult
  package func sync(
    _ mode: ReadSyncMode = .full, organization: String = "RIO", pageSize: Int? = nil, dryRun: Bool = false
  ) async throws -> Job {
    try await waitForJob(
      try await requestSync(mode, organization: organization, pageSize: pageSize, dryRun: dryRun))
  }

  package func logRow(_ job: String) async throws -> LogRow? {
    try await logRows("job_id = '\(job)'").first
  }

  /// The log rows of single events, one per partition and day, summed up.
  package func streamRow() async throws -> LogRow? {
    try await logRows("stream IS NOT NULL").reduce(nil) { sum, row in
      guard let sum else { return row }
      return LogRow(
        status: sum.status == "completed" ? row.status : sum.status, syncType: row.syncType,
        received: sum.received + row.received, inserted: sum.inserted + row.inserted,
        updated: sum.updated + row.updated,
        unchanged: sum.unchanged + row.unchanged, stale: sum.stale + row.stale,
        discontinued: sum.discontinued + row.discontinued, conflicted: sum.conflicted + row.conflicted,
        rejected: sum.rejected + row.rejected, swept: sum.swept + row.swept, code: sum.code ?? row.code)
    }
  }

  private func logRows(_ condition: String) async throws -> [LogRow] {
    try await connection.run { session in
      try session.query("SELECT * FROM pfa_sync_log WHERE \(condition) ORDER BY id").rows.map { row in
        LogRow(
          status: try row.string("status"), syncType: try row.string("sync_type"),
          received: try row.integer("received"),
          inserted: try row.integer("inserted"), updated: try row.integer("updated"),
          unchanged: try row.integer("unchanged"), stale: try row.integer("stale"),
          discontinued: try row.integer("discontinued"), conflicted: try row.integer("conflicted"),
          rejected: try row.integer("rejected"), swept: try row.integer("swept"), code: try row.text("error_code"))
      }
    }
  }

  /// One line per row of a query, columns separated by bars, null as ∅.
  package func lines(_ sql: String) async throws -> [String] {
    try await connection.run { session in
      try session.query(sql).rows.map { row in
        row.columns.indices.map { row[$0].text ?? "∅" }.joined(separator: "|")
      }
    }
  }

  package func execute(_ sql: String) async throws {
    try await connection.run { try $0.execute(sql) }
  }

  package func count(_ table: String) async throws -> Int {
    Int(try await lines("SELECT count(*) FROM \(table)")[0]) ?? -1
  }

  /// Everything of the mirror that must be equal however it came about. Without `versions` for histories of which some
  /// steps were overtaken: the version counts effective changes.
  package func rows(versions: Bool = true) async throws -> [String] {
    try await lines(
      """
      SELECT organization_id, pfa_id, data, \(versions ? "version" : "0"), source_block, source_index, content_hash,
        is_discontinued, swept_by IS NOT NULL, pending_base
      FROM pfa_mirror ORDER BY organization_id, pfa_id
      """)
  }

  /// Totals and bounds as readers see them.
  package func kpis() async throws -> [String] {
    try await lines("SELECT * FROM pfa_kpi_summary ORDER BY 1, 2, 3, 4")
      + lines("SELECT * FROM pfa_timeline_bounds ORDER BY 1")
  }

  /// Groups whose totals differ from a recomputation, and lineage that does not sum up to them; empty when all is
  /// right.
  package func kpiDifferences() async throws -> [String] {
    try await lines("SELECT * FROM pfa_kpi_difference")
      + lines(
        """
        SELECT category, source, dor, sum(plan_cost), sum(forecast_cost), sum(actual_cost), sum(record_count),
          sum(actualized_count) FROM (
          SELECT organization_id, category, source, dor, plan_cost, forecast_cost, actual_cost, record_count,
            actualized_count FROM kpi_slot
          UNION ALL
          SELECT organization_id, category, source, dor, -plan_cost, -forecast_cost, -actual_cost, -record_count,
            -actualized_count FROM kpi_change
        ) both_sides GROUP BY organization_id, category, source, dor
        HAVING sum(plan_cost) <> 0 OR sum(forecast_cost) <> 0 OR sum(actual_cost) <> 0 OR sum(record_count) <> 0
          OR sum(actualized_count) <> 0
        """)
  }

  /// Waits until everything that is on the topic of read syncs has been applied.
  package func waitUntilApplied(_ ends: [Int32: Int64]) async throws {
    let (topic, name) = (topics.readSync, group)
    try await until("everything on \(topic) is applied: \(ends)") {
      let positions = try await connection.run { try OffsetStore.positions($0, group: name) }
      return ends.allSatisfy { partition, end in
        positions.contains { $0.topic == topic && $0.partition == partition && $0.nextOffset >= end }
      }
    }
  }
}
