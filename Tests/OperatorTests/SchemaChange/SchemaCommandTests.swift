import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

@testable import Operator

/// The schema commands with a real worker behind them.
@Suite struct SchemaCommandTests {
  private static let create = #"{"type":"create_project","name":"Plan"}"#
  private static let orders =
    #"{"type":"add_table","table":{"id":"orders","name":"Orders","columns":[{"id":"n","type":"text"},{"id":"v","type":"integer"}]}}"#

  private func run(_ world: WorkerWorld, _ line: String...) async -> Ran {
    await program(
      line,
      environment: [
        "DATABASE_URL": world.databaseURL, "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrapServers,
        KafkaConnection.embeddedVariable: "1", "SYNCLINE_TOPIC_PREFIX": world.topics.prefix, "USER": "ana",
      ])
  }

  @Test("S3-36, S3-40: apply --wait exits 0, 40, 44, 9, 23, 50; each says what to do")
  func exitCodes() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      let missing = await run(
        world, "schema", "apply", "plan", "--organization", "RIO", "--change", Self.create, "--wait")
      #expect(missing.code == .targetError && missing.messages.contains("DEPLOYMENT_MISSING"))
      #expect(await run(world, "schema", "target", "--set", "--yes").code == .ok)
      let created = await run(
        world, "schema", "apply", "plan", "--organization", "RIO", "--change", Self.create, "--wait")
      #expect(created.code == .ok, "\(created.messages)")
      #expect(try created.json["status"]?.string == "applied" && created.json["created_by"]?.string == "ana")
      #expect(await run(world, "schema", "apply", "plan", "--change", Self.orders, "--wait").code == .ok)

