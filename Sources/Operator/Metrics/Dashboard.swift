import FoundationEssentials
import Runtime

/// The Grafana dashboard, made of the metric catalog: a panel for each metric, in the order of the sections.
enum Dashboard {
  private typealias M = MetricCatalog

  /// What stands together. A metric that is in none of them stands at the end, so that no new one is forgotten.
  static let sections: [(title: String, metrics: [Metrics.Definition])] = [
    (
      "Is it well?",
      [M.kpiVerifyDifferences, M.kpiVerifyLastSuccess, M.lastSyncSuccess, M.schedulerLeader, M.databaseUp]
    ),
    ("Messages", [M.consumerLag, M.appliedOffset, M.records, M.batches, M.batchDuration, M.deadLetters]),
    ("Jobs", [M.jobs, M.oldestJobAge, M.jobDuration, M.firings, M.firingDelay]),
    (
      "Edits and pushes",
      [M.commitToVisible, M.conflicts, M.lockWait, M.oldestPushAge, M.pushesFailed, M.pushesInFlight, M.upstreamOpen]
    ),
    ("Trend", [M.analyticsLag, M.analyticsProcessed, M.analyticsBatchSize]),
    ("Schema changes", [M.schemaChanges, M.schemaChangeDuration]),
    ("Workers", [M.consumes, M.retries, M.fenced, M.rebalances, M.poolInUse, M.poolWaiters, M.buildInfo]),
    ("Postgres", [M.queryTime, M.tableBytes, M.tableDeadShare, M.indexScans, M.idleTriggers]),
  ]

  /// Gauges that each process sets for itself; all others tell of the database or of Kafka and are the same from every
  /// process.
  private static let ofProcess = Set(
    [M.consumes, M.databaseUp, M.poolInUse, M.poolWaiters, M.pushesInFlight, M.schedulerLeader, M.buildInfo].map(\.name)
  )

  /// One line of a panel: an expression of PromQL and what its series are called.
  struct Target: Codable, Equatable {
    let expr: String
    let legendFormat: String
    let refId: String
  }

  /// Where the definitions of `metrics` are shown: rows, and panels two a line below them. Pretty-printed JSON with
  /// sorted keys, so that the same catalog makes the same bytes.
  static func json(_ metrics: [Metrics.Definition] = MetricCatalog.all) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes = try encoder.encode(File(panels: panels(metrics)))
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  private static func panels(_ metrics: [Metrics.Definition]) -> [Panel] {
    let known = Set(metrics.map(\.name))
    let placed = Set(sections.flatMap(\.metrics).map(\.name))
    let rest = ("More", metrics.filter { !placed.contains($0.name) })
    var panels: [Panel] = []
    var line = 0
    for (title, metrics) in sections + [rest] {
      let shown = metrics.filter { known.contains($0.name) }
      guard !shown.isEmpty else { continue }
      panels.append(Panel(id: panels.count + 1, row: title, line: line))
      line += 1
      for (index, metric) in shown.enumerated() {
        panels.append(Panel(id: panels.count + 1, metric, column: index % 2, line: line + index / 2 * Panel.height))
      }
      line += (shown.count + 1) / 2 * Panel.height
    }
    return panels
  }

  /// What a panel asks: rates of counters, three quantiles of a histogram, ages of points in time, else the value.
  static func targets(_ metric: Metrics.Definition) -> [Target] {
    let labels = metric.labels ?? []
    func by(_ names: [String]) -> String { names.isEmpty ? "" : " by (\(names.joined(separator: ", ")))" }
    let legend = labels.isEmpty ? metric.name : labels.map { "{{\($0)}}" }.joined(separator: " ")
    switch metric.kind {
    case .counter:
      let expr = "sum\(by(labels)) (rate(\(metric.name)[$__rate_interval]))"
      return [Target(expr: expr, legendFormat: legend, refId: "A")]
    case .histogram:
      return [("A", "0.5"), ("B", "0.95"), ("C", "0.99")].map { refId, quantile in
        let buckets = "sum\(by(["le"] + labels)) (rate(\(metric.name)_bucket[$__rate_interval]))"
        let series = labels.isEmpty ? quantile : "\(quantile) \(legend)"
        return Target(expr: "histogram_quantile(\(quantile), \(buckets))", legendFormat: series, refId: refId)
      }
    case .gauge:
      if ofProcess.contains(metric.name) {
        let series = labels.isEmpty ? "{{instance}}" : "{{instance}} \(legend)"
        return [Target(expr: metric.name, legendFormat: series, refId: "A")]
      }
      let newest = "max\(by(labels)) (\(metric.name))"
      let expr = metric.name.hasSuffix("_timestamp_seconds") ? "time() - \(newest)" : newest
      return [Target(expr: expr, legendFormat: legend, refId: "A")]
    }
  }

  /// Grafana's name of the unit that the metric's name ends in.
  static func unit(_ metric: Metrics.Definition) -> String {
    let name = metric.name
    return switch true {
    case metric.kind == .counter: "cps"
    case name.hasSuffix("_seconds"): "s"
    case name.hasSuffix("_bytes"): "bytes"
    case name.hasSuffix("_ratio"): "percentunit"
    default: "short"
    }
  }

  // MARK: Grafana's format, what is needed of it

  private struct File: Encodable {
    let annotations = ["list": [String]()]
    let editable = false
    let panels: [Panel]
    let refresh = "30s"
    let schemaVersion = 39
    let tags = ["syncline"]
    let templating = ["list": [Variable()]]
    let time = ["from": "now-6h", "to": "now"]
    let timezone = "utc"
    let title = "Syncline"
    let uid = "syncline"
    let version = 1
  }

  /// Which Prometheus is asked.
  private struct Variable: Encodable {
    let name = "datasource"
    let type = "datasource"
    let query = "prometheus"
    let label = "Prometheus"
  }

  private struct Source: Encodable {
    let type = "prometheus"
    let uid = "${datasource}"
  }

  private struct Position: Encodable {
    let h, w, x, y: Int
  }

  private struct Panel: Encodable {
    static let height = 8

    let id: Int
    let title: String
    let description: String?
    let type: String
    let gridPos: Position
    let datasource: Source?
    let fieldConfig: Fields?
    let targets: [Target]?

    init(id: Int, row: String, line: Int) {
      self.id = id
      title = row
      type = "row"
      gridPos = Position(h: 1, w: 24, x: 0, y: line)
      (description, datasource, fieldConfig, targets) = (nil, nil, nil, nil)
    }

    init(id: Int, _ metric: Metrics.Definition, column: Int, line: Int) {
      self.id = id
      title = metric.name
      description = metric.help
      type = "timeseries"
      gridPos = Position(h: Panel.height, w: 12, x: column * 12, y: line)
      datasource = Source()
      fieldConfig = Fields(defaults: Defaults(unit: Dashboard.unit(metric)))
      targets = Dashboard.targets(metric)
    }
  }

  private struct Fields: Encodable {
    let defaults: Defaults
    let overrides = [String]()
  }

  private struct Defaults: Encodable {
    let unit: String
    let min = 0
  }
}
