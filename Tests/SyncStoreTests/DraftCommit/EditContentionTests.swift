import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Many users at once: nobody's edit is lost, and nobody is kept out.
@Suite("Edit contention", .syncDatabase, .serialized) struct EditContentionTests {
  @Test("S0-22 A saves, the totals are rebuilt, B saves what it saw before: a conflict, and A's edit stays (M9-9)")
  func story() async throws {
    let database = try SyncDatabase.current
    let (first, second) = (try await database.connect("A"), try await database.connect("B"))
    let rebuilder = try await database.connect("rebuild")
    try await onDatabase { session in
      for user in ["ann", "bob"] { try session.permit(user, "write") }
      try apply(session, [Sample("a"), Sample("b")])
      try session.execute("UPDATE kpi_slot SET plan_cost = plan_cost + 1")
    }
    let seen = try await first.run { try $0.version("a") }
    #expect(try await second.run { try $0.version("a") } == seen)
    // A's edit is written and the rebuild begins; then A commits.
    let gate = try await Gate()
    let saving = Task {
      try await first.run { session in
        try session.asApp("ann") {
          let outcome = try session.editNow("a", #"{"monthlyRate": 16000, "category": "Pumps"}"#, at: seen)
          try session.waitAtGate()
          return outcome
        }
      }
    }
    try await gate.reached()
    let rebuild = Task {
      try await rebuilder.run { session in
        try repeating {
          try session.asWorker("RIO") { try KPIStore.rebuild(session, organization: "RIO", slot: -1, cause: "story") }
        }
      }
    }
    #expect(try await rebuild.value == 1)
    try await gate.open()
    #expect(try await saving.value.newVersion == 2)
    let again = try await rebuilder.run { session in
      try session.asWorker("RIO") { try KPIStore.rebuild(session, organization: "RIO", slot: -1, cause: "story") }
    }
    #expect(again == 0, "the first rebuild took A's edit for nothing")
    try await second.run { session in
      let content = try session.content("a")
      #expect(
        try session.edit("a", #"{"monthlyRate": 14000}"#, at: seen, by: "bob") == .conflict(2, content))
      #expect(try session.content("a") == content)
      #expect(
        try session.table("SELECT monthly_rate, category FROM pfa_mirror WHERE pfa_id = 'a'") == [
          ["16000.00", "Pumps"]
        ])
      try expectExact(session, lineage: false)
    }
  }

  @Test(
    "S0-09 An edit waits for the one before it, then conflicts if that commits and succeeds if it does not",
    arguments: [true, false])
  func twoSessions(commits: Bool) async throws {
    struct Changed: Error {}
    let database = try SyncDatabase.current
    let (first, second) = (try await database.connect("A"), try await database.connect("B"))
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
    }
    let gate = try await Gate()
    let holding = Task {
      try await first.run { session in
        try session.asApp("ann") {
          try session.editNow("a", #"{"dor": "PROJECT"}"#, at: 1)
          try session.waitAtGate()
          if !commits { throw Changed() }
        }
      }
    }
    try await gate.reached()
    let process = try await second.run { $0.backendPID }
    let waiting = Task { try await second.run { try $0.edit("a", #"{"monthlyRate": 1}"#, at: 1) } }
    try await gate.blocked(process)
    #expect(try await onDatabase { try $0.version("a") } == 1, "readers neither wait nor see it")
    try await gate.open()
    if commits { try await holding.value } else { await #expect(throws: Changed.self) { try await holding.value } }
    let outcome = try await waiting.value
    try await onDatabase { session in
      #expect(outcome == (commits ? .conflict(2, try session.content("a")) : .success(2, try session.content("a"))))
      let row = try session.table("SELECT monthly_rate, dor FROM pfa_mirror")
      #expect(row == [commits ? ["15000.00", "PROJECT"] : ["1.00", "BEO"]])
      try expectExact(session)
    }
  }

  @Test("S0-09 A session that dies in the middle of an edit leaves the record, the totals and the lineage as they were")
  func killed() async throws {
    let database = try SyncDatabase.current
    let (holder, editor) = (try await database.connect("holder"), try await database.connect("editor"))
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
    }
    let before = try await onDatabase { try $0.table("SELECT xmin, * FROM pfa_mirror") }
    let process = try await editor.run { $0.backendPID }
    let gate = try await Gate()
    // The total that the edit would change is held: the record is written by then, the statement is not done.
    let holding = Task {
      try await holder.run { session in
        try session.transaction {
          try session.execute(
            """
            INSERT INTO kpi_slot VALUES ('RIO', 'Cranes', 'Rental', 'BEO', \(process % 16), 0, 0, 0, 0, 0)
            ON CONFLICT (organization_id, category, source, dor, slot) DO UPDATE SET plan_cost = kpi_slot.plan_cost
            """)
          try session.waitAtGate()
        }
      }
    }
    try await gate.reached()
    let dying = Task { try await editor.run { try $0.edit("a", #"{"monthlyRate": 1}"#, at: 1) } }
    try await gate.blocked(process)
    try await onDatabase { _ = try $0.query("SELECT pg_terminate_backend($1)", [.int4(process)]) }
    await #expect(throws: PGError.self) { try await dying.value }
    try await gate.open()
    try await holding.value
    try await onDatabase { session in
      #expect(
        try session.table("SELECT xmin, * FROM pfa_mirror").map { $0.dropFirst() } == before.map { $0.dropFirst() })
      #expect(try session.count("SELECT count(*)::int FROM kpi_change WHERE cause = 'draft_commit'") == 0)
      try expectExact(session)
      #expect(try session.edit("a", #"{"monthlyRate": 1}"#, at: 1).newVersion == 2)
      try expectExact(session)
    }
  }

  @Test(
    "S0-33 20 users make 100 edits each on 100 records: each succeeds or conflicts, none is lost (S0-35, S0-02, S0-34)")
  func load() async throws {
    let (users, edits, records) = (20, 100, 100)
    let database = try SyncDatabase.current
    try await onDatabase { session in
      for user in 0..<users { try session.permit("user-\(user)", "write") }
      try apply(session, (0..<records).map { number in Sample("r\(number)") { $0.category = "C\(number % 5)" } })
    }
    var random = seeded("load")
    let seeds = (0..<users).map { _ in random.next() }
    let pool = PGPool(PGOptions(url: database.url), size: 8, name: "users", log: Log(level: .error))
    let perUser = try await withThrowingTaskGroup(of: [(record: String, outcome: EditOutcome)].self) { group in
      for user in 0..<users {
        group.addTask {
          var random = SplitMix64(seed: seeds[user])
          var outcomes: [(record: String, outcome: EditOutcome)] = []
          for number in 0..<edits {
            let record = "r\(random.below(records))"
            // What one sees on a screen: another transaction, on another connection.
            let seen = try await pool.run { try $0.version(record) }
            let delta =
              random.below(4) == 0
              ? #"{"category": "U\#(user)E\#(number)"}"# : #"{"monthlyRate": \#(user * edits + number)}"#
            outcomes.append(
              (record, try await pool.run { try $0.edit(record, delta, at: seen, by: "user-\(user)") }))
          }
          return outcomes
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    await pool.close()
    let successes = perUser.filter(\.outcome.success)
    let conflicts = perUser.filter(\.outcome.conflict)
    #expect(successes.count + conflicts.count == users * edits && perUser.count == users * edits)
    #expect(conflicts.count > 0 && conflicts.count < 500, "\(conflicts.count) conflicts")
    let byRecord = Dictionary(grouping: successes, by: \.record).mapValues(\.count)
    try await onDatabase { session in
      for row in try session.table("SELECT pfa_id, version FROM pfa_mirror") {
        #expect(row[1] == String(1 + byRecord[row[0], default: 0]), "\(row[0])")
      }
      // Every success has a version of its own.
      #expect(Set(successes.map { "\($0.record) \($0.outcome.newVersion ?? 0)" }).count == successes.count)
      try expectExact(session)
    }
  }

  @Test("S0-05 While many edit, none of them holds a lock that keeps anybody out of a table")
  func relationLocks() async throws {
    let database = try SyncDatabase.current
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, (0..<4).map { Sample("r\($0)") })
    }
    let held = try await withThrowingTaskGroup(of: Set<String>.self) { group in
      for number in 0..<8 {
        group.addTask {
          try await database.connect("editor-\(number)").run { session in
            var held: Set<String> = []
            for round in 0..<20 {
              let record = "r\((number + round) % 4)"
              try session.asApp("ann") {
                let seen = try session.version(record)
                try session.editNow(record, #"{"monthlyRate": \#(number * 100 + round)}"#, at: seen)
                held.formUnion(
                  try session.list(
                    "SELECT DISTINCT mode FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid()"))
              }
            }
            return held
          }
        }
      }
      return try await group.reduce(into: Set()) { $0.formUnion($1) }
    }
    #expect(held == ["AccessShareLock", "RowShareLock", "RowExclusiveLock"])
    try await onDatabase { try expectExact($0) }
  }
}
