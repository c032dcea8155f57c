/// `syncline bench all`: every benchmark in one go.
enum BenchAllCommand {
  static let command = Command(
    path: ["bench", "all"], summary: "Run every benchmark and print one table with limits, ratios and targets",
    discussion: """
      Runs all the other benchmarks one after the other, what a user would write instead with psql and pgbench, and \
      the program itself: start time, and a worker without work. In JSON with the machine, the server's settings, \
      indexes and the revision. Takes about half an hour; --quick shows in a few minutes that everything runs, and \
      its numbers mean nothing.
      """,
    options: [
      .integer("records", "N", "records of every benchmark (default: 100,000; --quick 2,000)", in: 1_000...10_000_000),
      .flag("quick", "small sizes and short spells"),
      .text("only", "NAMES", "only these, commas between: \(names.joined(separator: ", "))"),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [
      Example("syncline bench all -o json > bench.json", "the numbers of the README"),
      Example("syncline bench all --records 1000000", "at a million records, for some hours"),
      Example("syncline bench all --quick", "does everything run?"),
    ]
  ) { invocation in
    let isQuick = invocation.flag("quick")
    var bench = AllBench(
      records: invocation.integer("records").map { Int($0) } ?? (isQuick ? 2_000 : 100_000), isQuick: isQuick)
    bench.fsync = !invocation.flag("no-fsync")
    let only = (invocation.option("only") ?? "").split(separator: ",").map(String.init)
    if let unknown = only.first(where: { !names.contains($0) }) {
      throw CommandError(
        .usage, "INVALID_OPTION", "--only '\(unknown)' is no benchmark",
        hint: "choose from \(names.joined(separator: ", "))")
    }
    let output = invocation.output
    let (report, hasFailed) = try await bench.run(only: only) { output.message($0) }
    try report.write(output)
    return hasFailed ? .failure : .ok
  }

  static var names: [String] { AllBench(records: 1_000, isQuick: true).parts.map(\.name) }
}
