import Kafka
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Dead letters published again (contract 4.6): the same letter, any number of times, without double effect.
@Suite("Dead letters again")
struct DeadLetterReplayTests {
  private func replay(_ world: WorkerWorld, _ ids: [Int64] = [1]) async throws {
    try await world.connection.run { _ = try DeadLetterDecisions.replay($0, ids, by: "ann", reason: "mended") }
  }

  private func letters(_ world: WorkerWorld) async throws -> [String] {
    try await world.lines("SELECT status, attempts, replays, code, decided_by FROM dead_letter ORDER BY id")
  }

  @Test(
    "contract 4.6: refused again, a replayed message is the same letter with one attempt more; applied, it is resolved"
  )
  func untilApplied() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      let old = Events.record(1, revision: 0, organization: "NEW")
      let original = world.message(
        Events.payload(old, organization: "NEW"),
        headers: Events.headers(["ce_organization": "NEW", "x-mine": "kept"]),
        key: "NEW/1")
      try await world.apply([original])
      #expect(try await letters(world) == ["open|1|0|UNKNOWN_ORGANIZATION|∅"])

      try await replay(world)
      try await until("it was refused again") { try await letters(world)[0].hasPrefix("open|2|1|") }

      try await world.execute("INSERT INTO organization (id) VALUES ('NEW')")
      try await replay(world)
      try await until("it is resolved") {
        try await letters(world) == ["resolved|2|2|UNKNOWN_ORGANIZATION|ann"]
      }
      #expect(try await world.count("pfa_mirror") == 1)

      let newer = Events.record(1, revision: 1, organization: "NEW")
      try await world.apply([world.message(Events.changed(newer, organization: "NEW"), key: "NEW/1")])
      let rows = try await world.rows()
      for number in 3...5 {
        try await replay(world)
        try await until("replay \(number) is resolved") {
          try await letters(world) == ["resolved|2|\(number)|UNKNOWN_ORGANIZATION|ann"]
        }
      }
      #expect(try await world.rows() == rows, "an old payload can only end stale")
      #expect(try await world.streamRow()?.stale == 3)
      #expect(try await world.kpiDifferences() == [])

      // As it came, with one header more.
      let reader = try TopicReader(world.topics.readSync, settings: world.kafka.settings)
      try await until("all replays are read") { reader.all.count == 7 }
      let replays = reader.all.filter { $0.header(DeadLetterReplay.header) != nil }
      #expect(replays.compactMap { $0.header(DeadLetterReplay.header) }.sorted() == (1...5).map { "1/\($0)" })
      for message in replays {
        #expect(message.key == original.key && message.value == original.value)
        #expect(Array(message.headers.dropLast()) == original.headers)
      }
      await reader.close()
    }
  }

  @Test("contract 4.1: everything delivered again, replays too, leaves the letters as they are")
  func deliveredAgain() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker()
      try await world.apply([world.message(Array("{".utf8), headers: Events.headers())])
      try await replay(world)
      try await until("it was refused again") { try await letters(world) == ["open|2|1|INVALID_JSON|ann"] }
      try await replay(world)
      try await until("and again") { try await letters(world) == ["open|3|2|INVALID_JSON|ann"] }
      await worker.stop()
      let ends = try await world.ends()
      let history = try await world.lines("SELECT * FROM operator_event ORDER BY id")
      try await world.execute("UPDATE consumer_offset SET next_offset = 0")
      try world.startWorker()
      try await world.waitUntilApplied(ends)
      #expect(try await letters(world) == ["open|3|2|INVALID_JSON|ann"])
      #expect(try await world.lines("SELECT * FROM operator_event ORDER BY id") == history)
    }
  }

  @Test("Given up while its message is on its way: applied, the letter is resolved; refused, it stays discarded")
  func givenUpUnderWay() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker()
      let late = Events.record(1, organization: "NEW")
      try await world.apply([
        world.message(Events.changed(late, organization: "NEW"), key: "NEW/1"),
        world.message(Array("{".utf8), headers: Events.headers()),
      ])
      await worker.stop()
      try await world.execute("INSERT INTO organization (id) VALUES ('NEW')")
      try await replay(world, [1, 2])
      try await world.connection.run { session in
        for _ in 0..<2 { _ = try DeadLetterDecisions.discard(session, [1, 2], by: "bob", reason: "enough") }
      }
      #expect(try await letters(world).allSatisfy { $0.hasPrefix("discarded|1|1|") })
      try world.startWorker()
      try await until("the first is applied") { try await letters(world)[0].hasPrefix("resolved|1|1|") }
      try await until("both have been met") { try await world.ends().values.reduce(0, +) == 4 }
      #expect(try await letters(world)[1] == "discarded|1|1|INVALID_JSON|bob")
      #expect(try await world.count("dead_letter") == 2)
      let told =
        "SELECT string_agg(event, ' ' ORDER BY id) FROM operator_event WHERE letter_id > 0 GROUP BY letter_id ORDER BY letter_id"
      #expect(try await world.lines(told) == ["replayed discarded resolved", "replayed discarded"])
      // Given up, it can still be sent again.
      try await replay(world, [2])
      try await until("it was refused once more") { try await letters(world)[1].hasPrefix("open|2|2|") }
      #expect(try await world.lines(told)[1] == "replayed discarded replayed reopened")
    }
  }

  @Test("A header that names another message's letter touches it not, and the message has a letter of its own")
  func forged() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      try await world.apply([world.message(Array("{".utf8), headers: Events.headers())])
      try await world.execute("UPDATE dead_letter SET status = 'replayed', replays = 1")
      let header = KafkaHeader(DeadLetterReplay.header, "1/1")
      try await world.apply([
        world.message(Array("[".utf8), headers: Events.headers() + [header]),
        world.message(Events.payload(Events.record(2)), headers: Events.headers() + [header]),
      ])
      #expect(
        try await letters(world) == ["replayed|1|1|INVALID_JSON|∅", "open|1|0|INVALID_JSON|∅"])
      #expect(try await world.count("pfa_mirror") == 1)
    }
  }
}
