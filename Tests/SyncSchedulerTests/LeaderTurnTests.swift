import Kafka
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

@testable import SyncScheduler

@Suite(.syncDatabase) struct LeaderTurnTests {
  @Test("S1-49 A job that nobody has seen begins now and fires at its time, once, with its event in the outbox")
  func fires() async throws {
    let leading = try await Leading.start(try quarterly { $0.priority = 7 })
    #expect(try await leading.outcomes(at: newYear + 899) == [])
    #expect(try await leading.outcomes(at: newYear + 900) == ["read requested"])
    #expect(try await leading.outcomes(at: newYear + 901) == [])
    let rows = try await table(
      """
      SELECT topic, convert_from(message_key, 'UTF8'), convert_from(message_value, 'UTF8')::jsonb ->> 'requestedBy',
        convert_from(message_value, 'UTF8')::jsonb ->> 'mode', convert_from(message_value, 'UTF8')::jsonb ->> 'priority'
      FROM outbox
      """)
    #expect(rows == [["pems.read-sync.v1", "RIO", "scheduler: read", "incremental", "7"]])
    let next = try await table("SELECT next_at AT TIME ZONE 'UTC', handled_until AT TIME ZONE 'UTC' FROM job_schedule")
    #expect(next == [["2026-01-01 00:30:00", "2026-01-01 00:15:00"]])
  }

