import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// What a schema change meets on its way: each ends with its code, its audit row, and nothing locked.
@Suite("Schema change failures")
struct SchemaFailureTests {
  private static let note = #"{"type":"add_column","table_id":"orders","column":{"id":"note","type":"text"}}"#

  private static func addColumn(_ id: String) -> String {
    #"{"type":"add_column","table_id":"orders","column":{"id":"\#(id)","type":"text"}}"#
  }

  @Test(
    "S3-05, S3-21, S3-22, S3-25, S3-27, S3-28, S3-29: invalid, no such project, the target's refusal: master and target as before"
  )
  func refused() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker()
      try await world.deploy()
      try await world.makeProject()
      let schema = try DeploymentStore.schema(organization: "RIO").name
      try await world.execute("INSERT INTO \(schema).t_orders (c_number) VALUES ('x1')")
      let before = try await world.columns()
      for (change, project, code) in [
        (#"{"type":"explode"}"#, "plan", "INVALID_CHANGE"),
        (#"{"type":"drop_table","table_id":"x"}"#, "plan", "INVALID_CHANGE"),
        (Self.note, "other", "PROJECT_NOT_FOUND"),
        (
          #"{"type":"alter_column_type","table_id":"orders","column_id":"number","new_type":"integer"}"#, "plan",
          "TARGET_ERROR"
        ),
        (
          #"[\#(Self.note),{"type":"alter_column_nullable","table_id":"orders","column_id":"note","nullable":false}]"#,
          "plan", "TARGET_ERROR"
        ),
        (#"{"type":"create_project","name":"Again"}"#, "plan", "VERSION_CONFLICT"),
      ] {
        let job = try await world.alter(change, project: project, version: change.contains("create_project") ? 0 : 1)
        #expect(job.state == "failed" && job.code == code, "\(change): \(job)")
        #expect(try await world.project() == "1|ready")
        let history = try await world.history(project)
        #expect(history.last?.hasPrefix("failed|\(code)") == true || history.last == "failed|\(code)")
        #expect(try await world.lines("SELECT 1 FROM projects WHERE lock_token IS NOT NULL") == [])
      }
      #expect(try await world.columns() == before)
      #expect(try await world.disagreements() == [])
      #expect(worker.metric(MetricCatalog.schemaChanges, [("result", "applied")]) == 1)
      #expect(worker.metric(MetricCatalog.schemaChanges, [("result", "target_error")]) == 2)
      #expect(worker.metric(MetricCatalog.schemaChanges, [("result", "invalid_change")]) == 2)
    }
  }

  @Test("S3-04: a request that lacks a field is a dead letter; redelivered, a change has no second effect")
  func letters() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      try await world.deploy()
      try await world.makeProject()
      for _ in 0..<3 { _ = try await world.change(Self.note, version: 1, id: "same") }
      let event = CloudEvent(
        id: "2", source: "app", type: SchemaChangeRequest.type, data: Array(#"{"organization_id":"RIO"}"#.utf8))
      try await world.produce(event, key: "plan", topic: world.topics.schemaChange)
      try await until("the dead letter is there") { try await world.count("dead_letter") == 1 }
      #expect(try await world.lines("SELECT code FROM dead_letter") == ["INVALID_MESSAGE"])
      try await world.waitForJob(UUIDText.event(source: "app", id: "same"))
      #expect(try await world.project() == "2|ready")
      #expect(try await world.count("sync_job") == 2)
    }
  }

  @Test(
    "S3-24, S3-20: a lease that is held is waited for three times, then it is PROJECT_LOCKED; one that has lapsed holds nobody"
  )
  func locked() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      try await world.deploy()
      try await world.makeProject()
      let lock =
        "UPDATE projects SET status = 'applying', locked_by = 'bob', lock_token = gen_random_uuid(), lock_expires_at = now() + "
      try await world.execute(lock + "interval '1 hour'")
      let job = try await world.alter(Self.note, version: 1)
      #expect(job.code == "PROJECT_LOCKED" && job.message == "the project is locked by bob")
      #expect(try await world.project() == "1|applying")
      try await world.execute(lock + "interval '-1 second'")
      #expect(try await world.alter(Self.note, version: 1).state == "succeeded")
      #expect(try await world.project() == "2|ready")
    }
  }

  @Test("S3-23: two users at one version: both stand when they touch different things, else the second is told")
  func twoUsers() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      try await world.deploy()
      try await world.makeProject()
      let rename = #"{"type":"rename_column","table_id":"orders","column_id":"number","new_name":"\#("No")"}"#
      var jobs: [String] = []
      for change in [Self.addColumn("a"), Self.addColumn("b"), rename, rename.replacing("No", with: "Nr")] {
        jobs.append(try await world.change(change, version: 1))
      }
      var states: [String] = []
      for job in jobs { states.append(try await world.waitForJob(job).state) }
      #expect(states == ["succeeded", "succeeded", "succeeded", "failed"])
      #expect(try await world.job(jobs[3])?.code == "VERSION_CONFLICT")
      #expect(try await world.project() == "4|ready")
      #expect(try await world.columns().count == 5)
      #expect(try await world.disagreements() == [])
      #expect(
        try await world.lines("SELECT schema_data -> 'tables' -> 0 -> 'columns' -> 0 ->> 'name' FROM projects") == [
          "No"
        ])
    }
  }

  @Test(
    "S3-07, S3-08, S3-18: no configuration, an inactive one of its own beside a shared one, a secret that is not set")
  func deployments() async throws {
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "SFO"] }) { world in
      try world.startWorker()
      let create = #"{"type":"create_project","name":"P"}"#
      #expect(try await world.alter(create, version: 0).code == "DEPLOYMENT_MISSING")
      try await world.deploy()
      try await world.deploy("RIO", status: "migrating")
      #expect(try await world.alter(create, version: 0).code == "DEPLOYMENT_INACTIVE")
      try await world.execute(
        "UPDATE deployment_configs SET status = 'active', target = 'RIO_DATABASE' WHERE organization_id = 'RIO'")
      let job = try await world.alter(create, version: 0)
      #expect(job.code == "TARGET_UNCONFIGURED" && job.message == "the target's secret RIO_DATABASE is not set here")
      #expect(try await world.count("projects") == 0)
      #expect(try await world.alter(create, project: "sfo", version: 0, organization: "SFO").state == "succeeded")
    }
  }

  @Test("S3-08: another database by the name of its secret; the secret stands in no row")
  func otherDatabase() async throws {
    let url = try await TestDatabase.fresh()
    let target = WorldConnection(url)
    try await WorkerWorld.with { world in
      try world.startWorker {
        $0.credentials = (try? Settings.load(environment: ["RIO_DATABASE": url]).credentials) ?? Credentials()
      }
      try await world.deploy("RIO", target: "RIO_DATABASE")
      try await world.makeProject()
      #expect(try await world.columns("RIO", of: target).count == 3)
      #expect(try await world.columns() == [])
      try await world.alter(#"{"type":"drop_table","table_id":"orders"}"#, version: 1)
      #expect(try await world.columns("RIO", of: target) == [])
      #expect(try await world.lines("SELECT 1 FROM schema_changes c WHERE c::text LIKE '%\(url.suffix(20))%'") == [])
    }
    await target.close()
  }

  @Test(
    "S3-37, S3-38: a target that is down to the deadline: nothing applied, nothing locked, each attempt in the history")
  func targetDown() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker {
        $0.credentials =
          (try? Settings.load(environment: ["AWAY": "postgresql://x:hidden@127.0.0.1:1/x"]).credentials)
          ?? Credentials()
        $0.schema.deadline = .seconds(2)
        $0.schema.retry = RetryPolicy(steps: [0.3], cap: 0.3, attempts: nil)
      }
      try await world.deploy()
      try await world.makeProject()
      try await world.deploy("RIO", target: "AWAY")
      let job = try await world.alter(Self.note, version: 1)
      #expect(job.state == "failed" && job.code == "TARGET_UNREACHABLE" && job.attempt > 1)
      #expect(job.message?.contains("hidden") == false)
      #expect(try await world.project() == "1|ready")
      let history = try await world.history().dropFirst()
      #expect(history.count == Int(job.attempt) && Set(history) == ["failed|TARGET_UNREACHABLE"])
    }
  }

  @Test(
    "S3-39, S3-38: a lock in the target is tried again until it is free; held past the deadline it is TIMEOUT, and the lease is free"
  )
  func targetLocked() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker {
        $0.schema.deadline = .seconds(3)
        $0.schema.lockTimeout = .milliseconds(200)
        $0.schema.retry = RetryPolicy(steps: [0.1], cap: 0.1, attempts: nil)
      }
      try await world.deploy()
      try await world.makeProject()
      let table = "\(try DeploymentStore.schema(organization: "RIO").name).t_orders"
      let holder = try await PGConnection.open(PGOptions(url: world.databaseURL), name: "holder")
      let job = try await world.change(Self.note, version: 1)
      try await holder.run { session in
        try session.transaction {
          try session.execute("LOCK TABLE \(table)")
          // Until an attempt has failed.
          while try waitBlocking({ try await world.history() }).filter({ $0.hasPrefix("failed") }).isEmpty {}
        }
      }
      #expect(try await world.waitForJob(job).state == "succeeded")
      #expect(try await world.project() == "2|ready")
      #expect(try await world.history().contains("failed|TARGET_ERROR"))

      let late = try await world.change(Self.addColumn("late"), version: 2)
      try await holder.run { session in
        try session.transaction {
          try session.execute("LOCK TABLE \(table)")
          while try waitBlocking({ try await world.job(late) })?.state != "failed" {}
        }
      }
      #expect(try await world.job(late)?.code == "TIMEOUT")
      #expect(try await world.project() == "2|ready")
      #expect(try await world.disagreements() == [])
      await holder.close()
    }
  }

  @Test("What holds data is dropped only when it is named, where the request asks for that")
  func confirmation() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      try await world.deploy()
      try await world.makeProject()
      let table = "\(try DeploymentStore.schema(organization: "RIO").name).t_orders"
      try await world.execute("INSERT INTO \(table) (c_number) VALUES ('x')")
      let drop = #"{"type":"drop_table","table_id":"orders"}"#
      let refused = try await world.alter(drop, version: 1, more: #","require_confirmation":true,"confirm":"order""#)
      #expect(refused.code == "CONFIRMATION_REQUIRED")
      #expect(refused.message?.hasSuffix("its present name is confirmed: --confirm Orders") == true, "\(refused)")
      #expect(try await world.count(table) == 1)
      let done = try await world.alter(drop, version: 1, more: #","require_confirmation":true,"confirm":"Orders""#)
      #expect(done.state == "succeeded")
    }
  }

  @Test("A schema of another organization is not taken, whatever a configuration says")
  func foreignSchema() async throws {
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "SFO"] }) { world in
      try world.startWorker()
      try await world.deploy()
      try await world.makeProject()
      let schema = try DeploymentStore.schema(organization: "RIO").name
      try await world.execute(
        "INSERT INTO deployment_configs (organization_id, schema_name) VALUES ('SFO', '\(schema)')")
      let job = try await world.alter(
        #"{"type":"create_project","name":"P"}"#, project: "sfo", version: 0, organization: "SFO")
      #expect(job.code == "TARGET_ERROR" && job.message == "schema \(schema) belongs to another organization")
    }
  }
}
