import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Many users at once: every edit is in effect or a conflict, none is lost and none counts twice.
@Suite("Concurrent editing") struct ConcurrentEditingTests {
  /// Users edit 100 records in sessions of one edit each, through the topic; returns conflicts.
  private func race(_ world: WorkerWorld, users: Int, edits: Int, seed: UInt64) async throws -> Int {
    var random = SplitMix64(seed: seed)
    let ids = (0..<100).map { "R\($0)" }
    try await world.connection.run { session in
      for id in ids {
        try session.query(
          """
          INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
          VALUES (md5('RIO' || chr(31) || $1)::uuid, 'RIO', $1, $2)
          """,
          [
            .text(id),
            .text(
              #"{"category":"Cranes","source":"Rental","dor":"BEO","monthlyRate":100,"originalStart":"2025-01-01"}"#),
          ])
      }
      try session.query(
        """
        INSERT INTO org_permission (user_id, organization_id, level)
        SELECT 'u' || n, 'RIO', 'write' FROM generate_series(0, $1) n
        """, [.int4(Int32(users))])
      try session.asWorker("RIO") { _ = try KPIStore.rebuild(session, organization: "RIO", slot: 0, cause: "seed") }
    }
    // Each round every user edits a record of his choice at what he sees, then all commit at once.
    var sent: Int64 = 0
    for round in 0..<edits {
      let choices = (0..<users).map { (user: "u\($0)", id: ids[random.below(ids.count)]) }
      let drafts = choices.enumerated().map { index, choice in
        (
          choice.user, choice.id, "\(choice.user)-\(round)",
          FieldValues(["monthlyRate": .init(.number("\(1_000 + round * users + index)"))])
        )
      }
      try await world.connection.run { session in
        for (user, id, name, delta) in drafts {
          _ = try DraftStore.create(
            session, organization: "RIO", pfaId: id, user: user, session: name, delta: delta, baseVersion: nil)
        }
      }
      let events = drafts.map { world.commitEvent($0.2, user: $0.0) }
      _ = try await world.producer.sendAll(
        zip(events, drafts).map { event, draft in
          var message = world.message(event, key: "RIO/\(draft.2)", partition: Int32(random.below(4)))
          message.topic = world.topics.draftCommit
          return message
        })
      sent += Int64(users)
      try await world.waitUntilCommitted(upTo: sent)
    }
    let counts = try await world.lines(
      """
      SELECT (SELECT count(*) FROM pfa_modification WHERE sync_state = 'committed'),
        (SELECT count(*) FROM pfa_modification WHERE sync_state = 'conflict'),
        (SELECT count(*) FROM pfa_mirror m WHERE m.version <> 1 + (SELECT count(*) FROM pfa_modification o
          WHERE o.mirror_id = m.id AND o.sync_state = 'committed')),
        (SELECT count(*) FROM sync_job WHERE kind = 'draft_commit'),
        (SELECT count(*) FROM pfa_sync_conflict)
      """)[0].split(separator: "|").compactMap { Int($0) }
    #expect(counts[0] + counts[1] == users * edits, "every edit is in effect or a conflict")
    #expect(counts[2] == 0, "versions are one and the successes of each record")
    #expect(counts[3] == users * edits && counts[4] == counts[1])
    #expect(try await world.kpiDifferences() == [])
    return counts[1]
  }

  @Test("S0-33, S0-34, S0-35 20 users, 100 edits each on 100 records: successes and conflicts are 2,000; none is lost")
  func twenty() async throws {
    let seed = printedSeed()
    try await WorkerWorld.with { world in
      try world.startWorker { $0.kinds = [.draftCommit] }
      try world.startWorker { $0.kinds = [.draftCommit] }
      let conflicts = try await race(world, users: 20, edits: 100, seed: seed)
      #expect(conflicts > 0 && conflicts < 500)
    }
  }

  @Test("S0-15, S0-16, S0-17, S1-63 1,000 users at once over a bounded pool: queued, none refused, none lost")
  func thousand() async throws {
    let seed = printedSeed()
    try await WorkerWorld.with { world in
      try world.startWorker { $0.kinds = [.draftCommit] }
      let conflicts = try await race(world, users: 1_000, edits: 1, seed: seed)
      #expect(conflicts == 1_000 - 100 || conflicts > 800, "one success for each record at one version")
    }
  }
}
