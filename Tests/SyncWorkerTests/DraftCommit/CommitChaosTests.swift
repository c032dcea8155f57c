import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// `kill -9` of workers in the middle of commits.
@Suite("Commit chaos", .serialized) struct CommitChaosTests {
  @Test("S1-36 kill -9 in the middle of commits leaves what one clean run leaves: whole sessions, exact totals")
  func kills() async throws {
    var random = SplitMix64(seed: printedSeed())
    try await WorkerWorld.with(.of { $0.records = 200 }) { world in
      try await world.permit("ann")
      let reader = try world.startWorker()
      _ = try await world.sync()
      await reader.stop()
      let ids = try await world.lines(
        "SELECT pfa_id FROM pfa_mirror WHERE NOT is_discontinued ORDER BY pfa_id LIMIT 120")
      // Sessions of four records each; every third one holds a value that no record can have.
      let sessions = 30
      for index in 0..<sessions {
        for place in 0..<4 {
          let isBad = index % 3 == 2 && place == 3
          try await world.draft(
            ids[index * 4 + place], isBad ? #"{"monthlyRate":-1}"# : #"{"dor":"D\#(index)"}"#, user: "ann",
            session: "s\(index)")
        }
      }
      for index in 0..<sessions { try await world.requestCommit("s\(index)", user: "ann", partition: Int32(index % 4)) }
      for _ in 0..<2 {
        let worker = try world.spawnWorker()
        // Some have been decided by then, some not.
        let goal = random.below(sessions)
        let deadline = Deadline(after: .milliseconds(4_000 + random.below(2_000)))
        while !deadline.hasPassed, try await world.count("sync_job WHERE kind = 'draft_commit'") <= goal {
          try await Task.sleep(for: .milliseconds(1))  // the poll of a fact
        }
        await worker.kill()
      }
      try world.startWorker { $0.kinds = [.draftCommit] }
      try await world.waitUntilCommitted(upTo: Int64(sessions))
      let good = sessions - sessions / 3
      #expect(
        try await world.lines(
          "SELECT state, count(*) FROM sync_job WHERE kind = 'draft_commit' GROUP BY state ORDER BY state")
          == ["failed|\(sessions / 3)", "succeeded|\(good)"])
      #expect(
        try await world.lines(
          // The killed workers have pushed some of them already.
          "SELECT sync_state = 'draft', count(*) FROM pfa_modification GROUP BY 1 ORDER BY 1")
          == ["f|\(good * 4)", "t|\(sessions / 3 * 4)"])
      #expect(try await world.count("pfa_mirror WHERE version = 2") == good * 4)
      #expect(try await world.kpiDifferences() == [])
    }
  }
}
