import Glibc
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
    """
    {"type":"add_column","table_id":"orders","column":\
    {"id":"state","type":"varchar(9)","default":"new","check":{"operator":"in","values":["new","paid"]}}}
    """,
    // A list, with what else there may be beside a large table.
    """
    [{"type":"add_column","table_id":"orders","column":{"id":"ref","type":"uuid","default":"gen_random_uuid()","unique":true}},
     {"type":"alter_column_default","table_id":"orders","column_id":"amount","default":7},
     {"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"bigint"},
     {"type":"alter_column_nullable","table_id":"orders","column_id":"amount","nullable":false},
     {"type":"add_unique_constraint","table_id":"orders","columns":["number","amount"]},
     {"type":"add_table","table":{"id":"notes","columns":[{"id":"text","type":"text"}]}},
     {"type":"rename_column","table_id":"orders","column_id":"amount","new_name":"Sum"}]
    """,
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

  @Test(
    "S3-41: what has no safe steps is refused for a large table, with its rows as they were, and done when it is allowed"
  )
  func refused() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker { $0.schema.largeTableBytes = 0 }
      try await world.deploy()
      try await world.makeProject()
      let list = """
        [{"type":"add_column","table_id":"orders","column":{"id":"x","type":"integer","default":1}},
         {"type":"alter_column_type","table_id":"orders","column_id":"x","new_type":"bigint"}]
        """
      let refused = try await world.alter(list, version: 1)
      #expect(refused.state == "failed" && refused.code == "TABLE_TOO_LARGE", "\(refused)")
      #expect(try await world.project() == "1|ready")
      #expect(try await world.columns().count == 3)
      let allowed = try await world.alter(list, version: 1, more: #","allow_blocking":true"#)
      #expect(allowed.state == "succeeded", "\(allowed)")
      #expect(try await world.columns().contains("t_orders c_x bigint null '1'::bigint"))
      #expect(try await world.disagreements() == [])
    }
  }

  @Test("S3-39: safe steps wait for a lock that somebody holds, and keep what they have filled")
  func patient() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker {
        $0.schema.largeTableBytes = 0
        $0.schema.lockTimeout = .milliseconds(50)
      }
      try await world.deploy()
      try await world.makeProject()
      let table = "\(try DeploymentStore.schema(organization: "RIO").name).t_orders"
      try await world.execute("INSERT INTO \(table) (c_number) VALUES ('x')")
      let reader = try await PGConnection.open(PGOptions(url: world.databaseURL), name: "reader")
      let job = try await reader.run { session in
        try session.transaction {
          try session.query("SELECT FROM \(table)")
          let job = try waitBlocking { try await world.change(Self.changes[1], version: 1) }
          // Until the steps have met the reader more than once.
          var waits = 0
          while waits < 2 {
            waits += try waitBlocking {
              try await world.lines(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'syncline-schema' AND wait_event_type = 'Lock'"
              )
            }.count
          }
          return job
        }
      }
      #expect(try await world.waitForJob(job).state == "succeeded")
      #expect(try await world.history() == ["applied|∅", "applied|∅"])
      await reader.close()
    }
  }

  @Test(
    "S3-01, S3-13: killed between safe steps of a list, or before the end: the next worker leaves what a clean run leaves",
    arguments: ["schema.stepped", "schema.stepped:2", "schema.stepped:5", "schema.executed", "schema.committed"])
  func killed(_ order: String) async throws {
    try await WorkerWorld.with { world in
      try await world.deploy()
      let first = try world.startWorker()
      try await world.makeProject()
      await first.stop()
      let schema = try DeploymentStore.schema(organization: "RIO").name
      // Large with few rows: each has a page of its own.
      try await world.execute(
        """
        ALTER TABLE \(schema).t_orders SET (fillfactor = 10);
        INSERT INTO \(schema).t_orders (c_number, c_amount) SELECT 'n' || g || repeat('x', 1500), g FROM generate_series(1, 8200) g
        """)
      let list = """
        [{"type":"add_column","table_id":"orders","column":{"id":"ref","type":"uuid","nullable":false,"default":"gen_random_uuid()"}},
         {"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"bigint"}]
        """
      let dying = try world.spawnWorker(["\(CrashPoint.variable)=\(order)"])
      let job = try await world.change(list, version: 1)
      #expect(await dying.wait() == 128 + SIGKILL, "\(dying.log)")
      #expect(dying.log.contains("safe steps"))
      try await world.execute(
        "UPDATE sync_job SET lease_expires_at = now() - interval '1 second' WHERE state = 'running'")
      try await world.startMember { () async throws in
        let ended = try await world.waitForJob(job)
        #expect(ended.state == "succeeded", "\(ended)")
      }
      #expect(
        try await world.columns() == [
          "t_orders c_amount bigint null '0'::bigint", "t_orders c_number text not null",
          "t_orders c_ref uuid not null gen_random_uuid()", "t_orders id uuid not null gen_random_uuid()",
        ])
      #expect(try await world.constraints() == ["t_orders t_orders_pkey PRIMARY KEY (id)"])
      let left =
        "SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = '\(schema)'::regnamespace),"
        + " (SELECT count(*) FROM pg_trigger WHERE tgrelid = '\(schema).t_orders'::regclass)"
      #expect(try await world.lines(left) == ["0|0"])
      #expect(
        try await world.lines("SELECT count(*), sum(c_amount), count(DISTINCT c_ref) FROM \(schema).t_orders")
          == ["8200|33624100|8200"])
      #expect(try await world.project() == "2|ready")
      #expect(try await world.disagreements() == [])
    }
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

  @Test("A loss that nobody has confirmed is refused before the first of the safe steps, not after the last")
  func unconfirmed() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker { $0.schema.largeTableBytes = 0 }
      try await world.deploy()
      try await world.makeProject()
      let schema = try DeploymentStore.schema(organization: "RIO").name
      try await world.execute("INSERT INTO \(schema).t_orders (c_number, c_amount) VALUES ('x', 1)")
      let change = """
        [{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"integer"},
        {"type":"drop_column","table_id":"orders","column_id":"number"}]
        """
      // The steps would wait for who reads the table.
      let reader = try await PGConnection.open(PGOptions(url: world.databaseURL), name: "reader")
      let job = try await reader.run { session in
        try session.transaction {
          try session.query("SELECT FROM \(schema).t_orders")
          return try waitBlocking {
            try await world.alter(change, version: 1, more: #","require_confirmation":true"#)
          }
        }
      }
      await reader.close()
      #expect(job.code == "CONFIRMATION_REQUIRED", "\(job)")
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
