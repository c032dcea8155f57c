/// `syncline bench kpi`: what exact totals cost, and what they save.
enum BenchKPICommand {
  static let command = Command(
    path: ["bench", "kpi"], summary: "Measure exact totals against materialized views and against none",
    discussion: """
      Fills a PostgreSQL server of its own with generated records and measures, by turns: changes with and \
      without totals and lineage, one change against a refresh of the materialized views that the totals \
      replace, changes in ten times the rows, clients on one group, reads against live aggregates, a rebuild. \
      Nothing of it touches your database.

      Absolute numbers belong to this machine; only ratios travel.
      """,
    options: [
      .integer("records", "N", "records in the table", in: 1_000...10_000_000, default: 100_000),
      .integer("clients", "N", "clients on one group", in: 1...64, default: 8),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [Example("syncline bench kpi --records 1000000 -o json", "the numbers of the README")]
  ) { invocation in
    var bench = KPIBench(records: Int(invocation.integer("records") ?? 100_000))
    bench.clients = Int(invocation.integer("clients") ?? 8)
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
