import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What the end of a push waits for.
@Suite("Push locks", .syncDatabase) struct PushLockTests {
  private struct Fault: Error {
    let plan: PushPlan
  }

  /// PostgreSQL lets whoever waits for a changed row keep its place in the queue of the old version while it waits for
  /// the new one, and a statement that updates by its older view has to stand in that queue.
  @Test(
    "W8 the end of a push that waits for an edit of its record is no part of a circle with those who wait as well",
    arguments: [true, false])
  func noCircle(isConfirmed: Bool) async throws {
    let database = try SyncDatabase.current
    let (drafter, editor) = (try await database.connect("drafter"), try await database.connect("editor"))
    let (pusher, waiter) = (try await database.connect("pusher"), try await database.connect("waiter"))
    let claim = try await onDatabase { session in
      try apply(session, [Sample("a")])
      try session.execute(
        """
        UPDATE pfa_mirror SET data = data || '{"dor": "SITE"}', pending_base = '{"dor": "BEO"}';
        INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
          sync_state, committed_at, next_attempt_at)
        SELECT id, 'RIO', 'ann', 's', '{"dor": "SITE"}', '{dor}', 1, 'committed', now(), now() FROM pfa_mirror
        """)
      return try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
    }
    // A draft of the record that is not committed yet holds its key.
    let (gate, later) = (try await Gate(), try await Gate(8))
    let drafting = Task {
      try await drafter.run { session in
        try session.transaction {
          try session.query("SELECT FROM pfa_mirror FOR KEY SHARE")
          try session.waitAtGate(8)
        }
      }
    }
    try await later.reached()
    let editing = Task {
      try await editor.run { session in
        try session.transaction {
          try session.execute("UPDATE pfa_mirror SET version = version + 1")
          try session.waitAtGate()
        }
      }
    }
    try await gate.reached()
    let (pushing, waiting) = (try await pusher.run { $0.backendPID }, try await waiter.run { $0.backendPID })
    let push = Task {
      try await pusher.run { session in
        if isConfirmed {
          try PushStore.finish(
            session, claim, FieldValues(), hashes: (0, 0), order: nil, wasSent: true, topic: "t", day: "d")
        } else {
          let plan = PushPlan(try PushStore.load(session, claim).edit, upstream: nil)
          guard case .conflict(let conflict) = plan else { throw Fault(plan: plan) }
          try PushStore.conflict(session, claim, conflict, day: "d")
        }
      }
    }
    try await gate.blocked(pushing)
    let next = Task { try await waiter.run { try $0.query("SELECT FROM pfa_mirror FOR NO KEY UPDATE").rowCount } }
    try await gate.blocked(waiting)
    try await gate.open()
    try await editing.value
    try await push.value
    #expect(try await next.value == 1)
    try await later.open()
    try await drafting.value
    let state = try await onDatabase { try $0.value("SELECT sync_state FROM pfa_modification") }
    #expect(state == (isConfirmed ? "synced" : "conflict"))
  }
}
