/// `syncline bench append`: when the lock of a stream is worth its price.
enum BenchAppendCommand {
  static let command = Command(
    path: ["bench", "append"], summary: "Measure the journal's lock strategies beside each other",
    discussion: """
      Starts a PostgreSQL server of its own and appends from several sessions at once, by turns with the advisory \
      lock first and with the lock delayed until somebody was faster: to private streams, to shared ones, and all \
      to one. An append that conflicts is made again, and counted. At the end each stream must hold every append, \
      without a gap. Nothing of it touches your database.

      Absolute numbers belong to this machine; only ratios and conflict rates travel.
      """,
    options: [
      .integer("appends", "N", "appends of each session", in: 1...100_000, default: 100),
      .integer("events", "N", "events of each append", in: 1...1_000, default: 10),
      .integer("sessions", "N", "sessions at once", in: 1...64, default: 5),
      .integer("rounds", "N", "times that everything runs, by turns", in: 1...100, default: 3),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [
      Example("syncline bench append", "100 appends of 10 events from 5 sessions"),
      Example("syncline bench append --appends 1000 --events 1 --sessions 8", "small ones, more of them"),
    ]
  ) { invocation in
    var bench = AppendBench(
      appends: Int(invocation.integer("appends") ?? 100), events: Int(invocation.integer("events") ?? 10),
      sessions: Int(invocation.integer("sessions") ?? 5))
    bench.rounds = Int(invocation.integer("rounds") ?? 3)
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
