import Runtime
import Testing

@testable import Operator

/// Alerts and dashboard stand on the metrics that the program exposes.
@Suite struct MetricsTests {
  @Test(
    "S1-51 Each alert asks for metrics and labels that the program exposes", arguments: AlertCatalog.all)
  func expressions(_ rule: AlertRule) {
    let query = Query(rule.expression)
    #expect(query.objections == [], "\(rule.name)")
    #expect(!query.metrics.isEmpty)
    #expect(rule.name.hasPrefix("Syncline"))
    #expect(rule.duration.last.map { "smhd".contains($0) } == true && Int(rule.duration.dropLast()) != nil)
  }

  @Test("What the check of a query objects to")
  func objections() {
    #expect(Query("max by (kind) (syncline_jobs{state=\"queued\"}) > 0").objections == [])
    #expect(Query("sum(rate(syncline_batch_duration_seconds_bucket[5m])) by (le)").objections == [])
    #expect(Query("syncline_job > 0").objections == ["syncline_job"])
    #expect(Query("syncline_jobs{status=\"queued\"}").objections == ["status"])
    #expect(Query("max by (topic) (syncline_jobs)").objections == ["topic"])
    #expect(Query("max(syncline_jobs").objections == ["parentheses"])
    #expect(Query("syncline_jobs_bucket").objections == ["syncline_jobs_bucket"])
  }

  @Test("S1-51 Each runbook names commands of this program, and no alert has another's name")
  func runbooks() throws {
    #expect(Set(AlertCatalog.all.map(\.name)).count == AlertCatalog.all.count)
    for rule in AlertCatalog.all {
      let commands = rule.runbook.split(separator: "'syncline ", omittingEmptySubsequences: false).dropFirst()
      #expect(!commands.isEmpty, "\(rule.name)")
      for text in commands {
        let words = text.prefix { $0 != "'" }.split(separator: " ").map(String.init)
        guard case .run? = try? ArgumentParser.parse(words, Commands.table) else {
          Issue.record("\(rule.name): 'syncline \(words.joined(separator: " "))' is no command")
          continue
        }
      }
    }
  }

  @Test("S2-38 The dashboard shows every metric once, with queries that its labels allow, in Grafana's format")
  func dashboard() async throws {
    let ran = await program(["metrics", "dashboard"])
    #expect(ran.code == .ok)
    #expect(try ran.json["uid"]?.string == "syncline")
    guard case .array(let panels)? = try ran.json["panels"] else { return }
    let shown = panels.filter { $0["type"]?.string != "row" }.compactMap { $0["title"]?.string }
    #expect(shown.sorted() == MetricCatalog.all.map(\.name).sorted())
    for metric in MetricCatalog.all {
      for target in Dashboard.targets(metric) {
        let query = Query(target.expr.replacing("$__rate_interval", with: "5m"))
        #expect(query.objections == [] && query.metrics == [metric.name], "\(target.expr)")
      }
    }
    #expect(Dashboard.targets(MetricCatalog.lastSyncSuccess)[0].expr.hasPrefix("time() - max by (organization)"))
    #expect(Dashboard.unit(MetricCatalog.batchDuration) == "s" && Dashboard.unit(MetricCatalog.jobs) == "short")
  }

  @Test("metrics list and alerts are tables for people and programs")
  func tables() async throws {
    let metrics = try await program(["metrics", "list", "-o", "json"]).objects
    #expect(metrics.count == MetricCatalog.all.count)
    #expect(metrics[0].keys == ["name", "type", "labels", "help"])
    let alerts = try await program(["metrics", "alerts", "--list", "-o", "json"]).objects
    #expect(alerts.count == AlertCatalog.all.count)
    let file = await program(["metrics", "alerts"]).data
    #expect(file.split(separator: "\n").count { $0.hasPrefix("      - alert: ") } == AlertCatalog.all.count)
  }
}

extension AlertRule: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// What a PromQL expression asks for, as far as it can be told without being Prometheus.
private struct Query {
  private(set) var metrics: Set<String> = []
  private(set) var objections: [String] = []

  init(_ text: String) {
    var labels: Set<String> = ["le", "instance"]
    let words = Query.words(text)
    if words.count(where: { $0 == "(" }) != words.count(where: { $0 == ")" }) { objections.append("parentheses") }
    for word in words where word.hasPrefix("syncline_") {
      guard let metric = Query.metric(word) else {
        objections.append(word)
        continue
      }
      metrics.insert(metric.name)
      labels.formUnion(metric.labels ?? [])
    }
    // Names before a comparison inside braces, and names in the list behind `by`.
    for (index, word) in words.enumerated() where ["=", "=~", "!=", "!~"].contains(word) && index > 0 {
      if !labels.contains(words[index - 1]) { objections.append(words[index - 1]) }
    }
    for (index, word) in words.enumerated() where word == "by" {
      for name in words[(index + 2)...].prefix(while: { $0 != ")" }) where name != "," && !labels.contains(name) {
        objections.append(name)
      }
    }
  }

  private static func metric(_ word: String) -> Metrics.Definition? {
    if let plain = MetricCatalog.all.first(where: { $0.name == word && $0.kind != .histogram }) { return plain }
    return MetricCatalog.all.first { metric in
      metric.kind == .histogram && ["_bucket", "_sum", "_count"].contains { metric.name + $0 == word }
    }
  }

  /// Names, operators of matching, and single characters; texts in quotes are left out.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var isText = false
    for character in text {
      if character == "\"" { isText.toggle() }
      guard !isText, character != "\"", character != " " else {
        words.append("")
        continue
      }
      let isName = character.isLetter || character.isNumber || character == "_"
      if isName, let last = words.last?.last, last.isLetter || last.isNumber || last == "_" {
        words[words.count - 1].append(character)
      } else if character == "~" || character == "=", let last = words.last, last == "=" || last == "!" {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
    }
    return words.filter { !$0.isEmpty }
  }
}
