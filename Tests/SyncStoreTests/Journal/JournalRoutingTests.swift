import Postgres
import SyncStore
import TestKit
import Testing

/// Which strategy a stream gets, and the views that say how the journal does.
@Suite("Journal routing and monitoring", .syncDatabase) struct JournalRoutingTests {
  private func route(_ session: PGSession, _ percent: Int) throws {
    try session.asSystem { try session.execute("UPDATE sync_event_routing SET delayed_percent = \(percent)") }
  }

  private func share(_ session: PGSession, _ prefix: String = "order-") throws -> Int {
    try session.count(
      "SELECT count(*)::int FROM generate_series(1, 20000) n WHERE uses_delayed_lock($1 || n)", [.text(prefix)])
  }

  @Test("S4-15 test- streams go the delayed way, and of others the share that is set, by hash (S4-27, S4-29)")
  func share() async throws {
    try await onDatabase { (session) throws in
      try route(session, 10)
      let tenth = try share(session)
      #expect((1_700...2_300).contains(tenth), "\(tenth) of 20000")
      #expect(try share(session) == tenth, "always the same streams")
      for (percent, wanted) in [(0, 0), (100, 20_000)] {
        try route(session, percent)
        #expect(try share(session) == wanted)
        #expect(try share(session, "test-") == 20_000)
      }
      for wrong in [-1, 101] {
        let error = try pgError { try route(session, wrong) }
        #expect(error.sqlstate == "23514")
      }
      let others = try pgError {
        try session.asWorker("RIO") { try session.execute("UPDATE sync_event_routing SET delayed_percent = 1") }
      }
      #expect(others.sqlstate == "42501")
    }
  }

  @Test("S4-16 The adaptive way takes the lock as the share says at that moment, also back to the lock (S4-29)")
  func adaptive() async throws {
    try await onDatabase { (session) throws in
      for (percent, stream, locks) in [(0, "a", 1), (100, "a", 0), (0, "a", 1), (0, "test-a", 0), (100, "b", 0)] {
        try route(session, percent)
        let held = try session.asApp("ann") {
          try session.appendNow(to: stream, at: nil, .adaptive)
          return try session.count(
            "SELECT coalesce(sum(lock_count), 0)::int FROM sync_event_contention WHERE lock_type = 'advisory'")
        }
        #expect(held == locks, "\(percent) % \(stream)")
      }
      #expect(try session.stream("a").count == 3)
    }
  }

  @Test("S4-11 Statistics: streams, events, their mean, streams with criteria, of the reader's organization")
  func statistics() async throws {
    try await onDatabase { (session) throws in
      for (stream, events) in [("a", 5), ("b", 2), ("c", 1)] {
        _ = try session.append(
          Array(repeating: "x", count: events), to: stream, at: -1, criteria: stream == "c" ? nil : .member("k", stream)
        )
      }
      _ = try session.append(to: "z", at: -1, of: "RIO2")
      let select = """
        SELECT organization_id, total_streams, total_events, average_events, largest_stream, streams_with_criteria
        FROM sync_event_statistics ORDER BY 1
        """
      let own = try session.asApp("ann") { try session.table(select) }
      #expect(own == [["RIO", "3", "8", "2.67", "5", "2"]])
      let all = try session.asSystem { try session.table(select) }
      #expect(all == own + [["RIO2", "1", "1", "1.00", "1", "0"]])
    }
  }

  @Test("S4-17 Busy streams are those with more than 100 events in the last hour")
  func busy() async throws {
    try await onDatabase { (session) throws in
      _ = try session.append(Array(repeating: "x", count: 101), to: "busy", at: -1)
      _ = try session.append(Array(repeating: "x", count: 100), to: "calm", at: -1)
      _ = try session.append(Array(repeating: "x", count: 500), to: "old", at: -1)
      try session.execute("UPDATE sync_event SET created_at = now() - interval '61 min' WHERE stream = 'old'")
      let busy = try session.asApp("ann") {
        try session.table("SELECT stream, events, lost_races FROM sync_event_busy_streams")
      }
      #expect(busy == [["busy", "101", "0"]])
    }
  }

  @Test("S4-18 Transactions that stay open are found; a session of ours ends a statement after 30 s")
  func longTransactions() async throws {
    let gate = try await Gate()
    let holder = try await SyncDatabase.current.connectAsOwner("long")
    let process = try await holder.run { (session) throws in
      #expect(try session.value("SHOW statement_timeout") == "30s")
      return session.backendPID
    }
    let holding = Task { try await holder.run { session in try session.transaction { try session.waitAtGate() } } }
    try await gate.reached()
    try await onDatabase { (session) throws in
      let open = "SELECT state, open_seconds > 0, waits_for FROM long_transactions($1) WHERE pid = $2"
      let found = try session.asApp("ann") { try session.table(open, [.int4(0), .int4(process)]) }
      #expect(found == [["active", "t", "Lock"]])
      let standard = try session.asApp("ann") { try session.list("SELECT pid FROM long_transactions()") }
      #expect(standard == [], "none is 30 s old")
    }
    try await gate.open()
    try await holding.value
  }

  @Test("S2-29 S4-19 The volume of each table can be asked for, its indexes apart")
  func volume() async throws {
    try await onDatabase { (session) throws in
      _ = try session.append(to: "s", at: -1)
      let row = try session.asApp("ann") {
        try session.table(
          """
          SELECT table_bytes > 0, index_bytes > 0, total_bytes >= table_bytes + index_bytes FROM sync_table_volume
          WHERE table_name = 'sync_event'
          """)
      }
      #expect(row == [["t", "t", "t"]])
    }
  }
}
