import Runtime

/// `syncline metrics list|alerts|dashboard`: what this program can be watched by, from the catalog it exposes.
enum MetricsCommands {
  static let list = Command(
    path: ["metrics", "list"], summary: "Show every metric of /metrics",
    examples: [Example("syncline metrics list", "names, labels and meaning")]
  ) { invocation in
    let columns = [Column("name"), Column("type"), Column("labels"), Column("help")]
    let rows = MetricCatalog.all.map { metric -> [Cell] in
      let labels = metric.labels ?? []
      return [
        .text(metric.name), .text(metric.kind.rawValue), labels.isEmpty ? .null : .text(labels.joined(separator: ", ")),
        .text(metric.help),
      ]
    }
    try invocation.output.write(Table(columns, rows: rows))
    return .ok
  }

  static let alerts = Command(
    path: ["metrics", "alerts"], summary: "Print the alert rules for Prometheus",
    discussion: "A rule file. Each alert has a severity, a summary, and a runbook that names commands of this program.",
    options: [.flag("list", "a table of them instead")],
    examples: [
      Example("syncline metrics alerts > syncline.rules.yaml", "for rule_files of Prometheus"),
      Example("syncline metrics alerts --list", "for people"),
    ]
  ) { invocation in
    guard invocation.flag("list") else {
      try invocation.output.text(AlertRule.file(AlertCatalog.all))
      return .ok
    }
    let columns = ["alert", "severity", "for", "expr", "summary", "runbook"].map { Column($0) }
    let rows = AlertCatalog.all.map { rule in
      [rule.name, rule.severity.rawValue, rule.duration, rule.expression, rule.summary, rule.runbook].map {
        Cell.text($0)
      }
    }
    try invocation.output.write(Table(columns, rows: rows))
    return .ok
  }

  static let dashboard = Command(
    path: ["metrics", "dashboard"], summary: "Print a dashboard for Grafana",
    discussion: "JSON to import: a panel for each metric. The data source is chosen in Grafana.",
    examples: [Example("syncline metrics dashboard > syncline.json", "to import")]
  ) { invocation in
    try invocation.output.text(try Dashboard.json())
    return .ok
  }
}
