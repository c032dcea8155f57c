/// `syncline bench commit`: how fast users' commits are in effect, beside pgbench.
enum BenchCommitCommand {
  static let command = Command(
    path: ["bench", "commit"], summary: "Measure commits of drafts against pgbench's bare versioned UPDATE",
    discussion: """
      Starts a PostgreSQL server (durable: fsync on), an embedded Kafka and a real worker. First the time from a \
      commit's event to its effect, with 1, 20, 100 and 1,000 users at once, on cold and on hot records; then \
      edits a second through Kafka with everything on (merge, permission, totals, lineage, journal of jobs, \
      requests to push), by turns with pgbench's UPDATE of the same table and nothing else. Nothing of it touches \
      your database.

      Absolute numbers belong to this machine; only ratios travel.
      """,
    options: [
      .integer("records", "N", "records in the table", in: 1_000...10_000_000, default: 100_000),
      .integer("edits", "N", "edits of a throughput run", in: 100...1_000_000, default: 20_000),
      .integer("rounds", "N", "turns", in: 1...100, default: 3),
      .flag("no-latency", "measure throughput alone"),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [Example("syncline bench commit -o json", "the numbers of the README")]
  ) { invocation in
    var bench = CommitBench(records: Int(invocation.integer("records") ?? 100_000))
    bench.edits = Int(invocation.integer("edits") ?? 20_000)
    bench.rounds = Int(invocation.integer("rounds") ?? 3)
    bench.asksLatency = !invocation.flag("no-latency")
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
