/// `syncline bench read-sync`: how fast a read sync is beside what one session of Postgres can do at best.
enum BenchReadSyncCommand {
  static let command = Command(
    path: ["bench", "read-sync"], summary: "Measure a read sync against COPY and MERGE of the same rows",
    discussion: """
      Starts a PostgreSQL server (durable: fsync on), an embedded Kafka and a real worker, and reads generated \
      records through all of it into the fully indexed table: all new, all changed, one of a hundred changed. \
      Beside it, by turns and in fresh databases of the same server, one session writes the same rows with \
      nothing but COPY and MERGE. Prints medians, their ratio and the target. Nothing of it touches your \
      database.

      Absolute numbers belong to this machine; only ratios travel. Needs about 4 kB of disk and 1 kB of memory \
      for each record.
      """,
    options: [
      .integer("records", "N", "records of a read", in: 1...10_000_000, default: 100_000),
      .integer("rounds", "N", "turns; default: 3, above 300,000 records 1", in: 1...100),
      .integer("lanes", "N", "partitions, each applied by a lane of its own", in: 1...32, default: 4),
      .integer("events", "N", "single events to send after the reads", in: 0...1_000_000, default: 20_000),
      .choice("index-set", BenchDatabase.IndexSet.allCases.map(\.rawValue), "indexes of the table", default: "default"),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [
      Example("syncline bench read-sync --records 1000000 -o json", "the numbers of the README"),
      Example("syncline bench read-sync --index-set keys", "what the indexes cost"),
    ]
  ) { invocation in
    let records = Int(invocation.integer("records") ?? 100_000)
    var bench = ReadSyncBench(
      records: records, rounds: invocation.integer("rounds").map { Int($0) } ?? (records > 300_000 ? 1 : 3))
    bench.lanes = Int(invocation.integer("lanes") ?? 4)
    bench.events = Int(invocation.integer("events") ?? 0)
    bench.fsync = !invocation.flag("no-fsync")
    bench.indexSet = BenchDatabase.IndexSet(rawValue: try invocation.required("index-set")) ?? .standard
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
