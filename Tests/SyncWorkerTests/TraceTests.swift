import Kafka
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// What a running worker tells: traces, and the metrics of contract section 8.
@Suite("Telling")
struct TraceTests {
  private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  @Test(
    "contract 8: a request's traceparent goes with its job to the upstream and to its pages; a foreign text does not")
  func trace() async throws {
    let parent = Self.parent
    try await WorkerWorld.with(.of { $0.records = 10 }) { world in
      try world.startWorker()
      for (index, trace) in [parent, "00-\r\nEvil: header", nil].enumerated() {
        let request = ReadSyncRequest(organization: "RIO", mode: .manual, source: "sim")
        let event = CloudEvent(
          id: "r\(index)", source: "test", type: ReadSyncMessage.requestedType, organization: "RIO",
          traceparent: trace, data: request.encoded())
        try await world.produce(event, key: "RIO")
        #expect(try await world.waitForJob(UUIDText.event(source: "test", id: "r\(index)")).state == "succeeded")
      }
      #expect(world.pems.traces == [parent])
      let reader = try TopicReader(world.topics.readSync, settings: world.kafka.settings)
      try await until("pages are read") {
        reader.all.filter { $0.header("ce_type") == ReadSyncMessage.pageType }.count == 3
      }
      let pages = reader.all.filter { $0.header("ce_type") == ReadSyncMessage.pageType }
      #expect(pages.compactMap { $0.header("traceparent") } == [parent])
      await reader.close()
    }
  }

  @Test(
    "contract 8: a commit's traceparent goes to its job, its push and PEMS, a schema change's to its job; a foreign text does not"
  )
  func traceOfEdits() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      try world.startWorker()
      try await world.sync(.full)
      try await world.permit("ann")
      var jobs: [String] = []
      for (index, trace) in [Self.parent, "00-\r\nEvil: header"].enumerated() {
        try await world.draft(WorkerWorld.id(index), #"{"dor": "SITE"}"#, user: "ann", session: "s\(index)")
        jobs.append(UUIDText.random())
        var event = world.commitEvent("s\(index)", user: "ann", commitId: jobs[index])
        event.traceparent = trace
        try await world.produce(event, key: "RIO/s\(index)", topic: world.topics.draftCommit)
        #expect(try await world.waitForJob(jobs[index]).state == "succeeded")
      }
      try await until("both are pushed") {
        try await world.lines("SELECT count(*) FROM pfa_modification WHERE sync_state = 'synced'") == ["2"]
      }
      #expect(world.pems.traces == [Self.parent])
      let requests = try await events(world, world.topics.writeBack, count: 2)
      #expect(requests.compactMap { $0.header("traceparent") } == [Self.parent])
      let change = SchemaChangeRequest(
        organization: "RIO", project: "nobody's", change: #"{"type":"drop_table","table":"t"}"#, currentVersion: 1,
        user: "ann")
      let event = CloudEvent(
        id: "schema", source: "test", type: SchemaChangeRequest.type, organization: "RIO", traceparent: Self.parent,
        data: change.encoded())
      try await world.produce(event, key: "nobody's", topic: world.topics.schemaChange)
      jobs.append(UUIDText.event(source: "test", id: "schema"))
      #expect(try await world.waitForJob(jobs[2]).state == "failed")
      try await until("their events are published") { try await world.count("outbox") == 0 }
      let reader = try TopicReader(world.topics.jobEvents, settings: world.kafka.settings)
      try await until("the events of both jobs are read") {
        let traced = reader.all.filter { $0.header("traceparent") == Self.parent }
        return Set(traced.compactMap { $0.header("ce_jobid") }).isSuperset(of: [jobs[0], jobs[2]])
      }
      let others = reader.all.filter { ![jobs[0], jobs[2]].contains($0.header("ce_jobid")) }
      #expect(others.allSatisfy { $0.header("traceparent") == nil })
      await reader.close()
    }
  }

  /// What a topic holds, at least so many messages.
  private func events(_ world: WorkerWorld, _ topic: String, count: Int) async throws -> [KafkaMessage] {
    let reader = try TopicReader(topic, settings: world.kafka.settings)
    try await until("\(topic) is read") { reader.all.count >= count }
    let all = reader.all
    await reader.close()
    return all
  }

  @Test("contract 8: a worker at work shows each promised metric with its labels")
  func metrics() async throws {
    try await WorkerWorld.with(.of { $0.records = 10 }) { world in
      let worker = try world.startWorker()
      try await world.sync(.full)
      try await world.permit("ann")
      try await world.draft(Events.record(0).pfaId, #"{"monthlyRate": 1}"#, user: "ann", session: "s")
      try await world.commit("s", user: "ann")
      let rebuild = CloudEvent(
        id: "rebuild", source: "test", type: DecodedMessage.rebuildType, organization: "RIO",
        data: Array(#"{"organization":"RIO"}"#.utf8))
      // Again: no job of its own.
      for _ in 0..<2 { try await world.produce(rebuild, key: "RIO", topic: world.topics.kpiRefresh) }
      try await world.apply([world.message(Array("{".utf8), headers: Events.headers())])
      let promised = [
        #"records_total{kind="read_sync",outcome="inserted"} 10"#,
        #"records_total{kind="draft_commit",outcome="updated"} 1"#,
        #"batches_total{kind="read_sync",result="applied"} "#, "batch_duration_seconds_count ",
        "commit_to_visible_seconds_count 1", #"consumer_lag{topic="\#(world.topics.readSync)",partition="0"} 0"#,
        #"jobs{kind="read_sync",state="succeeded"} 1"#, #"job_duration_seconds_count{kind="read_sync"} 1"#,
        #"job_duration_seconds_count{kind="draft_commit"} 1"#, #"job_duration_seconds_count{kind="kpi_rebuild"} 1"#,
        #"dead_letters{code="INVALID_JSON"} 1"#, "fenced_total ", "rebalances_total ", "lock_wait_seconds_count 1",
        #"last_sync_success_timestamp_seconds{organization="RIO"} "#, "pool_in_use ", "pool_waiters ",
        #"build_info{version=""#,
      ]
      try await until("all are shown") {
        let page = worker.worker.metrics.render()
        return promised.allSatisfy { page.contains("\nsyncline_\($0)") }
      }
      let page = worker.worker.metrics.render()
      for name in ["oldest_job_age_seconds", "retries_total", "conflicts", "kpi_verify_differences"] {
        #expect(page.contains("# TYPE syncline_\(name) "))
      }
    }
  }
}
