import FoundationEssentials
import Kafka
import SyncStore
import TestKit
import Testing

@testable import Operator

struct TopTests {
  @Test("A frame: lag and rates by topic, running jobs with progress, failures, what waits for a decision")
  func frame() {
    var first = TopFrame(time: Date(timeIntervalSince1970: 0))
    func lag(_ partition: Int32, _ applied: Int64) -> PartitionLag {
      PartitionLag(topic: "pems.read-sync.v1", partition: partition, start: 0, end: 1_000, applied: applied)
    }
    first.add([lag(0, 100), lag(1, 200)], since: nil)
    var second = TopFrame(time: Date(timeIntervalSince1970: 2))
    second.live.activity.running = 1
    second.live.activity.deadLetters = 12_345
    second.live.running = [
      RunningJob(
        id: "j-1", organization: "RIO", kind: "read_sync", owner: "w", seconds: 10, applied: 500, total: 1_000)
    ]
    second.live.failures = [
      FailedJob(
        id: "j-2", organization: "RIO\u{1B}[2J", kind: "read_sync", code: "UPSTREAM_AUTH", message: "refused",
        finishedAt: "2026-01-31 09:30:00+00")
    ]
    second.add([lag(0, 300), lag(1, 600)], since: first)
    second.attention = (1...4).map {
      Attention(text: "thing \($0)", commands: ["syncline jobs why \($0)", "syncline lag"])
    }
    #expect(
      second.lines(width: 120, isLive: true) == [
        "syncline top  1970-01-01T00:00:02.000Z",
        "jobs      1 running  0 queued  0 retrying  last hour: 0 succeeded  0 failed",
        "waiting   0 approvals  12,345 dead letters  0 conflicts  0 pauses  0 held messages  0 to publish", "",
        "NEEDS SOMEBODY", "thing 1", "  syncline jobs why 1", "thing 2", "  syncline jobs why 2", "thing 3",
        "  syncline jobs why 3", "and 1 more: 'syncline top --once'", "",
        "TOPIC                     LAG   APPLIED/S", "pems.read-sync.v1       1,100         300", "", "RUNNING",
        "RIO read_sync  500 of 1,000 records  50 %  50/s  10 s left  [==========>         ]  j-1", "",
        "FAILED (last day)",
        "2026-01-31T09:30:00.000Z  RIO\\x1b[2J read_sync  UPSTREAM_AUTH  j-2  refused",
      ])
    #expect(TopCommand.screen(["a", "b", "c"], height: 3) == "\u{1B}[Ha\u{1B}[K\nb\u{1B}[K\n\u{1B}[J")
    #expect(TopCommand.screen(["a"], height: nil) == "\u{1B}[Ha\u{1B}[K\n\u{1B}[J")
    #expect(second.lines(width: 40, isLive: true).allSatisfy { displayWidth($0) <= 40 })
    let all = second.lines(width: 12, isLive: false)
    #expect(
      all.filter { $0.contains("syncline jobs why") }.count == 4 && all.contains("  syncline lag"), "no command is cut")
    #expect(first.lines(width: 40, isLive: true).contains("nothing needs somebody"))
  }

  @Test(
    "Messages that wait while no worker lives need somebody, said once; those of a dead worker beside live ones too")
  func standstill() {
    func member(_ name: String, alive: Bool) -> Crew.Member {
      Crew.Member(name: name, group: "g", kinds: ["read_sync"], silentFor: alive ? 1 : 90, isAlive: alive)
    }
    var overview = Overview(time: Date(timeIntervalSince1970: 0))
    overview.crew = .read(Crew(members: [member("w", alive: false)]))
    #expect(Attention.all(overview).isEmpty, "nothing waits")
    overview.lag = .read([
      PartitionLag(topic: "t", partition: 0, start: 0, end: 9, applied: 1, owner: "w"),
      PartitionLag(topic: "t", partition: 1, start: 0, end: 9, applied: 8, owner: nil),
    ])
    var waiting = StandstillReports.WaitingWork()
    waiting.jobs = 1
    overview.waiting = .read(waiting)
    let idle = Attention.all(overview)
    #expect(
      idle.map(\.text) == ["no worker lives; waiting: 1 due job, 9 offsets to apply; w fell silent 1 min 30 s ago"])
    #expect(idle.first?.commands.first == "syncline worker")
    overview.crew = .read(Crew(members: [member("v", alive: true), member("w", alive: false)]))
    #expect(
      Attention.all(overview).map(\.text) == [
        "partition 0 of t has 8 messages and no worker; w, which had it, is gone",
        "partition 1 of t has 1 message and no worker",
      ])
    overview.crew = .read(Crew(members: [member("w", alive: true)]))
    #expect(Attention.all(overview).map(\.text) == ["partition 1 of t has 1 message and no worker"])
  }

  @Test("A scheduler that is missing, an upstream that is left alone and a suspended organization that work waits for")
  func warnings() {
    var overview = Overview(time: Date(timeIntervalSince1970: 0))
    var schedules = StandstillReports.Schedules()
    schedules.active = 2
    overview.schedules = .read(schedules)
    overview.upstreams = .read([
      BreakerStore.Open(
        tenant: "pems.example:443/T", openings: 2, since: "S", until: "U", code: "UPSTREAM_TIMEOUT",
        message: "no answer", rests: true)
    ])
    overview.queue = .read([
      ["kind": "read_sync", "organization_id": "R O", "paused": "f", "suspended": "t", "queued": "1"],
      ["kind": "write_back", "organization_id": "R O", "paused": "f", "suspended": "t", "queued": "2"],
      ["kind": "read_sync", "organization_id": "SAO", "paused": "f", "suspended": "t", "running": "1"],
    ])
    #expect(
      Attention.all(overview) == [
        Attention(
          text: "scheduler: none leads, so 2 schedules will not be fired",
          commands: ["syncline scheduler", "syncline jobs schedule"]),
        Attention(
          text:
            "pems.example:443/T has not answered since S, nobody asks it before U; last UPSTREAM_TIMEOUT: no answer",
          commands: ["syncline doctor", "syncline jobs list --state retrying"]),
        Attention(
          text: "organization R O is suspended; 3 waiting",
          commands: [
            "syncline organizations show \"R O\"", "syncline organizations suspend \"R O\" --resume --yes",
          ], page: "/organization?id=R%20O"),
      ])
    schedules.leader = "s1"
    overview.schedules = .read(schedules)
    #expect(Attention.all(overview).count == 2)
    (schedules.overdue, schedules.worst, schedules.first) = (1, 120, "nightly of RIO")
    overview.schedules = .read(schedules)
    #expect(Attention.all(overview).first?.commands == ["syncline doctor", "syncline jobs schedule"])
  }

  @Test(
    "What stops work is read from the database; schedules of jobs that no definition names wait for nobody",
    .syncDatabase)
  func standstillIsRead() async throws {
    try await sql(
      """
      INSERT INTO job_schedule (job, organization_id, kind, definition, handled_until, next_at)
      VALUES ('nightly', 'RIO', 'kpi_verify', 'x', now(), now() + interval '1 hour')
      """,
      """
      INSERT INTO upstream_budget (tenant, free_at, openings, open_since, open_until, error_code, error_message)
      VALUES ('pems.example:443/T', now(), 2, '2026-01-31T09:20:00Z', '2100-01-31T09:30:00Z', 'UPSTREAM_TIMEOUT',
        'no answer')
      """,
      "INSERT INTO sync_job (organization_id, kind) VALUES ('RIO2', 'kpi_rebuild')",
      "UPDATE organization SET status = 'suspended' WHERE id = 'RIO2'")
    let database = try SyncDatabase.current
    func needs(_ enabledJobs: Set<String>?) async -> [String] {
      var overview = Overview(time: Date(timeIntervalSince1970: 0), definitions: Definitions(enabledJobs: enabledJobs))
      await overview.readAttention(SectionReader(within: .seconds(10)) { body in try await database.run(body) })
      return Attention.all(overview).map { String($0.text.prefix(30)) }
    }
    let others = ["pems.example:443/T has not ans", "organization RIO2 is suspended"]
    let missing = ["scheduler: none leads, so 1 sc"]
    let queued = try await syncline("queue", "list").data
    #expect(queued.contains("\"suspended\": true"), "\(queued)")
    let all = await needs(nil).filter { !$0.hasPrefix("no worker lives") }
    #expect(all == missing + others)
    #expect(await needs(["nightly"]).contains(missing[0]))
    #expect(await !needs(["hourly"]).contains(missing[0]))
  }

  @Test("top --once writes one frame and ends", .syncDatabase)
  func once() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let environment = ["KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1"]
    let json = try await syncline(["top"], environment: environment).json
    #expect(
      json["queued"]?.integer == 0 && json["topics"]?.count != nil && json["failed_jobs"]?.count == 0
        && json["needs_somebody"]?.count == 0)
    let ran = try await syncline(["top", "--once", "-o", "table"], environment: environment)
    #expect(ran.code == .ok, "\(ran.messages)")
    #expect(ran.data.hasPrefix("syncline top  ") && ran.data.contains("no job runs"))
    #expect(ran.data.contains("nothing needs somebody"))
    try await sql("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'kpi_rebuild')")
    let idle = try await syncline(["top", "--once", "-o", "table"], environment: environment)
    #expect(idle.data.contains("no worker lives; waiting: 1 due job, "), "\(idle.data)")
  }
}
