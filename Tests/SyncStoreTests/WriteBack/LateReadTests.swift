import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Reads, edits and pushes of one record that cross each other: nobody's value is taken back or overwritten unseen.
@Suite("Crossing reads and pushes", .syncDatabase) struct LateReadTests {
  private static let row = "SELECT data -> 'monthlyRate', coalesce(pending_base::text, '-') FROM pfa_mirror"
  private static let conflicts = "SELECT count(*)::int FROM pfa_sync_conflict WHERE status = 'open'"

  /// A record with a committed edit of its rate, 15000 to 16000.
  private func edited(_ session: PGSession) throws {
    try session.permit("ann", "write")
    try apply(session, [Sample("a")])
    #expect(try session.edit("a", #"{"monthlyRate": 16000}"#, at: 1).success)
  }

  private func read(_ session: PGSession, _ block: Int64, rate: String) throws {
    try apply(session, [Sample("a", block) { $0.rate = rate }])
    try expectExact(session)
  }

  private func claim(_ session: PGSession) throws -> PushClaim {
    try session.execute("UPDATE pfa_modification SET next_attempt_at = now() - interval '1 s'")
    return try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
  }

  private func plan(_ session: PGSession, _ claim: PushClaim, rate: String) throws -> PushPlan {
    PushPlan(
      try PushStore.load(session, claim).edit, upstream: FieldValues(json: Array(#"{"monthlyRate": \#(rate)}"#.utf8)))
  }

  private func finish(_ session: PGSession, _ claim: PushClaim, rate: String, order: SourceOrder? = nil) throws {
    let values = try #require(FieldValues(json: Array(#"{"monthlyRate": \#(rate)}"#.utf8)))
    try PushStore.finish(session, claim, values, hashes: (0, 0), order: order, wasSent: true, topic: "t", day: "d")
    try expectExact(session)
  }

  @Test("PEMS changes the field of an edit whose push was given up: the retried push finds it and overwrites nothing")
  func failed() async throws {
    try await onDatabase { session in
      try edited(session)
      let first = try claim(session)
      try PushStore.fail(session, first, code: "AUTH", message: "403", topic: "t", eventId: "e", day: "d")
      try read(session, 2, rate: "17000")
      #expect(try session.table(Self.row) == [["16000", #"{"monthlyRate": 15000}"#]], "nobody was told of 17000")
      try session.execute("UPDATE pfa_modification SET sync_state = 'committed'")
      guard case .conflict(let conflict) = try plan(session, try claim(session), rate: "17000") else {
        Issue.record("PEMS' value would be overwritten")
        return
      }
      #expect(conflict.fields == ["monthlyRate"])
    }
  }

  @Test("contract 4.7: a record that a push has seen in PEMS is not swept by a read that began before")
  func notSwept() async throws {
    try await onDatabase { session in
      try edited(session)
      let run = try ReadRun(session)
      #expect(try ReadRunStore.orphans(session, run.claim).orphans == 1)
      try finish(session, try claim(session), rate: "16000")
      #expect(try ReadRunStore.orphans(session, run.claim).orphans == 0)
    }
  }

  @Test("PEMS changes a field while an edit of it is being committed: the push finds what the read could not see")
  func race() async throws {
    let editor = try await SyncDatabase.current.connect("editor")
    let reader = try await SyncDatabase.current.connect("reader")
    try await editor.run { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
    }
    let gate = try await Gate()
    let editing = Task {
      try await editor.run { session in
        try session.asApp("ann") {
          #expect(try session.editNow("a", #"{"monthlyRate": 16000}"#, at: 1).success)
          try session.waitAtGate()
        }
      }
    }
    try await gate.reached()
    let process = try await reader.run { try $0.query("SELECT pg_backend_pid() AS id").one().integer("id") }
    let reading = Task { try await reader.run { try read($0, 2, rate: "17000") } }
    try await gate.blocked(Int32(process))
    try await gate.open()
    try await editing.value
    try await reading.value
    try await editor.run { session in
      #expect(try session.table(Self.row) == [["16000", #"{"monthlyRate": 15000}"#]])
      let found = try plan(session, try claim(session), rate: "17000")
      guard case .conflict = found else {
        Issue.record("PEMS' value would be overwritten: \(found)")
        return
      }
    }
  }

  @Test("A field is edited back while its push is on its way: the echo is no conflict, and PEMS gets the last word")
  func editedBack() async throws {
    try await onDatabase { session in
      try edited(session)
      let push = try claim(session)
      try PushStore.note(session, push, try PushStore.load(session, push).edit.ours(["monthlyRate"]))
      #expect(try session.edit("a", #"{"monthlyRate": 15000.00}"#, at: 2).success)
      #expect(try session.table(Self.row) == [["15000.00", #"{"monthlyRate": 15000}"#]])
      try read(session, 2, rate: "16000")
      #expect(try session.table(Self.row).map { $0[0] } == ["15000.00"], "the edit stays in effect")
      #expect(try session.count(Self.conflicts) == 0, "what we wrote ourselves is no change of PEMS'")
      try finish(session, push, rate: "16000")
      #expect(try session.table(Self.row) == [["15000.00", #"{"monthlyRate": 16000}"#]])
      #expect(
        try plan(session, try claim(session), rate: "16000")
          == .push(FieldValues(json: Array(#"{"monthlyRate": 15000.00}"#.utf8)) ?? FieldValues()))
    }
  }

  @Test("PEMS confirms a push and changes the field again before the push is ended: the record follows PEMS for good")
  func confirmedLate() async throws {
    try await onDatabase { session in
      try edited(session)
      let push = try claim(session)
      try PushStore.note(session, push, try PushStore.load(session, push).edit.ours(["monthlyRate"]))
      try read(session, 2, rate: "16000")
      try read(session, 3, rate: "17000")
      #expect(try session.table(Self.row) == [["17000", "-"]])
      try finish(session, push, rate: "16000")
      #expect(try session.table(Self.row) == [["17000", "-"]], "no edit holds the field any more")
      try read(session, 4, rate: "18000")
      #expect(try session.table(Self.row) == [["18000", "-"]])
    }
  }

  @Test("PEMS has the value, loses it and gets it from a push, all before the push is ended: the next read is believed")
  func lostAndSent() async throws {
    try await onDatabase { session in
      try edited(session)
      let push = try claim(session)
      try PushStore.note(session, push, try PushStore.load(session, push).edit.ours(["monthlyRate"]))
      try read(session, 2, rate: "16000")
      try read(session, 3, rate: "15000")
      #expect(try session.table(Self.row) == [["15000", "-"]], "the field follows PEMS")
      let hashes = (
        before: try Sample("a").canonical().contentHash,
        after: try Sample("a") { $0.rate = "16000" }.canonical().contentHash
      )
      try PushStore.finish(
        session, push, try #require(FieldValues(json: Array(#"{"monthlyRate": 16000}"#.utf8))), hashes: hashes,
        order: SourceOrder(block: 3, index: 0), wasSent: true, topic: "t", day: "d")
      try read(session, 4, rate: "16000")
      #expect(try session.table(Self.row) == [["16000", "-"]])
    }
  }

  @Test(
    "A page read before a push and applied after it takes nothing back, with or without an order; what PEMS says later applies",
    arguments: [true, false])
  func latePage(hasOrder: Bool) async throws {
    try await onDatabase { session in
      try edited(session)
      if !hasOrder { try session.execute("UPDATE pfa_mirror SET source_block = NULL, source_index = NULL") }
      try finish(session, try claim(session), rate: "16000", order: SourceOrder(block: 5, index: 0))
      try apply(session, [Sample("a", 4) { $0.dor = "PROJECT" }])
      try apply(session, [Sample("a", 5) { $0.dor = "PROJECT" }])
      #expect(try session.table(Self.row) == [["16000", "-"]])
      try apply(session, [Sample("a", 6) { ($0.dor, $0.rate) = ("PROJECT", "16000") }])
      #expect(try session.table("SELECT monthly_rate, dor FROM pfa_mirror") == [["16000.00", "PROJECT"]])
      try expectExact(session)
    }
  }

  @Test("PEMS goes back to what it said before a conflict that was decided for it: the record follows")
  func backAgain() async throws {
    try await onDatabase { session in
      try edited(session)
      let push = try claim(session)
      guard case .conflict(let conflict) = try plan(session, push, rate: "17000") else {
        Issue.record("PEMS' value would be overwritten")
        return
      }
      try PushStore.conflict(session, push, conflict, day: "d")
      let id = try #require(try session.value("SELECT id FROM pfa_sync_conflict WHERE status = 'open'"))
      _ = try ConflictStore.resolve(session, id, organization: "RIO", choice: .theirs, user: "ann", reason: "theirs")
      #expect(try session.table(Self.row) == [["17000", "-"]])
      try apply(session, [Sample("a", 3)])
      #expect(try session.table(Self.row) == [["15000", "-"]])
      try expectExact(session)
    }
  }

  @Test("PEMS takes a push back before it is ended, and a read says so: the next one is believed")
  func takenBack() async throws {
    try await onDatabase { session in
      try edited(session)
      let push = try claim(session)
      try PushStore.note(session, push, try PushStore.load(session, push).edit.ours(["monthlyRate"]))
      try apply(session, [Sample("a", 3)])
      #expect(try session.table(Self.row) == [["16000", #"{"monthlyRate": 15000}"#]])
      try finish(session, push, rate: "16000", order: SourceOrder(block: 1, index: 0))
      try apply(session, [Sample("a", 2) { $0.rate = "16000" }])
      #expect(try session.table(Self.row) == [["16000", "-"]])
      try apply(session, [Sample("a", 3)])
      #expect(try session.table(Self.row) == [["15000", "-"]])
      try expectExact(session)
    }
  }
}
