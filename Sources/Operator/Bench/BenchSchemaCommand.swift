/// `syncline bench schema`: whether others go on while a schema changes.
enum BenchSchemaCommand {
  static let command = Command(
    path: ["bench", "schema"], summary: "Measure readers and writers while a large table's schema changes",
    discussion: """
      Fills a table on a PostgreSQL server of its own and changes a column's type, once at once and once in safe \
      steps, while clients read and write a table beside it and one of them the same table. Shows their \
      latencies against those before the change. Nothing of it touches your database.

      Absolute numbers belong to this machine; only ratios travel.
      """,
    options: [
      .integer("rows", "N", "rows of the table that is changed", in: 1_000...50_000_000, default: 1_000_000),
      .integer("clients", "N", "clients, one of them on the same table", in: 2...64, default: 4),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [Example("syncline bench schema --rows 5000000 -o json", "the numbers of a larger table")]
  ) { invocation in
    var bench = SchemaBench(rows: Int(invocation.integer("rows") ?? 1_000_000))
    bench.clients = Int(invocation.integer("clients") ?? 4)
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
