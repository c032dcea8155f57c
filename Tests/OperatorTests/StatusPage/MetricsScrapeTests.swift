import Runtime
import SyncWorker
import TestKit
import Testing

@testable import Operator

/// `/metrics` of a worker in a process of its own, as Prometheus reads it.
@Suite struct MetricsScrapeTests {
  @Test(
    "S2-25 The port serves every promised metric with a sample; processed, batch size and lag as time move")
  func scrape() async throws {
    let options = WorkerWorld.Options.of { $0.records = 12 }
    try await WorkerWorld.with(options) { world in
      let worker = try world.spawnWorker()
      let fresh = try await worker.metrics()
      for sample in [
        "syncline_kpi_verify_differences 0", "syncline_kpi_verify_last_success_timestamp_seconds 0",
        "syncline_records_total{kind=\"read_sync\",outcome=\"inserted\"} 0",
        "syncline_batches_total{kind=\"draft_commit\",result=\"applied\"} 0", "syncline_fenced_total 0",
      ] { #expect(fresh.contains("\n\(sample)\n"), "\(sample)") }

      _ = try await world.producer.send(topic: world.topics.readSync, key: nil, value: Array("no JSON".utf8))
      let job = try await world.sync(.full)
      #expect(job.state == "succeeded")
      // What is repeated has no sample before something is; only a scheduler leads and fires.
      let silent = ["syncline_retries_total", "syncline_pushes_failed", "syncline_upstream_open"]
      let names = MetricCatalog.all.map(\.name).filter { name in
        !silent.contains(name) && !name.contains("firing") && !name.contains("scheduler")
          && !name.contains("schema_change") && !name.contains("analytics")
      }
      try await TestKit.until("every metric has a sample") {
        let page = try await worker.metrics()
        let sampled = Set(
          page.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "{" && $0 != " " } })
        return names.allSatisfy { sampled.contains($0[...]) || sampled.contains("\($0)_count") }
      }
      let page = try await worker.metrics()
      #expect(page.contains("\nsyncline_records_total{kind=\"read_sync\",outcome=\"inserted\"} 12\n"))
      #expect(page.contains("\nsyncline_jobs{kind=\"read_sync\",state=\"failed\"} 0\n"), "known, and none")
      for histogram in ["batch_messages", "message_age_seconds", "batch_duration_seconds"] {
        let count = page.split(separator: "\n").first { $0.hasPrefix("syncline_\(histogram)_count ") }
        #expect(count != nil && count != "syncline_\(histogram)_count 0")
      }
    }
  }

  @Test("The catalog's known kinds and states are those of the program")
  func known() {
    #expect(Set(MetricCatalog.kinds) == Set(WorkKind.allCases.map(\.rawValue)))
    #expect(Set(MetricCatalog.kinds) == Set(JobsListCommand.kinds))
  }
}