  @Test("Firings are identified by job, organization and due instant, and their jobs as the worker identifies them")
  func identity() throws {
    let one = FiringEvent.id(job: "a", organization: "RIO", due: newYear)
    #expect(one == FiringEvent.id(job: "a", organization: "RIO", due: newYear))
    let others = [("b", "RIO", newYear), ("a", "RIO2", newYear), ("a", "RIO", newYear + 60)].map {
      FiringEvent.id(job: $0.0, organization: $0.1, due: $0.2)
    }
    #expect(Set(others + [one]).count == 4)
    for kind in [ScheduledJob.Kind.readSync, .kpiRebuild] {
      let firing = try #require(FiringEvent(try quarterly("a", kind), organization: "RIO", due: newYear, attempt: 2))
      #expect(firing.event.id == one + "/2")
      let message = DecodedMessage(
        KafkaMessage(
          topic: firing.topic, partition: 0, offset: 0, value: firing.event.data,
          headers: firing.event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) }))
      switch message.content {
      case .readRequest(_, _, let jobId), .kpiRebuild(_, _, let jobId): #expect(jobId == firing.jobId)
      default: Issue.record("the worker does not know it: \(message.content)")
      }
    }
    #expect(FiringEvent(try quarterly("a", .cleanup), organization: "RIO", due: newYear, attempt: 1) == nil)
  }

  @Test("S1-49 Overlap skip: left out while the earlier read runs, whoever asked for it") func skip() async throws {
    let leading = try await Leading.start(try quarterly())
    try await leading.turn(at: newYear + 900)
    #expect(try await leading.outcomes(at: newYear + 1800) == ["read skipped"])
    try await acceptRequests()
    #expect(try await leading.outcomes(at: newYear + 2700) == ["read skipped"])
    try await endJobs("succeeded")
    #expect(try await leading.outcomes(at: newYear + 2701) == ["read succeeded"])
    try await sql("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'read_sync')")
    #expect(try await leading.outcomes(at: newYear + 3600) == ["read skipped"])
    #expect(try await states() == ["succeeded", "skipped", "skipped", "skipped"])
    #expect(try await table("SELECT count(*) FROM outbox WHERE topic = 'pems.read-sync.v1'") == [["1"]])
  }

  @Test("S1-49 Overlap queue: one waits and starts when the lane is free; a job of higher priority goes first")
  func queue() async throws {
    let nightly = try quarterly("full", cron: "30 0 * * *") {
      $0.overlap = .queue
      $0.priority = 10
      $0.mode = .full
    }
    let leading = try await Leading.start(try quarterly { $0.overlap = .queue }, nightly)
    try await leading.turn(at: newYear + 900)
    #expect(try await leading.outcomes(at: newYear + 1800) == ["full waiting", "read waiting"])
    #expect(try await leading.outcomes(at: newYear + 2700) == ["read skipped"])
    try await acceptRequests()
    try await endJobs("succeeded")
    #expect(try await leading.outcomes(at: newYear + 2701) == ["read succeeded", "full requested"])
    try await acceptRequests()
    try await endJobs("succeeded")
    #expect(try await leading.outcomes(at: newYear + 2702) == ["full succeeded", "read requested"])
  }

  @Test("S1-49 Overlap replace: the earlier job is cancelled; one that no worker has seen yet is not") func replace()
    async throws
  {
    let leading = try await Leading.start(try quarterly { $0.overlap = .replace })
    try await leading.turn(at: newYear + 900)
    #expect(try await leading.outcomes(at: newYear + 1800) == ["read skipped"])
    try await acceptRequests()
    #expect(try await leading.outcomes(at: newYear + 2700) == ["read requested"])
    #expect(try await states() == ["cancelled", "skipped", "requested"])
    #expect(try await table("SELECT state, error_code FROM sync_job") == [["cancelled", "CANCELLED"]])
  }

  @Test("A failed firing is tried again as another event, as often as its definition says") func retries() async throws
  {
    let leading = try await Leading.start(
      try quarterly {
        $0.retries = 1
        $0.retryDelay = 60
      })
    try await leading.turn(at: newYear + 900)
    try await acceptRequests()
    try await endJobs("failed", code: "UPSTREAM_DOWN")
    #expect(try await leading.outcomes(at: newYear + 910) == ["read failed"])
    #expect(try await states() == ["waiting"])
    #expect(try await leading.outcomes(at: newYear + 960) == [])
    #expect(try await leading.outcomes(at: newYear + 970) == ["read requested"])
    try await acceptRequests()
    #expect(try await table("SELECT count(*), count(DISTINCT id) FROM sync_job") == [["2", "2"]])
    try await endJobs("failed", code: "UPSTREAM_DOWN")
    #expect(try await leading.outcomes(at: newYear + 980) == ["read failed"])
    #expect(try await table("SELECT state, attempt, detail FROM job_firing") == [["failed", "2", "UPSTREAM_DOWN"]])
  }

  @Test("A firing that takes too long is given up and its job cancelled, unless a person is asked") func timeout()
    async throws
  {
    let leading = try await Leading.start(try quarterly { $0.timeout = 60 })
    try await leading.turn(at: newYear + 900)
    try await acceptRequests()
    try await sql("UPDATE sync_job SET state = 'running'")
    try await sql("UPDATE sync_job SET state = 'awaiting_approval'")
    #expect(try await leading.outcomes(at: newYear + 970) == [])
    try await sql("UPDATE sync_job SET state = 'running'")
    #expect(try await leading.outcomes(at: newYear + 971) == ["read timed_out"])
    #expect(try await table("SELECT state, error_message FROM sync_job") == [["cancelled", "not done in time"]])
    // A request that no worker ever takes up does not keep the lane for ever.
    try await leading.turn(at: newYear + 1800)
    #expect(try await leading.outcomes(at: newYear + 1861) == ["read timed_out"])
  }

  @Test("Suspended organizations, disabled and changed jobs begin anew: nothing of that time counts as missed")
  func beginsAnew() async throws {
    var leading = try await Leading.start(try quarterly { $0.organizations = nil })
    try await sql("UPDATE organization SET status = 'suspended' WHERE id = 'RIO2'")
    #expect(try await leading.outcomes(at: newYear + 900) == ["read requested"])
    try await sql("UPDATE organization SET status = 'active' WHERE id = 'RIO2'")
    #expect(try await leading.outcomes(at: newYear + 1790) == [])
    leading.jobs[0].isEnabled = false
    #expect(try await leading.outcomes(at: newYear + 7200) == [])
    leading.jobs[0].isEnabled = true
    #expect(try await leading.outcomes(at: newYear + 9000) == [])
    leading.jobs[0] = try quarterly(cron: "*/5 * * * *")
    #expect(try await leading.outcomes(at: newYear + 9300) == [])
    let firings = try await table("SELECT organization_id, state FROM job_firing")
    #expect(firings == [["RIO", "requested"]])
  }

  @Test("S1-49 Missed firings of a dead time are made up for as the policy says, each at most once") func missed()
    async throws
  {
    let jobs = try MissedPolicy.allCases.map { policy in
      try quarterly("verify-\(policy.rawValue)", .kpiVerify) {
        $0.missed = policy
        $0.missedLimit = 3
        $0.overlap = .queue
      }
    }
    var leading = try await Leading.start(jobs[0], jobs[1], jobs[2])
    try await leading.takeOver()
    let outcomes = try await leading.outcomes(at: newYear + 4 * 3600 + 300)
    #expect(
      outcomes == [
        "verify-all requested", "verify-all waiting", "verify-all skipped", "verify-all missed 13",
        "verify-once requested",
        "verify-once missed 15", "verify-skip missed 16",
      ])
    #expect(try await leading.outcomes(at: newYear + 4 * 3600 + 301) == [])
  }

  @Test("A clock that was far ahead and is put right freezes nothing and doubles nothing") func wrongClock()
    async throws
  {
    let leading = try await Leading.start(try quarterly("verify", .kpiVerify) { $0.overlap = .queue })
    try await leading.turn(at: newYear + 86_400)
    let wrong = try await table("SELECT count(*) FROM job_firing")
    try await leading.turn(at: newYear + 10)
    #expect(try await table("SELECT next_at AT TIME ZONE 'UTC' FROM job_schedule") == [["2026-01-01 00:15:00"]])
    #expect(wrong == [["1"]])
    try await leading.turn(at: newYear + 86_400)
    let doubled = try await table(
      "SELECT due_at FROM job_firing GROUP BY job, organization_id, due_at HAVING count(*) > 1")
    #expect(doubled == [])
  }

  @Test("A leader whose lease another one took changes nothing more") func fenced() async throws {
    let old = try await Leading.start(try quarterly())
    var new = old
    try await new.takeOver()
    await #expect(throws: Fenced.self) { try await old.turn(at: newYear + 900) }
    #expect(try await table("SELECT count(*) FROM job_firing") == [["0"]])
    #expect(try await new.outcomes(at: newYear + 900) == ["read requested"])
  }

  @Test("S1-49 Schedulers that lead by turns and die at any moment make each firing of simulated days exactly once")
  func manySchedulers() async throws {
    let seed = UInt64.random(in: 1...UInt64.max)
    print("manySchedulers: seed \(seed)")
    var random = SplitMix64(seed: seed)
    let job = try quarterly("verify", .kpiVerify, cron: "*/20 * * * *") {
      $0.missed = .all
      $0.missedLimit = 1_000
      $0.overlap = .queue
      $0.organizations = nil
    }
    var leaders = [try await Leading.start(job)]
    for _ in 0..<2 {
      var next = leaders[0]
      try await next.takeOver()
      leaders.append(next)
    }
    var now = newYear
    let end = newYear + 2 * 86_400
    while now < end {
      now += Int64(random.below(1500))
      let number = random.below(3)
      if random.below(4) == 0 { try await leaders[number].takeOver() }
      // Whoever has not the newest token is fenced, wherever it is in its work.
      _ = try? await leaders[number].turn(at: now)
      if random.below(3) == 0 {
        try await sql("UPDATE job_firing SET state = 'succeeded', finished_at = now() WHERE finished_at IS NULL")
      }
    }
    try await leaders[0].takeOver()
    try await leaders[0].turn(at: end)
    let expected = (1...144).map { newYear + Int64($0) * 1200 }.filter { $0 <= end }
    for organization in ["RIO", "RIO2"] {
      let made = try await table(
        "SELECT extract(epoch FROM due_at)::bigint FROM job_firing WHERE organization_id = '\(organization)' ORDER BY due_at"
      )
      #expect(made.map { $0[0] } == expected.map(String.init))
    }
  }
}
