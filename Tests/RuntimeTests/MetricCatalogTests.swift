import Testing

@testable import Runtime

struct MetricCatalogTests {
  /// contract.md section 8, with its labels.
  private static let promised: [String: [String]] = [
    "records_total": ["kind", "outcome"], "batches_total": ["kind", "result"], "batch_duration_seconds": [],
    "commit_to_visible_seconds": [], "consumer_lag": ["topic", "partition"], "jobs": ["kind", "state"],
    "job_duration_seconds": ["kind"], "oldest_job_age_seconds": ["state"], "retries_total": ["code"],
    "dead_letters": ["code"], "conflicts": ["status"], "fenced_total": [], "rebalances_total": [],
    "lock_wait_seconds": [], "kpi_verify_differences": [], "kpi_verify_last_success_timestamp_seconds": [],
    "last_sync_success_timestamp_seconds": ["organization"], "pool_in_use": [], "pool_waiters": [],
  ]

  @Test("S2-26 Every promised metric is declared with exactly its labels")
  func promised() {
    let declared = Dictionary(uniqueKeysWithValues: MetricCatalog.all.map { ($0.name, $0) })
    #expect(declared.count == MetricCatalog.all.count)
    for (name, labels) in MetricCatalogTests.promised { #expect(declared["syncline_" + name]?.labels == labels) }
    #expect(declared["syncline_build_info"] != nil)
  }

  @Test("Names, units, help and buckets follow Prometheus' rules")
  func rules() {
    for metric in MetricCatalog.all {
      #expect(metric.name.hasPrefix("syncline_"))
      #expect(metric.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F })
      #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"))
      for unit in ["_ms", "_milliseconds", "_minutes", "_kb", "_percent"] { #expect(!metric.name.hasSuffix(unit)) }
      #expect((metric.kind == .histogram) == !metric.buckets.isEmpty)
      if metric.kind == .histogram { #expect(["_seconds", "_messages"].contains(where: metric.name.hasSuffix)) }
      #expect(metric.buckets == metric.buckets.sorted() && Set(metric.buckets).count == metric.buckets.count)
      #expect(metric.help.hasSuffix(".") && metric.help.count > 10)
      let labels = metric.labels ?? ["nil"]
      #expect(Set(labels).count == labels.count)
      #expect(labels.allSatisfy { $0 != "le" && !$0.hasPrefix("__") })
    }
  }

  @Test("A process says from the start what it was built from")
  func buildInfo() {
    let page = Metrics.ofProcess().render()
    #expect(page.contains("syncline_build_info{version=\"\(BuildInfo.version)\",revision=\""))
    #expect(page.contains("\nsyncline_fenced_total 0\n"))
  }

  @Test("A page with every metric is well-formed exposition text")
  func exposition() {
    let metrics = Metrics(MetricCatalog.all)
    for metric in MetricCatalog.all {
      let labels = (metric.labels ?? []).map { ($0, "v\"1\\") }
      switch metric.kind {
      case .counter: metrics.add(metric, 1, labels)
      case .gauge: metrics.set(metric, 1, labels)
      case .histogram: metrics.observe(metric, 0.3, labels)
      }
    }
    let page = metrics.render()
    #expect(page.hasSuffix("\n"))
    var help: Set<Substring> = []
    var types: [Substring: Substring] = [:]
    var series: Set<Substring> = []
    for line in page.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3)
      if line.hasPrefix("# HELP ") {
        #expect(help.insert(words[2]).inserted)
      } else if line.hasPrefix("# TYPE ") {
        #expect(types.updateValue(words[3], forKey: words[2]) == nil)
        #expect(help.contains(words[2]))
      } else {
        let sample = line.wholeMatch(
          of: /([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})? ([^ ]+)/)
        #expect(sample != nil, "\(line)")
        guard let sample else { continue }
        #expect(Double(sample.3) != nil)
        #expect(series.insert(sample.1 + (sample.2 ?? "")).inserted)
        let family = types[sample.1] == nil ? sample.1.replacing(/_(bucket|sum|count)$/, with: "")[...] : sample.1
        #expect(types[family] != nil)
      }
    }
    #expect(types.count == MetricCatalog.all.count)
  }
}