      let table = "\(try DeploymentStore.schema(organization: "RIO").name).t_orders"
      try await world.execute("INSERT INTO \(table) (c_n, c_v) VALUES ('x', 1), (NULL, 2)")
      func apply(_ change: String, _ more: String...) async -> Ran {
        await program(
          ["schema", "apply", "plan", "--change", change, "--wait"] + more,
          environment: [
            "DATABASE_URL": world.databaseURL, "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrapServers,
            KafkaConnection.embeddedVariable: "1", "SYNCLINE_TOPIC_PREFIX": world.topics.prefix,
          ])
      }
      #expect(await apply(#"{"type":"add_table"}"#).code == .invalid)
      #expect(await apply(#"{"type":"drop_table","table_id":"none"}"#).code == .invalid)
      let unconfirmed = await apply(#"{"type":"drop_table","table_id":"orders"}"#)
      #expect(unconfirmed.code == .invalid && unconfirmed.messages.contains("--confirm"))
      #expect(await run(world, "schema", "apply", "none", "--change", Self.orders, "--wait").code == .noSuchProject)
      #expect(
        await apply(
          Self.orders.replacing("orders", with: "o2").replacing("Orders", with: "O2"), "--current-version", "1"
        ).code == .ok)
      #expect(await apply(Self.orders, "--current-version", "1").code == .conflict)
      let refused = await apply(
        #"{"type":"alter_column_nullable","table_id":"orders","column_id":"n","nullable":false}"#)
      #expect(refused.code == .targetError && refused.messages.contains("23502"))
      try await world.execute(
        """
        UPDATE projects SET status = 'applying', locked_by = 'bob', lock_token = gen_random_uuid(),
          lock_expires_at = now() + interval '1 h'
        """
      )
      let locked = await apply(#"{"type":"rename_table","table_id":"orders","new_name":"X"}"#)
      #expect(locked.code == .locked && locked.messages.contains("bob"))
      try await world.execute("UPDATE projects SET status = 'ready', locked_by = NULL, lock_token = NULL")
      #expect(await apply(#"{"type":"drop_table","table_id":"orders"}"#, "--confirm", "Orders").code == .ok)

      let history = await run(world, "schema", "history", "plan")
      #expect(try history.objects.count == 10)
      #expect(try history.objects[0]["change_type"]?.string == "drop_table")
      let errors = await run(world, "schema", "history", "--errors", "--limit", "3")
      #expect(
        try errors.objects.map { $0["error_code"]?.string } == ["PROJECT_LOCKED", "TARGET_ERROR", "VERSION_CONFLICT"])
      let status = await run(world, "schema", "status", "plan")
      #expect(try status.objects[0]["version"]?.integer == 4 && status.objects[0]["changes"]?.integer == 4)
    }
  }

  @Test("S3-31, S3-32, S3-33, S3-30: recent changes are 20, recent errors, versions of projects with their counts")
  func reports() async throws {
    let world = try await SyncDatabase.fresh()
    try await world.run { session in
      try session.execute(
        """
        INSERT INTO projects (id, organization_id, name, version) VALUES ('a', 'RIO', 'A', 25), ('b', 'RIO2', 'B', 3);
        INSERT INTO schema_changes (job_id, organization_id, project_id, change_type, change_data, status, from_version, to_version,
          applied_at, error_code, created_by)
        SELECT gen_random_uuid(), 'RIO', 'a', 'add_table', '{}', CASE g % 5 WHEN 0 THEN 'failed' ELSE 'applied' END, g, g + 1,
          CASE g % 5 WHEN 0 THEN NULL ELSE now() END, CASE g % 5 WHEN 0 THEN 'TARGET_ERROR' END, 'ana' FROM generate_series(1, 25) g
        """)
    }
    func run(_ line: String...) async -> Ran { await program(line, environment: ["DATABASE_URL": world.url]) }
    #expect(try await run("schema", "history").objects.count == 20)
    #expect(try await run("schema", "history", "--errors").objects.count == 5)
    #expect(try await run("schema", "history", "b").objects.isEmpty)
    #expect(await run("schema", "history", "c").code == .noSuchProject)
    let versions = try await run("schema", "status").objects
    #expect(versions.map { $0["version"]?.integer } == [25, 3])
    #expect(versions[0]["changes"]?.integer == 20 && versions[0]["failures"]?.integer == 5)
    #expect(await run("schema", "status", "c").code == .noSuchProject)
    #expect(await run("schema", "target", "--set", "--target", "postgresql://x:y@z", "--yes").code == .invalid)
    #expect(await run("schema", "target", "--set", "--organization", "NOPE", "--yes").code == .notFound)
    for more in [[], ["--history"]] {
      let unknown = await program(
        ["schema", "target", "--organization", "NOPE"] + more, environment: ["DATABASE_URL": world.url])
      #expect(unknown.code == .notFound && unknown.messages.contains("UNKNOWN_ORGANIZATION"))
    }
    #expect(await run("schema", "target", "--set", "--schema", "public", "--yes").code == .invalid)
    #expect(try await run("schema", "target").objects.isEmpty)
    await world.close()
  }

  @Test("plan shows SQL, locks, rewrites, size, duration, inverse and what would be lost, and changes nothing")
  func plan() async throws {
    let database = try await SyncDatabase.fresh()
    let schema = try DeploymentStore.schema(organization: "RIO")
    let data =
      #"{"tables":[{"id":"orders","name":"Orders","columns":[{"id":"n","type":"text"},{"id":"v","type":"integer"}]}]}"#
    try await database.run { session in
      let changes = try SchemaChange.read(try JSONValue(parsing: Array(Self.orders.utf8)))
      let attempt = TargetStore.Attempt(
        schema: schema, organization: "RIO", project: "plan", changeId: randomUUID(), fromVersion: 0, toVersion: 1,
        type: "", dropsProject: false)
      let limits = TargetStore.Limits(lock: 1000, statement: 9000)
      try session.transaction {
        try TargetStore.begin(session, attempt, limits, sql: "")
        for statement in try SchemaPlanner(schema).plan(changes, on: ProjectSchema()).statements {
          try TargetStore.run(session, statement, limits)
        }
      }
      try session.execute(
        """
        INSERT INTO deployment_configs DEFAULT VALUES;
        INSERT INTO projects (id, organization_id, name, schema_data) VALUES ('plan', 'RIO', 'Plan', '\(data)');
        INSERT INTO \(schema.name).t_orders (c_n, c_v) SELECT CASE g % 2 WHEN 0 THEN 'x' END, g FROM generate_series(1, 1000) g;
        ANALYZE \(schema.name).t_orders
        """)
    }
    func plan(_ change: String) async -> Ran {
      await program(["schema", "plan", "plan", "--change", change], environment: ["DATABASE_URL": database.url])
    }
    let drop = await plan(#"{"type":"drop_column","table_id":"orders","column_id":"n"}"#)
    #expect(drop.code == .ok, "\(drop.messages)")
    let rows = try drop.objects
    #expect(rows.map { $0["direction"]?.string } == ["apply", "inverse", "inverse"])
    #expect(rows[0]["sql"]?.string == "ALTER TABLE \"\(schema.name)\".\"t_orders\" DROP COLUMN \"c_n\"")
    #expect(rows[0]["lost_rows"]?.integer == 500 && rows[0]["table_rows"]?.integer == 1000)
    #expect(rows[0]["lock"]?.string == "ACCESS EXCLUSIVE" && rows[0]["estimated_ms"]?.integer == 1)
    let type = try await plan(#"{"type":"alter_column_type","table_id":"orders","column_id":"v","new_type":"bigint"}"#)
      .objects
    guard case .bool(true)? = type[0]["rewrites"] else {
      Issue.record("an integer that becomes a bigint is written anew")
      return
    }
    #expect((type[0]["estimated_ms"]?.integer ?? 0) >= 1)
    #expect(await plan(#"{"type":"drop_table","table_id":"x"}"#).code == .invalid)
    #expect(
      await program(["schema", "plan", "nope", "--change", Self.orders], environment: ["DATABASE_URL": database.url])
        .code == .noSuchProject)
    let left = try await database.run { session in
      try session.query(
        "SELECT relname FROM pg_class WHERE relname LIKE '%rate%' AND relkind = 'r' AND relname LIKE '\\_\\_%'"
      ).rowCount
    }
    #expect(left == 0)
    await database.close()
  }
}
