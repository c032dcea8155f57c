/// `syncline bench fairness`: what tenants and workers notice of each other.
enum BenchFairnessCommand {
  static let command = Command(
    path: ["bench", "fairness"], summary: "Measure a tenant beside another's bulk load, takeovers and pauses",
    discussion: """
      Starts a PostgreSQL server, an embedded Kafka and two real workers. A tenant with ten records syncs and \
      commits, alone and while another one loads many; then its queue is paused; then the worker that drives the \
      load is killed, and another one is stopped, until their jobs and partitions are taken over. Nothing of it \
      touches your database.
      """,
    options: [
      .integer("records", "N", "records of the bulk load", in: 1_000...10_000_000, default: 200_000),
      .integer("samples", "N", "small syncs, alone and beside the load", in: 3...10_000, default: 30),
      .integer("commits", "N", "commits, alone and beside the load", in: 3...100_000, default: 300),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [Example("syncline bench fairness -o json", "the numbers of the README")]
  ) { invocation in
    var bench = FairnessBench(records: Int(invocation.integer("records") ?? 200_000))
    bench.samples = Int(invocation.integer("samples") ?? 30)
    bench.commits = Int(invocation.integer("commits") ?? 300)
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
