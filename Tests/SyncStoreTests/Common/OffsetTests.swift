import Postgres
import SyncStore
import TestKit
import Testing

/// Positions of partitions: one holder at a time, and never apart from the effects (contract 4.1).
@Suite("Offsets", .syncDatabase) struct OffsetTests {
  private func claim(_ session: PGSession, start: Int64 = 0, owner: String = "w") throws -> (PartitionClaim, Int64) {
    let found = try session.asSystem {
      try OffsetStore.claim(session, group: "g", topic: "t", partition: 3, start: start, owner: owner)
    }
    return (found.claim, found.nextOffset)
  }

  /// Applies a record and moves the position, in one transaction of a worker.
  private func work(
    _ session: PGSession, _ claim: PartitionClaim, _ id: String, from: Int64, to: Int64
  ) throws {
    try session.asWorker("RIO") {
      _ = try ApplyStore.apply(session, batch([Sample(id)]), ApplyStore.Origin(slot: 0, stream: stream))
      _ = try session.pipeline([OffsetStore.advance(claim, from: from, to: to)])
    }
  }

  @Test("A partition starts where it is told once, and each claim raises the epoch")
  func claims() async throws {
    try await onDatabase { session in
      let (first, start) = try claim(session, start: 40)
      #expect(start == 40 && first.epoch == 1)
      try work(session, first, "a", from: 40, to: 41)
      let (second, resumed) = try claim(session, start: 7, owner: "v")
      #expect(resumed == 41 && second.epoch == 2)
      let position = try #require(try OffsetStore.positions(session, group: "g").first)
      #expect(position.nextOffset == 41 && position.owner == "v" && position.partition == 3 && position.gap == nil)
      #expect(try OffsetStore.positions(session, group: "other").isEmpty)
    }
  }

  @Test("A holder that lost the partition is fenced, and its effects go with it")
  func fencedByEpoch() async throws {
    try await onDatabase { session in
      let (old, _) = try claim(session)
      let (new, _) = try claim(session)
      #expect(throws: Fenced()) { try work(session, old, "lost", from: 0, to: 1) }
      #expect(try session.count("SELECT count(*)::int FROM pfa_mirror") == 0)
      try work(session, new, "kept", from: 0, to: 1)
      #expect(try session.list("SELECT pfa_id FROM pfa_mirror") == ["kept"])
      try expectExact(session)
    }
  }

  @Test("S2-14 A redelivered range is fenced by its position: nothing counts twice")
  func fencedByPosition() async throws {
    try await onDatabase { session in
      let (claim, _) = try claim(session)
      try work(session, claim, "a", from: 0, to: 5)
      for _ in 0..<3 { #expect(throws: Fenced()) { try work(session, claim, "b", from: 0, to: 5) } }
      #expect(throws: Fenced()) { try work(session, claim, "b", from: 6, to: 7) }
      #expect(try session.list("SELECT pfa_id FROM pfa_mirror") == ["a"])
      #expect(try session.value("SELECT received FROM pfa_sync_log") == "1")
      try expectExact(session)
    }
  }

  @Test("Offsets that Kafka lost are passed over and remembered; a fenced holder can not do it")
  func gap() async throws {
    try await onDatabase { session in
      let (old, _) = try claim(session, start: 10)
      let (new, _) = try claim(session)
      try session.asSystem { try OffsetStore.move(session, new, to: 25) }
      #expect(try OffsetStore.positions(session, group: "g").map(\.gap) == [10..<25])
      #expect(throws: Fenced()) { try session.asSystem { try OffsetStore.move(session, old, to: 99) } }
      #expect(try OffsetStore.positions(session, group: "g").map(\.nextOffset) == [25])
    }
  }

  @Test("Of twenty sessions that advance from one position, one does; the others are fenced")
  func race() async throws {
    let held = try await onDatabase { try claim($0).0 }
    let database = try SyncDatabase.current
    let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<10 {
        group.addTask {
          let connection = try await database.connect("race-\(number)")
          return try await connection.run { session in
            do {
              try repeating { try work(session, held, "r\(number)", from: 0, to: Int64(number + 1)) }
              return true
            } catch is Fenced {
              return false
            }
          }
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(winners == 1)
    try await onDatabase { session in
      #expect(try session.count("SELECT count(*)::int FROM pfa_mirror") == 1)
      try expectExact(session)
    }
  }

  @Test("S0-09 A backend killed between any two statements leaves nothing half-done (S2-15)", arguments: 0..<4)
  func killed(after steps: Int) async throws {
    let (held, _) = try await onDatabase { session in
      try apply(session, [Sample("a")])
      return try claim(session)
    }
    let before = try await onDatabase { try database($0) }
    let victim = try await SyncDatabase.current.connect("victim")
    let killer = try await SyncDatabase.current.connect("killer")
    let pid = try await victim.run { $0.backendPID }
    // The body stops after so many statements until its backend is gone.
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let work = Task {
      try await victim.run { session in
        try session.asWorker("RIO") {
          let records = batch([Sample("a", 2) { $0.rate = "1" }, Sample("b")])
          let statements: [() throws -> Void] = [
            { _ = try ApplyStore.apply(session, records, ApplyStore.Origin(slot: 0, stream: stream)) },
            { _ = try session.pipeline([OutboxStore.insert(topic: "t", key: nil, value: nil, headers: [])]) },
            { _ = try session.pipeline([OffsetStore.advance(held, from: 0, to: 9)]) },
          ]
          for statement in statements.prefix(steps) { try statement() }
          open.finish()
          // Ends with the backend.
          try session.execute("SELECT pg_sleep(60)")
        }
      }
    }
    for await _ in gate {}
    try await killer.run { _ = try $0.query("SELECT pg_terminate_backend($1)", [.int4(pid)]) }
    await #expect(throws: PGError.self) { try await work.value }
    try await until("the backend is gone") {
      try await killer.run {
        try $0.count("SELECT count(*)::int FROM pg_stat_activity WHERE pid = $1", [.int4(pid)]) == 0
      }
    }
    try await onDatabase { session in
      #expect(try database(session) == before)
      try expectExact(session)
    }
  }

  /// Everything a transaction could have changed.
  private func database(_ session: PGSession) throws -> [String] {
    try session.list(
      """
      SELECT t::text FROM (SELECT pfa_id, data, version FROM pfa_mirror ORDER BY pfa_id) t
      UNION ALL SELECT t::text FROM kpi_slot t
      UNION ALL SELECT t::text FROM (SELECT next_offset FROM consumer_offset) t
      UNION ALL SELECT t::text FROM (SELECT count(*) FROM outbox) t
      UNION ALL SELECT t::text FROM (SELECT stream, received FROM pfa_sync_log) t
      """)
  }
}
