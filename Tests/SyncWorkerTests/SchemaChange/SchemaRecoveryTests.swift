import Glibc
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Crashes between target and master, and many changes at once: both always agree in the end.
@Suite("Schema change recovery")
struct SchemaRecoveryTests {
  @Test(
    "S3-01, S3-13, S3-26: a worker killed at a named moment; the next one brings the change to its end, once",
    arguments: [CrashPoint.schemaValidated, .schemaLeased, .schemaExecuted, .schemaCommitted, .schemaFinished])
  func killed(_ point: CrashPoint) async throws {
    try await WorkerWorld.with { world in
      try await world.deploy()
      let first = try world.startWorker()
      try await world.makeProject()
      await first.stop()
      let dying = try world.spawnWorker(["\(CrashPoint.variable)=\(point.rawValue)"])
      let job = try await world.change(
        #"{"type":"add_column","table_id":"orders","column":{"id":"note","type":"text"}}"#, version: 1)
      #expect(await dying.wait() == 128 + SIGKILL, "\(dying.log)")
      let said = ["schema lock taken", "schema change applied in the target", "schema change done"]
      let reached: [CrashPoint: Int] = [.schemaLeased: 1, .schemaExecuted: 1, .schemaCommitted: 2, .schemaFinished: 3]
      #expect(said.filter { dying.log.contains($0) }.count == reached[point] ?? 0)
      let left = try await world.project()
      // What an in-between reader sees is the old version under a lease, or the new one.
      let expected = [CrashPoint.schemaValidated: "1|ready", .schemaFinished: "2|ready"]
      #expect(left == expected[point] ?? "1|applying")
      // The lease of the dead worker's job would run out by itself, in seconds.
      try await world.execute(
        "UPDATE sync_job SET lease_expires_at = now() - interval '1 second' WHERE state = 'running'")
      try await world.startMember { () async throws in
        #expect(try await world.waitForJob(job).state == "succeeded")
      }
      #expect(try await world.project() == "2|ready")
      #expect(try await world.columns().count == 4)
      #expect(try await world.disagreements() == [])
      let again = [CrashPoint.schemaLeased, .schemaExecuted].contains(point)
      #expect(try await world.history() == ["applied|∅"] + (again ? ["applied|∅", "failed|ABANDONED"] : ["applied|∅"]))
    }
  }

  @Test(
    "S3-16, S3-12: 100 changes to 20 projects by 4 workers: master and target agree, each attempt has its row, no lease is left"
  )
  func many() async throws {
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "SFO"] }) { world in
      try await world.deploy()
      for _ in 0..<4 { try world.startWorker() }
      var jobs: [String] = []
      func organization(_ project: Int) -> String { project % 2 == 0 ? "RIO" : "SFO" }
      for project in 0..<20 {
        jobs.append(
          try await world.change(
            #"[{"type":"create_project","name":"P"},{"type":"add_table","table":{"id":"p\#(project)","columns":[]}}]"#,
            project: "project \(project)", version: 0, organization: organization(project)))
      }
      // All made for version 1: each but the first is derived anew.
      for column in 0..<4 {
        for project in 0..<20 {
          jobs.append(
            try await world.change(
              #"{"type":"add_column","table_id":"p\#(project)","column":{"id":"c\#(column)","type":"integer","default":\#(column)}}"#,
              project: "project \(project)", version: 1, organization: organization(project)))
        }
      }
      for job in jobs {
        let ended = try await world.waitForJob(job)
        #expect(ended.state == "succeeded", "\(ended)")
      }
      #expect(try await world.lines("SELECT DISTINCT version, status, lock_token FROM projects") == ["5|ready|∅"])
      for organization in ["RIO", "SFO"] {
        #expect(try await world.disagreements(organization) == [])
        #expect(try await world.columns(organization).count == 10 * 5)
      }
      #expect(try await world.lines("SELECT count(*) FROM schema_changes WHERE status = 'applied'") == ["100"])
      #expect(
        try await world.lines("SELECT count(*) FROM schema_changes WHERE status IN ('pending', 'applying')") == ["0"])
      #expect(
        try await world.lines(
          """
          SELECT project_id FROM schema_changes WHERE status = 'applied' GROUP BY project_id
          HAVING array_agg(to_version ORDER BY applied_at) <> ARRAY[1, 2, 3, 4, 5]
          """) == [])
    }
  }

  @Test("A lapsed lease of a job that has ended is brought to its end by the next change")
  func leftBehind() async throws {
    try await WorkerWorld.with { world in
      try await world.deploy()
      let first = try world.startWorker()
      try await world.makeProject()
      await first.stop()
      let dying = try world.spawnWorker(["\(CrashPoint.variable)=schema.committed"])
      let dead = try await world.change(
        #"{"type":"add_column","table_id":"orders","column":{"id":"a","type":"text"}}"#, version: 1)
      _ = await dying.wait()
      try await world.connection.run { session in
        _ = try JobDecisions.cancel(session, dead, organization: "RIO", reason: "enough")
        try session.execute("UPDATE projects SET lock_expires_at = now() - interval '1 second'")
      }
      try await world.startMember { () async throws in
        let job = try await world.alter(
          #"{"type":"add_column","table_id":"orders","column":{"id":"b","type":"text"}}"#, version: 2)
        #expect(job.state == "succeeded", "\(job)")
      }
      #expect(try await world.project() == "3|ready")
      #expect(try await world.columns().count == 5)
      #expect(try await world.disagreements() == [])
      #expect(try await world.history() == ["applied|∅", "applied|∅", "applied|∅"])
    }
  }

  @Test("A change that another job's worker brought to its end is a success of its own job")
  func endedByOthers() async throws {
    try await WorkerWorld.with { world in
      try await world.deploy()
      let first = try world.startWorker()
      try await world.makeProject()
      await first.stop()
      let dying = try world.spawnWorker(["\(CrashPoint.variable)=schema.committed"])
      let dead = try await world.change(
        #"{"type":"add_column","table_id":"orders","column":{"id":"a","type":"text"}}"#, version: 1)
      _ = await dying.wait()
      // The project's lease has run out, the job's has not: another job comes first.
      try await world.execute(
        """
        UPDATE projects SET lock_expires_at = now() - interval '1 second';
        UPDATE sync_job SET lease_expires_at = now() + interval '8 seconds' WHERE id = '\(dead)'
        """)
      try await world.startMember { () async throws in
        let job = try await world.alter(
          #"{"type":"add_column","table_id":"orders","column":{"id":"b","type":"text"}}"#, version: 2)
        #expect(job.state == "succeeded", "\(job)")
        let ended = try await world.waitForJob(dead)
        #expect(ended.state == "succeeded" && ended.code == nil, "\(ended)")
      }
      #expect(try await world.project() == "3|ready")
      #expect(try await world.history() == ["applied|∅", "applied|∅", "applied|∅"])
    }
  }

  @Test("S3-36: a read that names a schema version waits for it, visibly, while others go on")
  func ordered() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      try await world.deploy()
      try world.startWorker()
      try await world.makeProject()
      let data = #"{"organization":"RIO","mode":"full","source":"sim","schemaVersion":2,"schemaProject":"plan"}"#
      let event = CloudEvent(
        id: "r", source: "app", type: ReadSyncMessage.requestedType, organization: "RIO", data: Array(data.utf8))
      try await world.produce(event, key: "RIO")
      let read = UUIDText.event(source: "app", id: "r")
      try await world.waitForJob(read, in: ["queued"])
      try await world.alter(#"{"type":"drop_column","table_id":"orders","column_id":"amount"}"#, version: 1)
      #expect(try await world.waitForJob(read).state == "succeeded")
      let began = try await world.lines(
        "SELECT started_at > (SELECT max(applied_at) FROM schema_changes) FROM sync_job WHERE id = '\(read)'")
      #expect(began == ["t"])
    }
  }
}
