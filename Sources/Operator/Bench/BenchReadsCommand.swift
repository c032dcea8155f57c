/// `syncline bench reads`: what people and applications read most, at a size of one's choice.
enum BenchReadsCommand {
  static let command = Command(
    path: ["bench", "reads"], summary: "Measure the common reads, sizes and a rebuild at a million records and more",
    discussion: """
      Fills a PostgreSQL server of its own with generated records, four of ten in one organization, and reads them \
      by turns as an application does, with its role and row security: a filter, the live merge with drafts, totals \
      and bounds beside a live aggregate of them, pending pushes, JSON containment. Shows the median and the 95th \
      percentile, sizes in bytes, the time of a rebuild, and what unknown fields cost. Nothing of it touches your \
      database.

      Needs about 2 kB of disk for each record.
      """,
    options: [
      .integer("records", "N", "records in the table", in: 1_000...20_000_000, default: 1_000_000),
      .integer("runs", "N", "times that each is read", in: 3...10_000, default: 40),
      .flag("no-fsync", "take the disk out of the filling"),
    ],
    examples: [
      Example("syncline bench reads -o json", "the numbers of the README"),
      Example("syncline bench reads --records 5000000", "at five times the size"),
    ]
  ) { invocation in
    var bench = ReadBench(records: Int(invocation.integer("records") ?? 1_000_000))
    bench.runs = Int(invocation.integer("runs") ?? 40)
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
