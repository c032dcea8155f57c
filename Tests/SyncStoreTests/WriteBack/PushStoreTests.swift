import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

@Suite("Push store", .syncDatabase) struct PushStoreTests {
  /// Records a0, a1, … with one committed edit of each.
  private func prepare(_ session: PGSession, _ count: Int) throws {
    try apply(session, (0..<count).map { Sample("a\($0)") })
    try session.execute(
      """
      INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
        sync_state, committed_at, next_attempt_at)
      SELECT id, 'RIO', 'ann', 's', '{"dor": "SITE"}', '{dor}', 1, 'committed', now(), now() - interval '1 minute'
      FROM pfa_mirror
      """)
  }

  @Test("W7 the database lets one push of a record be in flight, and claims take one of each")
  func oneInFlight() async throws {
    try await onDatabase { session in
      try prepare(session, 2)
      try prepare(session, 2)
      let first = try session.asSystem { try PushStore.claim(session, limit: 100) }
      #expect(Set(first.map(\.pfaId)) == ["a0", "a1"] && first.count == 2)
      #expect(try session.asSystem { try PushStore.claim(session, limit: 100) }.isEmpty)
      let error = try pgError {
        try session.execute("UPDATE pfa_modification SET sync_state = 'syncing' WHERE sync_state = 'committed'")
      }
      #expect(error.sqlstate == "23505")
    }
  }

