import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

/// What can be said of a request before a worker has taken it.
@Suite(.syncDatabase) struct RequestTests {
  private func environment(_ kafka: EmbeddedKafka) -> [String: String] {
    [
      "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1", "USER": "ann",
      "SYNCLINE_JOBS_DIR": "/nonexistent",
    ]
  }

  @Test("A published request is no unknown job: why, show and watch say that no worker has taken it")
  func published() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let environment = environment(kafka)
    let asked = try await syncline(["sync", "run", "RIO", "--source", "pems"], environment: environment)
    #expect(asked.code == .ok, "\(asked.messages)")
    let id = try #require(try asked.json["id"]?.string)
    let why = try await syncline(["jobs", "why", id])
    #expect(why.code == .ok)
    #expect(try why.json["state"]?.string == "requested")
    #expect(
      try why.json["why"]?.string
        == "no worker has taken the request yet; no worker lives: start 'syncline worker'")
    let evidence = try why.json["evidence"]?.string ?? ""
    #expect(evidence.contains("by ann, at pems.read-sync.v1[") && evidence.contains("which no worker has had yet"))
    #expect(
      asked.messages == "nothing is done yet: no worker lives: start 'syncline worker'\n",
      "one that ended in order leaves no sign, and none may have been there")
    let shown = try await syncline(["jobs", "show", id])
    #expect(shown.code == .ok)
    #expect(try shown.json["state"]?.string == "requested")

    try await SyncDatabase.current.run { session in
      try session.asSystem { try CrewStore.beat(session, name: "w", group: "syncline", kinds: ["read_sync"]) }
    }
    let alive = try await syncline(["jobs", "why", id]).json
    #expect(alive["why"]?.string == "no worker has taken the request yet")
    #expect(alive["evidence"]?.string?.contains("1 worker lives for it") == true)

    let database = try SyncDatabase.current
    let recorder = Recorder()
    async let watched = Commands.program.run(
      ["jobs", "watch", id], output: recorder.output(), environment: ["DATABASE_URL": database.url])
    try await until("the watcher says what it waits for") { recorder.messages.contains("no worker has taken") }
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, finished_at)
      VALUES ('\(id)', 'RIO', 'read_sync', 'succeeded', now())
      """)
    #expect(await watched == .ok)
  }

  @Test("A request that no worker has begun is cancelled as a job, with who and why, and can be asked for again")
  func cancelled() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let environment = environment(kafka)
    let asked = try await syncline(
      ["sync", "run", "RIO", "--source", "pems", "--mode", "full"], environment: environment)
    let id = try #require(try asked.json["id"]?.string)
    let requested = try await syncline(["jobs", "show", id]).json["created_at"]?.string
    let ran = try await syncline(
      ["jobs", "cancel", id, "--reason", "wrong source", "--yes"], environment: ["USER": "bob"])
    #expect(ran.code == .ok, "\(ran.messages)")
    let shown = try await syncline(["jobs", "show", id]).json
    #expect(shown["state"]?.string == "cancelled" && shown["error_message"]?.string == "wrong source")
    #expect(shown["requested_by"]?.string == "ann" && shown["created_at"]?.string == requested)
    guard case .array(let history)? = shown["history"] else { throw Unexpected(what: "no history") }
    #expect(history.map { $0["actor"]?.string } == ["bob"] && history[0]["reason"]?.string == "wrong source")
    #expect(try await syncline(["jobs", "cancel", id, "--yes"]).code == .conflict)
    let again = try await syncline(["jobs", "retry", id, "--yes"])
    let source = try again.json["parameters"]?["source"]?.string
    #expect(again.code == .ok && source == "pems", "\(again.messages)")
  }

  @Test("A request that nobody noted in full can not be cancelled, and says so")
  func unknownEvent() async throws {
    try await sql(
      "INSERT INTO job_request (job_id, organization_id, kind, event_id) VALUES ('\(jobA)', 'RIO', 'read_sync', 'e')")
    let ran = try await syncline("jobs", "cancel", jobA, "--yes")
    #expect(ran.code == .conflict && ran.messages.contains("no worker has begun it"))
  }

  @Test("A request that became a dead letter is waited for no longer", arguments: ["watch", "why"])
  func refused(verb: String) async throws {
    try await sql(
      "INSERT INTO job_request (job_id, organization_id, kind, event_id) VALUES ('\(jobA)', 'RIO', 'read_sync', 'e')",
      """
      INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, headers, code, cause)
      VALUES ('RIO', 't', 0, 1, '[["ce_id", "e"]]', 'INVALID_PAYLOAD', 'x')
      """)
    let ran = try await syncline("jobs", verb, jobA)
    #expect((ran.data + ran.messages).contains("INVALID_PAYLOAD"))
    #expect((ran.data + ran.messages).contains("syncline dead-letters show"))
    #expect(ran.code == (verb == "watch" ? .failure : .ok))
  }

  @Test("An interrupted --wait names the job, and how to look at it again")
  func interrupted() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let database = try SyncDatabase.current
    let recorder = Recorder()
    let (stops, send) = AsyncStream.makeStream(of: StopSignal.self)
    let environment = environment(kafka).merging(["DATABASE_URL": database.url]) { $1 }
    async let ran = Commands.program.run(
      ["sync", "run", "RIO", "--source", "pems", "--wait"], output: recorder.output(), environment: environment,
      stops: { stops })
    try await until("it waits") { recorder.messages.contains("no worker lives") }
    send.yield(StopSignal(number: 2, ordinal: 1))
    #expect(await ran == .interrupted)
    let id = try #require(try await value("SELECT job_id FROM job_request"))
    #expect(
      recorder.messages.contains("INTERRUPTED: stopped waiting; job \(id) goes on; do: see 'syncline jobs watch \(id)'")
    )
  }

  @Test(
    "A request that no broker takes is exit code 3, and nothing was asked for",
    arguments: [
      ["sync", "run", "RIO", "--source", "pems"],
      [
        "schema", "apply", "plan", "--organization", "RIO", "--change",
        #"{"type":"create_project","name":"Plan"}"#,
      ],
    ])
  func unreachable(line: [String]) async throws {
    let ran = try await syncline(
      line, environment: ["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SYNCLINE_JOBS_DIR": "/nonexistent"])
    #expect(ran.code == .unreachable && ran.data.isEmpty, "\(ran.messages)")
    #expect(ran.messages.contains("KAFKA_UNREACHABLE") && ran.messages.contains("KAFKA_BOOTSTRAP_SERVERS"))
    #expect(ran.messages.split(separator: "\n").count == 1, "\(ran.messages)")
    #expect(try await value("SELECT count(*) FROM job_request") == "0")
  }

  @Test("The verdict knows the outbox, a pause, another group and what was long ago")
  func verdicts() {
    func verdict(_ crew: Crew = Crew(members: []), _ change: (inout JobRequest) -> Void) -> RequestVerdict {
      var request = JobRequest(id: jobA, organization: "RIO", kind: "read_sync")
      change(&request)
      return RequestVerdict(request, crew, group: "g")
    }
    func worker(_ group: String, _ kinds: [String]) -> Crew {
      Crew(members: [Crew.Member(name: "w", group: group, kinds: kinds, silentFor: 1, isAlive: true)])
    }
    #expect(
      verdict { $0.isInOutbox = true }.why
        == "waits in the outbox for a worker or a scheduler to publish it; no worker lives: start 'syncline worker'")
    #expect(verdict { $0.outboxError = "too large" }.why.contains("can not be published"))
    #expect(verdict { $0.isHeld = true }.why == "waits because read_sync of RIO is paused: 'syncline queue list'")
    #expect(verdict(worker("other", ["read_sync"])) { _ in }.why.contains("no worker of group g lives"))
    #expect(verdict(worker("g", ["kpi_rebuild"])) { _ in }.why.contains("--only read_sync"))
    #expect(verdict(worker("g", ["read_sync"])) { _ in }.why == "no worker has taken the request yet")
    let over = verdict {
      ($0.topic, $0.partition, $0.offset, $0.appliedOffset) = ("t", 1, 5, 6)
    }
    #expect(over.why.contains("was taken by a worker") && over.evidence.contains("at t[1] offset 5, applied up to 6"))
  }

  @Test("A request whose message is gone with an embedded Kafka says so, and how to ask again")
  func lost() async throws {
    let kafka = try EmbeddedKafka()
    let environment = environment(kafka)
    let asked = try await syncline(["sync", "run", "RIO", "--source", "pems"], environment: environment)
    let id = try #require(try asked.json["id"]?.string)
    let there = try await syncline(["jobs", "why", id], environment: environment).json["why"]?.string
    #expect(there?.hasPrefix("no worker has taken the request yet") == true)
    kafka.stop()

    let anew = try EmbeddedKafka()
    defer { anew.stop() }
    let gone = "its message is gone with its topic, because Kafka began anew, so no worker will take it: ask again, "
    let again = "'syncline jobs cancel \(id)', then 'syncline jobs retry \(id)'"
    for makesTopic in [false, true] {
      if makesTopic { try anew.createTopic("pems.read-sync.v1", partitions: 4) }
      let why = try await syncline(["jobs", "why", id], environment: self.environment(anew)).json["why"]?.string
      #expect(why == gone + again)
    }
    #expect(try await syncline("jobs", "cancel", id, "--yes").code == .ok)
    #expect(try await syncline("jobs", "retry", id, "--yes").code == .ok)
    #expect(RequestLoss.judge(5, (low: 0, high: 5)) == .anew && RequestLoss.judge(5, (low: 0, high: 6)) == nil)
    #expect(RequestLoss.judge(5, (low: 6, high: 9)) == .expired)
  }

  @Test("A later request at the same place says that the message before it was lost, whatever is applied by then")
  func overtaken() async throws {
    try await sql(
      """
      INSERT INTO job_request (job_id, organization_id, kind, event_id, topic, partition, kafka_offset, requested_at) VALUES
        ('\(jobA)', 'RIO', 'read_sync', 'a', 't', 0, 3, now() - interval '1 hour'),
        ('\(jobB)', 'RIO', 'read_sync', 'b', 't', 0, 2, now() - interval '1 minute')
      """,
      "INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) VALUES ('syncline', 't', 0, 9)")
    let lost = try await syncline("jobs", "why", jobA).json["why"]?.string
    #expect(lost?.hasPrefix("its message is gone with its topic") == true && lost?.hasSuffix(": ask again") == true)
    let taken = try await syncline("jobs", "why", jobB).json["why"]?.string
    #expect(taken?.hasPrefix("was taken by a worker") == true)
  }

  @Test("A job that waits for a worker, or to be taken over, says when no worker lives")
  func standstill() {
    var job = JobCircumstances(id: jobA, organization: "RIO", kind: "read_sync", state: .running)
    (job.isSilent, job.leaseOwner, job.silentFor) = (true, "w1", 60)
    job.crew = Crew(
      members: [Crew.Member(name: "w1", group: "g", kinds: ["read_sync"], silentFor: 70, isAlive: false)])
    #expect(JobVerdict(job).why == "worker w1 went silent; no worker lives: start 'syncline worker'")
    #expect(JobVerdict(job).evidence.hasSuffix(", w1 fell silent 1 min 10 s ago"))
    job.state = .queued
    #expect(JobVerdict(job).why == "waits for a worker; no worker lives: start 'syncline worker'")
    job.state = .retrying
    job.runAt = "2026-01-31 09:30:00+00"
    #expect(JobVerdict(job).why.hasSuffix("; no worker lives: start 'syncline worker'"))
    job.crew = Crew(members: [Crew.Member(name: "w2", group: "g", kinds: ["read_sync"], silentFor: 1, isAlive: true)])
    job.state = .running
    #expect(JobVerdict(job).why == "worker w1 went silent; another takes it over")
  }
}
