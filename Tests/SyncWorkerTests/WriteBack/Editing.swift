import Postgres
import Runtime
import SyncDomain
import SyncWorker
import TestKit

/// Edits as users commit them, and what becomes of them.
extension WorkerWorld {
  /// The generator's id of a record of RIO that is in the plan; nobody edits the others.
  static func id(_ index: Int) -> String { inPlan[index] }

  private static let inPlan: [String] = {
    let generator = RecordGenerator(seed: 1, organization: "RIO")
    return (0..<40).map { generator.record(index: $0) }.filter { !$0.discontinued }.map(\.pfaId)
  }()

  /// Commits an edit of a record at its present version; returns the edit's id.
  @discardableResult
  func edit(_ index: Int, _ delta: String) async throws -> String {
    try await connection.run { session in
      try session.execute("INSERT INTO org_permission VALUES ('ann', 'RIO', 'write') ON CONFLICT DO NOTHING")
      return try session.transaction {
        try session.query(
          """
          SELECT set_config('role', 'syncline_app', true), set_config('syncline.organization', 'RIO', true),
            set_config('syncline.user_id', 'ann', true)
          """)
        let id = PGValue.text(WorkerWorld.id(index))
        try session.query(
          """
          SELECT (update_mirror_with_lock(m.id, $2::jsonb, m.version)).success FROM pfa_mirror m WHERE m.pfa_id = $1
          """, [id, .text(delta)])
        return try session.query(
          """
          SELECT o.id FROM pfa_modification o JOIN pfa_mirror m ON m.id = o.mirror_id
          WHERE m.pfa_id = $1 ORDER BY o.applied_version DESC LIMIT 1
          """, [id]
        ).one().string("id")
      }
    }
  }

  func editState(_ id: String) async throws -> String {
    try await lines("SELECT sync_state FROM pfa_modification WHERE id = '\(id)'")[0]
  }

  /// Waits until the edit is in one of these states; returns it.
  @discardableResult
  func waitForEdit(_ id: String, _ states: String...) async throws -> String {
    try await eventually("edit \(id) is \(states.joined(separator: " or "))", limit: .seconds(60)) {
      let state = try await editState(id)
      return states.contains(state) ? state : nil
    }
  }

  /// A field of a record as the simulated PEMS has it, canonical JSON.
  func upstream(_ index: Int, _ field: String) -> String {
    let row = pems.rows(organization: "RIO").first { $0.pfaId == WorkerWorld.id(index) }
    let value = row.flatMap { try? JSONValue(parsing: $0.data) }?[field] ?? .null
    return String(decoding: value.canonical(), as: UTF8.self)
  }

  /// `version|pending_base|<field>` of a record.
  func mirror(_ index: Int, _ field: String) async throws -> String {
    try await lines(
      "SELECT version, pending_base, data -> '\(field)' FROM pfa_mirror WHERE pfa_id = '\(WorkerWorld.id(index))'")[0]
  }

  /// A world with records that a worker has read, and whose pushes wait little before another try.
  static func withRecords(
    _ count: Int = 20, _ options: Options = Options(), _ body: (WorkerWorld, RunningWorker) async throws -> Void
  ) async throws {
    var options = options
    options.records = count
    try await with(options) { world in
      let worker = try world.startPusher()
      let id = try await world.requestSync()
      try await world.waitForJob(id, in: ["succeeded"])
      try await body(world, worker)
    }
  }

  func startPusher() throws -> RunningWorker {
    try startWorker {
      $0.sourceClock = .hundredfold
      $0.pushRetry = RetryPolicy(steps: [0.05, 0.1, 0.2], cap: 0.2, attempts: 4, jitter: 0.5)
    }
  }
}
