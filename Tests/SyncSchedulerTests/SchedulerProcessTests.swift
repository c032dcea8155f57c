import Glibc
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

/// The program itself, killed, frozen and woken.
@Suite struct SchedulerProcessTests {
  private static let jobs = """
    jobs:
      - {name: read, kind: read_sync, source: sim, mode: full, cron: "0 3 * * *", organizations: [RIO], missed: all}
      - {name: verify, kind: kpi_verify, cron: "* * * * *", organizations: [RIO], missed: all, missedLimit: 500, overlap: queue}
    """

  private func leader(_ world: WorkerWorld) async throws -> (owner: String, token: Int64)? {
    try await world.connection.run { session in
      try session.query(
        "SELECT owner, token FROM scheduler_lease WHERE expires_at > clock_timestamp()"
      ).first.map { (try $0.string("owner"), try $0.integer("token")) }
    }
  }

  private func isLed(by process: WorkerProcess, _ world: WorkerWorld) async throws -> Bool {
    try await leader(world)?.owner.hasPrefix("scheduler-\(process.pid)-") == true
  }

  private func count(_ sql: String, _ world: WorkerWorld) async throws -> Int64 {
    try await world.connection.run { try $0.query(sql).one()[0].int ?? -1 }
  }

  @Test("S1-49 A read fired by the program is read by a worker; what it missed is made up for once; metrics tell")
  func wholeWay() async throws {
    try await WorkerWorld.with(.of { $0.records = 25 }) { world in
      try world.startWorker()
      let scheduler = try world.spawnScheduler(jobs: Self.jobs)
      try await until("the jobs are known") { try await count("SELECT count(*) FROM job_schedule", world) == 2 }
      try await world.connection.run {
        try $0.execute(
          "UPDATE job_schedule SET handled_until = now() - interval '1 day', next_at = now() - interval '23 hours' WHERE job = 'read'"
        )
      }
      try await until("read") {
        try await count("SELECT count(*) FROM job_firing WHERE job = 'read' AND state = 'succeeded'", world) == 1
      }
      #expect(try await count("SELECT count(*) FROM pfa_mirror WHERE organization_id = 'RIO'", world) == 25)
      #expect(try await count("SELECT count(*) FROM sync_job WHERE requested_by = 'scheduler: read'", world) == 1)
      let metrics = try await scheduler.metrics()
      #expect(metrics.contains("syncline_scheduler_leader 1"))
      #expect(metrics.contains(#"syncline_firings_total{kind="read_sync",outcome="requested"} 1"#))
      scheduler.signal(SIGTERM)
      #expect(await scheduler.wait() == 0)
      #expect(try await leader(world) == nil)
    }
  }

  @Test("S1-49 A leader that is killed with -9 is taken over, and each firing is made once") func killed() async throws
  {
    try await WorkerWorld.with { world in
      let first = try world.spawnScheduler(jobs: Self.jobs)
      try await until("the first leads") { try await isLed(by: first, world) }
      try await until("the jobs are known") { try await count("SELECT count(*) FROM job_schedule", world) == 2 }
      let second = try world.spawnScheduler(jobs: Self.jobs)
      // Enough to do that the kill comes into it.
      try await world.connection.run {
        try $0.execute(
          """
          UPDATE job_schedule SET handled_until = date_trunc('minute', now()) - interval '100 minutes',
            next_at = date_trunc('minute', now()) - interval '99 minutes' WHERE job = 'verify'
          """)
      }
      try await until("it has begun") {
        try await count("SELECT count(*) FROM job_firing WHERE job = 'verify'", world) > 0
      }
      await first.kill()
      try await until("the second leads", limit: .seconds(60)) { try await isLed(by: second, world) }
      try await until("all is done") {
        try await count(
          "SELECT count(*) FROM job_firing WHERE finished_at IS NULL AND created_at < now() - interval '1 second'",
          world) == 0
      }
      let due = try await count(
        """
        SELECT count(*) - count(DISTINCT due_at) + (max(due_at) - min(due_at) > interval '98 minutes')::int
          + (count(*) - extract(epoch FROM max(due_at) - min(due_at)) / 60)::bigint
        FROM job_firing WHERE job = 'verify'
        """, world)
      // None twice, the whole time, none left out: n firings lie n - 1 minutes apart.
      #expect(due == 2)
    }
  }

  @Test("S1-49 A leader that is frozen is taken over, and when it wakes it is fenced and stands by") func zombie()
    async throws
  {
    try await WorkerWorld.with { world in
      let first = try world.spawnScheduler(jobs: Self.jobs)
      try await until("the first leads") { try await isLed(by: first, world) }
      let second = try world.spawnScheduler(jobs: Self.jobs)
      first.signal(SIGSTOP)
      try await until("the second leads", limit: .seconds(60)) { try await isLed(by: second, world) }
      first.signal(SIGCONT)
      try await until("the first knows") { first.log.contains("the lead is lost") && first.log.contains("standing by") }
      #expect(try await isLed(by: second, world))
      #expect(try await leader(world)?.token == 2)
    }
  }
}
