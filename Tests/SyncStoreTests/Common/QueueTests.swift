import Postgres
import Runtime
import SyncStore
import TestKit
import Testing

/// Which work begins: pauses, priorities, and no tenant before all others.
@Suite("Queue", .syncDatabase) struct QueueTests {
  private func queue(_ session: PGSession, _ organization: String, _ count: Int, priority: Int = 0) throws {
    try session.query(
      """
      INSERT INTO sync_job (organization_id, kind, parameters, priority, run_at)
      SELECT $1, 'read_sync', '{"dryRun": true}', $3, now() - interval '1 minute' FROM generate_series(1, $2)
      """, [.text(organization), .int4(Int32(count)), .int4(Int32(priority))])
  }

  private func claim(_ session: PGSession) throws -> String? {
    try session.asSystem { try JobStore.claim(session, kinds: ["read_sync"], owner: "w")?.organization }
  }

  @Test("A tenant's many jobs do not keep another's few waiting; a higher priority still comes first")
  func fairness() async throws {
    try await onDatabase { session in
      try queue(session, "RIO", 50)
      #expect(try claim(session) == "RIO" && claim(session) == "RIO")
      try queue(session, "RIO2", 2)
      #expect(try [claim(session), claim(session)] == ["RIO2", "RIO2"])
      try queue(session, "RIO", 1, priority: 5)
      try queue(session, "RIO2", 1)
      #expect(try [claim(session), claim(session)] == ["RIO", "RIO2"])
    }
  }

  @Test("Paused jobs are not claimed, by kind, organization or both; a job that runs is still taken over")
  func pauses() async throws {
    let pauses: [(kind: String?, organization: String?)] = [("read_sync", nil), (nil, "RIO"), ("read_sync", "RIO")]
    try await onDatabase { session in
      try queue(session, "RIO", 10)
      for pause in pauses {
        func set(_ isPaused: Bool) throws {
          if isPaused {
            #expect(
              try QueueStore.pause(session, kind: pause.kind, organization: pause.organization, by: "a", reason: "r"))
            #expect(
              try !QueueStore.pause(session, kind: pause.kind, organization: pause.organization, by: "b", reason: nil))
          } else {
            #expect(
              try QueueStore.resume(session, kind: pause.kind, organization: pause.organization, by: "c", reason: "d")
                == 0)
          }
        }
        try set(true)
        #expect(try claim(session) == nil)
        try set(false)
        #expect(try claim(session) == "RIO")
        try set(true)
        try session.execute("UPDATE sync_job SET lease_expires_at = now() - interval '1 s' WHERE state = 'running'")
        #expect(try claim(session) == "RIO", "taken over")
        try set(false)
        try session.execute("UPDATE sync_job SET lease_expires_at = now() + interval '1 h' WHERE state = 'running'")
      }
      #expect(
        try session.table("SELECT DISTINCT paused_by, reason, resumed_by, resume_reason FROM queue_pause") == [
          ["a", "r", "c", "d"]
        ])
      for (kind, organization) in [("write_back", nil), (nil, "RIO2")] as [(String?, String?)] {
        #expect(try QueueStore.pause(session, kind: kind, organization: organization, by: "a", reason: nil))
      }
      #expect(try claim(session) == "RIO", "pauses of others")
    }
  }

  private static let here = "datname = current_database()"

  @Test("Whoever resumes waits for who holds, and who comes too late holds nothing: no message stays behind")
  func race() async throws {
    let database = try SyncDatabase.current
    let message = HeldMessage(
      organization: "RIO", topic: "t", partition: 0, offset: 1, key: nil, value: [1], headers: [])
    try await onDatabase { session in
      _ = try QueueStore.pause(session, kind: nil, organization: "RIO", by: "a", reason: nil)
    }
    async let held: Void = database.run { session in
      try session.asSystem {
        try QueueStore.hold(session, message, kind: "read_sync")
        try waitBlocking {
          try await until("the resume waits") {
            try await database.run {
              try $0.count("SELECT count(*)::int FROM pg_stat_activity WHERE \(Self.here) AND wait_event_type = 'Lock'")
                > 0
            }
          }
        }
      }
    }
    try await until("the message is being held") {
      try await database.run {
        // Not by the statement's text: it stands there before it has run. All databases share one list of locks.
        try $0.count(
          """
          SELECT count(*)::int FROM pg_locks
          WHERE relation = 'held_message'::regclass AND mode = 'RowExclusiveLock' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          """) > 0
      }
    }
    async let released = database.run {
      try QueueStore.resume($0, kind: nil, organization: "RIO", by: "a", reason: nil)
    }
    try await held
    #expect(try await released == 1)
    try await onDatabase { session in
      let late = try pgError { try session.asSystem { try QueueStore.hold(session, message, kind: "read_sync") } }
      #expect(late.sqlstate == "40001")
      #expect(try session.count("SELECT count(*)::int FROM held_message") == 0)
      #expect(try session.count("SELECT count(*)::int FROM outbox WHERE topic = 't'") == 1)
    }
  }
}