  @Test("W7 many claim at once: each edit is taken once, at most a hundred a cycle")
  func contention() async throws {
    try await onDatabase { try prepare($0, 250) }
    let database = try SyncDatabase.current
    let taken = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await database.run { session in
            try session.asSystem { try PushStore.claim(session, limit: 1_000) }.map(\.id)
          }
        }
      }
      return try await group.reduce(into: [[String]]()) { $0.append($1) }
    }
    #expect(taken.map(\.count).max() == 100)
    #expect(Set(taken.joined()).count == 250 && taken.joined().count == 250)
  }

  @Test("W4 a push learns what other open edits of its record may have put into PEMS, and of no other record")
  func othersAttempts() async throws {
    try await onDatabase { session in
      try prepare(session, 2)
      try prepare(session, 2)
      let first = try session.asSystem { try PushStore.claim(session, limit: 2) }
      for claim in first {
        let sent = try #require(FieldValues(json: Array(#"{"dor":"\#(claim.pfaId)"}"#.utf8)))
        try PushStore.note(session, claim, sent)
        try PushStore.delay(session, claim, milliseconds: 60_000, code: "TIMEOUT", message: "no answer")
      }
      let second = try session.asSystem { try PushStore.claim(session, limit: 2) }
      #expect(Set(second.map(\.id)).isDisjoint(with: first.map(\.id)) && second.count == 2)
      for claim in second {
        let edit = try PushStore.load(session, claim).edit
        #expect(edit.pushed.isEmpty)
        #expect(edit.othersPushed.map { $0["dor"].text } == [claim.pfaId])
      }
    }
  }

  @Test("an edit whose commit found a conflict keeps none in effect from PEMS; one that a push or a read found does")
  func waitsForDecision() async throws {
    try await onDatabase { session in
      try prepare(session, 1)
      try session.execute(
        """
        UPDATE pfa_modification SET applied_version = 2;
        INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
          applied_version)
        SELECT mirror_id, organization_id, 'bob', 't', '{"dor": "YARD"}', '{dor}', 1, 3 FROM pfa_modification;
        UPDATE pfa_modification SET sync_state = 'committed' WHERE user_id = 'bob';
        UPDATE pfa_modification SET sync_state = 'conflict' WHERE user_id = 'bob';
        """)
      #expect(try session.asSystem { try PushStore.claim(session, limit: 1) }.isEmpty)
      try session.execute("UPDATE pfa_modification SET applied_version = NULL WHERE user_id = 'bob'")
      #expect(try session.asSystem { try PushStore.claim(session, limit: 1) }.count == 1)
    }
  }

  @Test("W6 the request of an edit's own commit does not ask for a failed push again, somebody else's does, once")
  func ownRequest() async throws {
    try await onDatabase { session in
      try prepare(session, 1)
      let claim = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      try session.query("SELECT pfa_queue_write_backs(ARRAY[$1::uuid])", [.uuid(claim.id)])
      let id = try #require(
        try session.value(
          "SELECT h ->> 1 FROM outbox, jsonb_array_elements(headers) h WHERE topic LIKE 'pfa.write-back%' AND h ->> 0 = 'ce_id'"
        ))
      func key(_ id: String) -> String {
        CloudEvent(id: id, source: "syncline", type: WriteBackMessage.requestedType, data: []).requestKey("RIO")
      }
      func fail(_ claim: PushClaim) throws {
        try PushStore.fail(
          session, claim, code: "AUTH", message: "no", topic: "t", eventId: "e", day: "d")
      }
      func request(_ id: String) throws -> String? {
        try session.asWorker("RIO") {
          let known = try PushRequestStore.request(session, modification: claim.id, key: key(id))
          #expect(known)
        }
        return try session.value("SELECT sync_state FROM pfa_modification")
      }
      try fail(claim)
      #expect(try request(id) == "failed")
      #expect(try request("another") == "committed")
      try fail(try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first))
      #expect(try request("another") == "failed")
    }
  }

  @Test("the dead letter of a push is resolved when PEMS has its values, whoever asked for them again")
  func letterSettled() async throws {
    try await onDatabase { session in
      try prepare(session, 2)
      let claims = try session.asSystem { try PushStore.claim(session, limit: 2) }
      for claim in claims {
        try PushStore.fail(
          session, claim, code: "TIMEOUT", message: "no answer", topic: "t", eventId: claim.id, day: "d")
      }
      #expect(try session.list("SELECT status FROM dead_letter") == ["open", "open"])
      try session.execute("UPDATE pfa_modification SET sync_state = 'committed', next_attempt_at = now()")
      let again = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      try PushStore.finish(
        session, again, FieldValues(), hashes: (0, 0), order: nil, wasSent: true, topic: "t", day: "d")
      let settled = try session.table(
        "SELECT status, convert_from(message_value, 'UTF8') LIKE '%\(again.id)%' FROM dead_letter ORDER BY status")
      #expect(settled == [["open", "f"], ["resolved", "t"]])
    }
  }

  @Test("a claim that was taken over writes nothing: not its end, not a conflict, not a delay")
  func fenced() async throws {
    try await onDatabase { session in
      try prepare(session, 1)
      let old = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      try session.execute("UPDATE pfa_modification SET lease_expires_at = now() - interval '1 s'")
      let new = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      #expect(new.isTakenOver && new.attempt == old.attempt && new.token != old.token)
      #expect(throws: Fenced.self) { try PushStore.note(session, old, FieldValues()) }
      #expect(throws: Fenced.self) {
        try PushStore.finish(
          session, old, FieldValues(), hashes: (0, 0), order: nil, wasSent: true, topic: "t", day: "d")
      }
      #expect(throws: Fenced.self) { try PushStore.delay(session, old, milliseconds: 0, code: "X", message: "x") }
      #expect(try session.asSystem { try PushStore.hold(session, [old]) }.isEmpty)
      #expect(try session.asSystem { try PushStore.hold(session, [new]) } == [new.id])
      #expect(try session.count("SELECT count(*)::int FROM pfa_sync_log WHERE sync_type = 'write_back'") == 0)
      try PushStore.finish(session, new, FieldValues(), hashes: (0, 0), order: nil, wasSent: true, topic: "t", day: "d")
      #expect(try session.list("SELECT sync_state FROM pfa_modification") == ["synced"])
    }
  }

  @Test("W8 an edit made while the push was under way stays pending, over what PEMS has now")
  func editedMeanwhile() async throws {
    try await onDatabase { session in
      try prepare(session, 1)
      try session.execute(#"UPDATE pfa_mirror SET data = data || '{"dor": "SITE"}', pending_base = '{"dor": "BEO"}'"#)
      let claim = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      let sent = try PushStore.load(session, claim).edit.ours(["dor"])
      try session.execute(#"UPDATE pfa_mirror SET data = data || '{"dor": "YARD"}', version = version + 1"#)
      try PushStore.finish(session, claim, sent, hashes: (0, 0), order: nil, wasSent: true, topic: "t", day: "d")
      #expect(
        try session.table("SELECT data -> 'dor', pending_base FROM pfa_mirror") == [[#""YARD""#, #"{"dor": "SITE"}"#]])
    }
  }

  @Test("W4 A field that an edit has set back stays pending until a push of that edit has looked at PEMS")
  func setBack() async throws {
    try await onDatabase { session in
      try prepare(session, 1)
      try session.execute(
        """
        UPDATE pfa_mirror SET data = data || '{"dor": "SITE", "manufacturer": "A", "model": "B"}',
          pending_base = '{"dor": "BEO", "manufacturer": "A", "model": "B"}';
        INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
          sync_state, committed_at, next_attempt_at)
        SELECT id, 'RIO', 'ann', 's', '{"manufacturer": "A"}', '{manufacturer}', 1, 'committed', now(), now() FROM pfa_mirror
        """)
      let claim = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      let sent = try PushStore.load(session, claim).edit.ours(["dor"])
      try PushStore.finish(session, claim, sent, hashes: (0, 0), order: nil, wasSent: true, topic: "t", day: "d")
      #expect(try session.list("SELECT pending_base::text FROM pfa_mirror") == [#"{"manufacturer": "A"}"#])
      let next = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      let edit = try PushStore.load(session, next).edit
      #expect(edit.concerned == ["manufacturer"])
      try PushStore.finish(
        session, next, edit.ours(edit.concerned), hashes: (0, 0), order: nil, wasSent: false, topic: "t", day: "d")
      #expect(try session.count("SELECT count(*)::int FROM pfa_mirror WHERE pending_base IS NULL") == 1)
    }
  }

  @Test("W9 A field that follows PEMS again is news when PEMS is read after the push, and our own write alone is not")
  func followsAgain() async throws {
    try await onDatabase { session in
      try prepare(session, 2)
      try session.execute(
        """
        UPDATE pfa_mirror SET content_hash = 7,
          data = data || jsonb_build_object('dor', CASE pfa_id WHEN 'a0' THEN 'YARD' ELSE 'SITE' END)
        """)
      let sent = try #require(FieldValues(json: Array(#"{"dor": "SITE"}"#.utf8)))
      for claim in try session.asSystem({ try PushStore.claim(session, limit: 2) }) {
        try PushStore.finish(session, claim, sent, hashes: (7, 8), order: nil, wasSent: true, topic: "t", day: "d")
      }
      #expect(
        try session.table("SELECT pfa_id, content_hash FROM pfa_mirror ORDER BY 1") == [["a0", "∅"], ["a1", "8"]])
    }
  }

  @Test("S1-24, S1-60 The next pushes are found by an index, whatever else is in the table")
  func plan() async throws {
    try await onDatabase { session in
      try prepare(session, 50)
      try session.execute(
        """
        UPDATE pfa_modification SET next_attempt_at = now() + interval '1 day';
        INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
          sync_state, committed_at, next_attempt_at)
        SELECT m.id, 'RIO', 'ann', 's', '{"dor": "SITE"}', '{dor}', 1, 'committed', now(), now() + interval '1 hour'
        FROM pfa_mirror m, generate_series(1, 400);
        ANALYZE pfa_modification;
        """)
      let plan = try session.list(
        """
        EXPLAIN SELECT d.id FROM pfa_modification d WHERE d.sync_state = 'committed' AND d.next_attempt_at <= now()
        ORDER BY d.next_attempt_at, d.id LIMIT 100
        """
      ).joined(separator: "\n")
      #expect(plan.contains("pfa_modification_due"), "\(plan)")
    }
  }
}
