import Postgres
import SyncStore
import TestKit
import Testing

/// Who keeps others waiting for a lock.
@Suite("Blockers", .syncDatabase) struct BlockerTests {
  @Test("Who holds up others is found behind those who wait themselves, also by a login that may not see more of it")
  func found() async throws {
    let lock = "SELECT FROM organization WHERE id = 'RIO' FOR UPDATE"
    let gate = try await Gate()
    let (first, second) = (
      try await SyncDatabase.current.connect("first"), try await SyncDatabase.current.connect("second")
    )
    let process = try await second.run { $0.backendPID }
    #expect(try await onDatabase { try HealthReports.blockers($0, openFor: 0) } == [], "nobody waits")
    // The gate holds the first up, which holds the second up.
    let holding = Task {
      try await first.run { session in
        try session.transaction {
          try session.query(lock)
          try session.waitAtGate()
        }
      }
    }
    try await gate.reached()
    let waiting = Task { try await second.run { session in try session.transaction { try session.query(lock) } } }
    try await gate.blocked(process)
    let found = try await eventually("somebody has waited for a second") {
      try await onDatabase { (session) throws in
        try session.reading { try HealthReports.blockers(session, openFor: 0) }.first { $0.waiting == 2 }
      }
    }
    #expect(found.longest >= 1 && found.transaction.seconds >= found.longest)
    // The role that reads would not see it; the superuser behind it does.
    #expect(found.transaction.login == "postgres" && found.transaction.state == "idle")
    let owner = try await SyncDatabase.current.connectAsOwner("plain")
    let plain = try await owner.run { try HealthReports.blockers($0, openFor: 0) }
    #expect(plain.map(\.transaction.pid) == [found.transaction.pid] && plain.map(\.transaction.state) == [""])
    #expect(try await onDatabase { try HealthReports.blockers($0, openFor: 3600) } == [], "not for an hour")
    try await gate.open()
    try await holding.value
    _ = try await waiting.value
  }
}
