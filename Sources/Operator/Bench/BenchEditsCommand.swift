/// `syncline bench edits`: how long an application waits for a versioned edit.
enum BenchEditsCommand {
  static let command = Command(
    path: ["bench", "edits"], summary: "Measure versioned edits by 1 to 1,000 users over 20 connections",
    discussion: """
      Users edit records of a PostgreSQL server of its own with update_mirror_with_lock, each at the version just \
      read: 1, 5, 10, 20, 100 and 1,000 of them with an edit a second each, then 20 without a pause on 100 records. \
      Times include waiting for a connection. Versions must add up to the edits that were told to be in effect. \
      Nothing of it touches your database.
      """,
    options: [
      .integer("records", "N", "records in the table", in: 1_000...10_000_000, default: 10_000),
      .integer("seconds", "N", "how long each number of users works", in: 1...3_600, default: 5),
      .flag("no-fsync", "take the disk out of the comparison"),
    ],
    examples: [Example("syncline bench edits --seconds 60", "more edits for the percentiles")]
  ) { invocation in
    var bench = EditBench()
    bench.records = Int(invocation.integer("records") ?? 10_000)
    bench.spell = .seconds(invocation.integer("seconds") ?? 5)
    bench.fsync = !invocation.flag("no-fsync")
    let output = invocation.output
    try await bench.run { output.message($0) }.write(output)
    return .ok
  }
}
