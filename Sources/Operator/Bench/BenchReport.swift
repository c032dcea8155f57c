import Runtime

/// What a benchmark found, where, and under which conditions: a ratio without them means nothing.
package struct BenchReport: Sendable {
  package let name: String
  /// In the order they are shown.
  package var conditions: [(name: String, value: Cell)]
  package var results: [BenchResult] = []

  package init(_ name: String, _ conditions: [(name: String, value: Cell)]) {
    self.name = name
    self.conditions = conditions
  }

  /// The results as a table, the conditions as messages beside it; in JSON one object with both.
  package func write(_ output: Output) throws {
    let table = Table(BenchResult.columns, rows: results.map(\.cells))
    if output.format == .json || output.format == .ndjson {
      let columns = [Column("benchmark")] + conditions.map { Column($0.name) } + [Column("results", .json)]
      try output.show(columns, [.text(name)] + conditions.map(\.value) + [table.json])
      return
    }
    for condition in conditions { output.message("\(condition.name): \(condition.value.shown)") }
    try output.write(table)
  }
}
