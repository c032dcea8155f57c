import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// What a running worker tells: traces, and the metrics of contract section 8.
@Suite("Telling")
struct TraceTests {
  @Test(
    "contract 8: a request's traceparent goes with its job to the upstream and to its pages; a foreign text does not")
  func trace() async throws {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
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

  @Test("contract 8: a worker at work shows each promised metric with its labels")
  func metrics() async throws {
    try await WorkerWorld.with(.of { $0.records = 10 }) { world in
      let worker = try world.startWorker()
      try await world.sync(.full)
      try await world.permit("ann")
      try await world.draft(Events.record(0).pfaId, #"{"monthlyRate": 1}"#, user: "ann", session: "s")
      try await world.commit("s", user: "ann")
      try await world.apply([world.message(Array("{".utf8), headers: Events.headers())])
      let promised = [
        #"records_total{kind="read_sync",outcome="inserted"} 10"#,
        #"records_total{kind="draft_commit",outcome="updated"} 1"#,
        #"batches_total{kind="read_sync",result="applied"} "#, "batch_duration_seconds_count ",
        "commit_to_visible_seconds_count 1", #"consumer_lag{topic="\#(world.topics.readSync)",partition="0"} 0"#,
        #"jobs{kind="read_sync",state="succeeded"} 1"#, #"job_duration_seconds_count{kind="read_sync"} 1"#,
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
