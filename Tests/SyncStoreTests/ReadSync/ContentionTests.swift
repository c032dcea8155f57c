import Postgres
import SQLCatalog
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Many writers at once. One test after the other, because each takes many connections.
@Suite("Contention", .syncDatabase, .serialized) struct ContentionTests {
  /// Runs a body on so many connections at once.
  private func together<R: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (PGSession, Int) throws -> R
  ) async throws -> [R] {
    let database = try SyncDatabase.current
    return try await withThrowingTaskGroup(of: R.self) { group in
      for number in 0..<count {
        group.addTask {
          try await database.connect("writer-\(number)").run { try body($0, number) }
        }
      }
      return try await group.reduce(into: [R]()) { $0.append($1) }
    }
  }

  @Test(
    "S2-04 Ten writers on one group and overlapping records: exact totals, no lost record, nobody fails (S2-32, S0-06)",
    arguments: [1, 3, 10])
  func writers(slots: Int) async throws {
    var random = seeded("writers")
    let batches = (0..<10).map { writer in
      (0..<12).map { round in
        (0..<10).map { _ in
          Sample("r\(random.below(40))", Int64(random.below(1000))) {
            $0.index = Int64(writer * 1000 + round)
            $0.rate = String(100 + random.below(9000))
            $0.isDiscontinued = random.below(10) == 0
          }
        }
      }
    }
    let outcomes = try await together(10) { session, writer in
      try batches[writer].map { batch in try repeating { try apply(session, batch, slot: writer % slots) } }
    }
    try await onDatabase { session in
      try expectExact(session)
      let newest = try session.table("SELECT pfa_id, source_block, source_index FROM pfa_mirror ORDER BY pfa_id")
      let all = batches.joined().joined()
      let wanted = Dictionary(grouping: all, by: \.id).mapValues { versions in
        versions.max { ($0.block ?? 0, $0.index) < ($1.block ?? 0, $1.index) }
      }
      #expect(newest.count == wanted.count)
      for row in newest {
        #expect(wanted[row[0]]??.block == Int64(row[1]) && wanted[row[0]]??.index == Int64(row[2]), "\(row)")
      }
      #expect(outcomes.joined().reduce(0) { $0 + $1.inserted } == wanted.count)
      #expect(try session.value("SELECT sum(received) FROM pfa_sync_log") == String(all.count))
    }
  }

  @Test("One record that ten sessions insert at once is inserted once and counted ten times")
  func sameKey() async throws {
    let outcomes = try await together(10) { session, number in
      try repeating { try apply(session, [Sample("a", Int64(number))], slot: number) }
    }
    #expect(outcomes.reduce(0) { $0 + $1.inserted } == 1)
    try await onDatabase { session in
      #expect(try session.table("SELECT source_block FROM pfa_mirror") == [["9"]])
      #expect(try session.value("SELECT received FROM pfa_sync_log") == "10")
      try expectExact(session)
    }
  }

  /// Locks of tables that exclude more than a change of the table itself does.
  private func strongLocks(_ session: PGSession) throws -> [String] {
    try session.list(
      """
      SELECT relation::regclass || ' ' || mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
        AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
      """)
  }

  @Test("S0-05 Neither apply nor sweep nor rebuild takes a lock that keeps readers or other writers out of a table")
  func relationLocks() async throws {
    try await onDatabase { session in
      let origin = ApplyStore.Origin(slot: 0, stream: stream)
      try apply(session, [Sample("a"), Sample("gone")])
      let run = try ReadRun(session)
      try session.asWorker("RIO") {
        _ = try ApplyStore.apply(session, batch([Sample("a", 2) { $0.rate = "1" }, Sample("b")]), origin)
        #expect(try strongLocks(session) == [])
        _ = try KPIStore.rebuild(session, organization: "RIO", slot: -1, cause: "test")
        #expect(try strongLocks(session) == [])
        let swept = try session.query(Queries.sweepOrphans, [.text("RIO"), .uuid(run.claim.id), .int4(0)])
        #expect(try swept.one().integer("swept") == 1)
        #expect(try strongLocks(session) == [])
      }
      try expectExact(session)
    }
  }

  @Test("Readers see totals that equal the records in every snapshot, while writers run (S0-06)")
  func snapshots() async throws {
    let seen = try await together(4) { session, number in
      var exact = 0
      for round in 0..<12 {
        if number == 0 {
          try session.transaction(isolation: .repeatableRead, readOnly: true) {
            try expectExact(session)
            exact += 1
          }
        } else {
          let samples = (0..<20).map { record in
            Sample("r\(record)", Int64(round)) {
              $0.index = Int64(number)
              $0.category = "C\((record + round) % 3)"
              $0.isDiscontinued = (record + round) % 7 == 0
            }
          }
          try repeating { try apply(session, samples, slot: number) }
        }
      }
      return exact
    }
    #expect(seen.contains(12))
  }

  @Test("Twenty claimers and five jobs: each job is claimed once")
  func claimers() async throws {
    try await onDatabase { session in
      try session.execute(
        "INSERT INTO sync_job (organization_id, kind) SELECT 'RIO', 'write_back' FROM generate_series(1, 5)")
    }
    let claims = try await together(20) { session, number in
      try session.asSystem { try JobStore.claim(session, kinds: ["write_back"], owner: "w\(number)")?.id }
    }.compactMap { $0 }
    #expect(claims.count == 5 && Set(claims).count == 5)
    try await onDatabase { session in
      let states = try session.table("SELECT DISTINCT state, attempt FROM sync_job")
      #expect(states == [["running", "1"]])
    }
  }

  @Test("Of ten requests at once one read is queued and nine are refused (R20)")
  func requests() async throws {
    let refused = try await together(10) { session, number in
      try repeating {
        try session.asWorker("RIO") {
          try JobStore.requestRead(
            session, id: "00000000-0000-4000-8000-00000000000\(number)", key: "k\(number)",
            request: ReadSyncRequest(organization: "RIO", mode: .full, source: "pems"))?.isRefused
        }
      }
    }
    #expect(refused.filter { $0 == false }.count == 1 && refused.filter { $0 == true }.count == 9)
  }
}
