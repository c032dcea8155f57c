import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Changes of large tables in steps, beside other people's work.
@Suite("Safe steps")
struct SafeStepsTests {
  private static let changes = [
    #"{"type":"alter_column_nullable","table_id":"orders","column_id":"amount","nullable":false}"#,
    #"{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"bigint"}"#,
    #"{"type":"add_unique_constraint","table_id":"orders","column_id":"number"}"#,
    #"{"type":"add_column","table_id":"orders","column":{"id":"ref","type":"uuid","nullable":false,"default":"gen_random_uuid()"}}"#,
    #"[{"type":"add_foreign_key","table_id":"orders","column_id":"number","references":{"table":"numbers","column":"n"}}]"#,
  ]

  private static let numbers =
    #"{"type":"add_table","table":{"id":"numbers","columns":[{"id":"n","type":"text","unique":true}]}}"#

  @Test(
    "S3-36, S3-12: large tables are changed in steps, to what the change at once leads to, while rows are written",
    arguments: changes)
  func steps(_ change: String) async throws {
    try await WorkerWorld.with { world in
      let direct = try await outcome(change, world, large: .max)
      let safe = try await outcome(change, world, large: 0)
      #expect(safe.columns == direct.columns)
      #expect(safe.constraints == direct.constraints)
      #expect(safe.sql != direct.sql)
      #expect(safe.rows == direct.rows)
    }
  }

  private struct Outcome {
    let columns, constraints, rows: [String]
    let sql: String
  }

  private func outcome(_ change: String, _ world: WorkerWorld, large: Int64) async throws -> Outcome {
    let worker = try world.startWorker { $0.schema.largeTableBytes = large }
    if large == .max { try await world.deploy() }
    try await world.makeProject()
    try await world.alter(Self.numbers, version: 1)
    let schema = try DeploymentStore.schema(organization: "RIO").name
    try await world.execute(
      """
      INSERT INTO \(schema).t_numbers (c_n) SELECT 'n' || g FROM generate_series(1, 12000) g;
      INSERT INTO \(schema).t_orders (c_number, c_amount) SELECT 'n' || g, g + 0.5 FROM generate_series(1, 12000) g
      """)
    let job = try await world.alter(change, version: 2)
    #expect(job.state == "succeeded", "\(job)")
    let outcome = Outcome(
      columns: try await world.columns(), constraints: try await world.constraints(),
      rows: try await world.lines("SELECT count(*), sum(c_amount), min(c_number) FROM \(schema).t_orders"),
      sql: try await world.lines("SELECT sql_executed FROM schema_changes ORDER BY id DESC LIMIT 1")[0])
    #expect(try await world.disagreements() == [])
    #expect(try await world.alter(#"{"type":"drop_project"}"#, version: 3).state == "succeeded")
    await worker.stop()
    return outcome
  }

  @Test("What fails in its steps leaves nothing behind, in the target as in the master")
  func undone() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker { $0.schema.largeTableBytes = 0 }
      try await world.deploy()
      try await world.makeProject()
      let schema = try DeploymentStore.schema(organization: "RIO").name
      try await world.execute("INSERT INTO \(schema).t_orders (c_number, c_amount) VALUES ('x', 1), ('x', NULL)")
      let (columns, constraints) = (try await world.columns(), try await world.constraints())
      for change in [
        Self.changes[0], Self.changes[2],
        #"{"type":"alter_column_type","table_id":"orders","column_id":"number","new_type":"integer"}"#,
      ] {
        let job = try await world.alter(change, version: 1)
        #expect(job.code == "TARGET_ERROR", "\(job)")
        #expect(try await world.columns() == columns)
        #expect(try await world.constraints() == constraints)
        let indexes = try await world.lines(
          "SELECT count(*) FROM pg_indexes WHERE schemaname = '\(schema)' AND tablename = 't_orders'")
        #expect(indexes == ["1"])
      }
      #expect(try await world.project() == "1|ready")
    }
  }

  @Test("S3-13: a worker that wakes up in its safe steps takes nothing away that its successor has made")
  func zombie() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker {
        $0.schema.largeTableBytes = 0
        $0.schema.lockTimeout = .milliseconds(200)
        $0.schema.retry = RetryPolicy(steps: [0.1], cap: 0.1, attempts: nil)
      }
      try await world.deploy()
      try await world.makeProject()
      let schema = try DeploymentStore.schema(organization: "RIO")
      let zombie = try await PGConnection.open(PGOptions(url: world.databaseURL), name: "zombie")
      let limits = TargetStore.Limits(lock: 1_000, statement: 1_000)
      try await zombie.run { try TargetStore.hold($0, schema, project: "plan", limits) }
      let job = try await world.change(Self.changes[3], version: 1)
      try await until("the successor waits for it") {
        try await world.history().contains { $0.hasPrefix("failed") }
      }
      #expect(try await world.columns().count == 3)
      await zombie.close()
      #expect(try await world.waitForJob(job).state == "succeeded")
      #expect(try await world.columns().count == 4)
      #expect(try await world.disagreements() == [])
      _ = worker
    }
  }
}
