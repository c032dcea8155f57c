import Runtime

/// One alert: when it fires, how urgent it is, and what whoever is called does first.
struct AlertRule: Sendable, Equatable {
  /// `critical` wakes somebody up; `warning` is for the next working hour.
  enum Severity: String, Sendable { case critical, warning }

  /// In capitals and small letters, beginning with `Syncline`.
  let name: String
  let severity: Severity
  /// PromQL, made of names of the catalog. Gauges of the database are the same from every worker, so rules take their
  /// maximum; what a process counts for itself is summed.
  let expression: String
  /// How long it must hold before the alert fires; a Prometheus duration.
  let duration: String
  /// One line; `{{ $value }}` and `{{ $labels.… }}` are filled in by Prometheus.
  let summary: String
  /// What to do, with commands of this program, as in README's "What to do when".
  let runbook: String
  /// What runs only where schedulers do; the chart leaves these out where it starts none.
  let part: Part

  /// The part of an installation that an alert speaks of.
  enum Part: String, Sendable { case worker, scheduler, database }

  init(
    _ name: String, _ severity: Severity, _ part: Part = .worker, when expression: String, for duration: String,
    _ summary: String, do runbook: String
  ) {
    self.name = name
    self.severity = severity
    self.part = part
    self.expression = expression
    self.duration = duration
    self.summary = summary
    self.runbook = runbook
  }
}

extension AlertRule {
  /// The rule file of Prometheus, which is also the `spec` of a PrometheusRule. Texts are written as JSON strings,
  /// which YAML reads as they are.
  static func file(_ rules: [AlertRule]) -> String {
    var lines = [
      "# Made by `syncline metrics alerts`; `make chart` writes it anew.", "groups:", "  - name: syncline",
      "    rules:",
    ]
    for rule in rules {
      lines += [
        "      - alert: \(rule.name)",
        "        expr: \(printableJSONString(rule.expression))",
        "        for: \(rule.duration)",
        "        labels:",
        "          severity: \(rule.severity.rawValue)",
        "          part: \(rule.part.rawValue)",
        "        annotations:",
        "          summary: \(printableJSONString(rule.summary))",
        "          runbook: \(printableJSONString(rule.runbook))",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
