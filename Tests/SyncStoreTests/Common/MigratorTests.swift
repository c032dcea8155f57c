import Postgres
import SQLCatalog
import SyncStore
import TestKit
import Testing

/// The way of a schema up and down, by one and by many.
@Suite("Migrator") struct MigratorTests {
  private static let versions = SQLCatalog.migrations.map(\.version)

  /// On an empty database.
  private func onEmpty<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    let connection = try await PGConnection.open(PGOptions(url: try await TestDatabase.fresh()), name: "test")
    do {
      let result = try await connection.run(body)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  @Test("S2-17 Twenty migrators at once: each migration has one winner, in order, and nobody fails")
  func twentyAtOnce() async throws {
    let url = try await TestDatabase.fresh()
    let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
      for number in 0..<20 {
        group.addTask {
          let connection = try await PGConnection.open(PGOptions(url: url), name: "migrate-\(number)")
          do {
            let versions = try await connection.run { try Migrator.up($0) }
            await connection.close()
            return versions
          } catch {
            await connection.close()
            throw error
          }
        }
      }
      return try await group.reduce(into: [Int]()) { $0 += $1 }
    }
    #expect(applied.sorted() == Self.versions)
  }

  @Test("S0-39 Each migration's way down leaves what was there before it, and up again makes the same (S2-33)")
  func upDownUp() async throws {
    try await onEmpty { session in
      var before: [[String]] = []
      for version in Self.versions {
        before.append(try catalogSnapshot(session))
        #expect(try Migrator.up(session, to: version) == [version])
      }
      let top = try catalogSnapshot(session)
      for (version, expected) in zip(Self.versions, before).reversed() {
        #expect(try Migrator.down(session, to: version - 1) == [version])
        let found = try catalogSnapshot(session)
        #expect(Set(found).symmetricDifference(expected).sorted() == [], "the way down of V\(version)")
      }
      #expect(try Migrator.up(session) == Self.versions)
      #expect(try catalogSnapshot(session) == top)
    }
  }

  @Test("S2-17 A migration whose text has changed is refused in both directions, and shown")
  func changed() async throws {
    try await onEmpty { session in
      _ = try Migrator.up(session, to: 3)
      try session.execute("UPDATE schema_migration SET checksum = 'other' WHERE version = 2")
      let fault = Migrator.Fault.changed(version: 2, name: "mirror")
      #expect(throws: fault) { try Migrator.up(session) }
      #expect(throws: fault) { try Migrator.down(session, to: 0) }
      #expect(try Migrator.status(session).filter(\.isChanged).map(\.version) == [2])
      #expect(try session.count("SELECT count(*)::int FROM schema_migration") == 3)
    }
  }

  @Test("A database of a newer program is refused")
  func newer() async throws {
    try await onEmpty { session in
      _ = try Migrator.up(session)
      #expect(try Migrator.isCurrent(session))
      try session.execute("INSERT INTO schema_migration (version, name, checksum) VALUES (9001, 'future', 'x')")
      #expect(throws: Migrator.Fault.newer(version: 9001)) { try Migrator.up(session) }
      #expect(throws: Migrator.Fault.newer(version: 9001)) { try Migrator.down(session, to: 0) }
      #expect(try !Migrator.isCurrent(session))
    }
  }

  @Test("The status of an empty, a half and a full database")
  func status() async throws {
    try await onEmpty { session in
      #expect(try Migrator.status(session).allSatisfy { $0.appliedAt == nil && !$0.isChanged })
      #expect(try !Migrator.isCurrent(session))
      _ = try Migrator.up(session, to: 4)
      #expect(try Migrator.status(session).filter { $0.appliedAt != nil }.map(\.version) == [1, 2, 3, 4])
      #expect(try Migrator.up(session) == Self.versions.filter { $0 > 4 })
      #expect(try Migrator.up(session) == [])
      #expect(try Migrator.isCurrent(session))
    }
  }

  @Test("A migrator waits for another as long as that one takes, whatever the session's statement timeout")
  func waits() async throws {
    let url = try await TestDatabase.fresh()
    let holder = try await PGConnection.open(PGOptions(url: url), name: "holder")
    let waiter = try await PGConnection.open(PGOptions(url: url, statementTimeout: .milliseconds(200)), name: "waiter")
    try await holder.run { try $0.execute("SELECT pg_advisory_lock(7236000)") }
    async let applied = waiter.run { try Migrator.up($0) }
    try await until("the waiter has waited longer than its timeout") {
      try await holder.run {
        try $0.value(
          """
          SELECT count(*) FROM pg_stat_activity
          WHERE wait_event = 'advisory' AND datname = current_database() AND clock_timestamp() - query_start > '0.4 s'
          """) == "1"
      }
    }
    try await holder.run { try $0.execute("SELECT pg_advisory_unlock(7236000)") }
    #expect(try await applied == Self.versions)
    await holder.close()
    await waiter.close()
  }
}
