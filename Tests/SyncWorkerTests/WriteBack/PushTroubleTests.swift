import PEMS
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Pushes that meet trouble: refusals, silence, crashes, lost messages (domain.md 1.2).
@Suite("Push trouble")
struct PushTroubleTests {
  @Test("W4, M9-12: PEMS took the change and the answer was lost; the next try finds it there and sends nothing")
  func lostAnswer() async throws {
    try await WorkerWorld.withRecords { world, worker in
      world.pems.fail(.ofWrites(.acceptAndHangUp))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.requests == 1 && world.pems.writes.taken == 1)
      #expect(worker.metric(MetricCatalog.records, [("kind", "write_back"), ("outcome", "unchanged")]) == 1)
      #expect(try await world.sync(.incremental).result == "clean")
      #expect(try await world.mirror(3, "dor") == #"2|∅|"SITE""#)
      #expect(try await world.count("pfa_sync_conflict") == 0)
    }
  }

  @Test("W4: a time-out before PEMS took the change is sent again, and so is a broken answer")
  func timeout() async throws {
    try await WorkerWorld.withRecords(
      20, .of { $0.source = { $0.requestTimeout = .milliseconds(400) } }
    ) { world, _ in
      world.pems.fail(.ofWrites(.hang))
      world.pems.fail(.ofWrites(.truncate))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.requests == 2 && world.pems.writes.taken == 1)
    }
  }

  @Test("W4: a worker killed between the change and its confirmation; another one finds it done")
  func killed() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      let process = try world.spawnWorker()
      #expect(try await world.sync().state == "succeeded")
      world.pems.fail(.ofWrites(.acceptAndHang))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await until("PEMS has taken the change") { world.pems.writes.taken == 1 }
      await process.kill()
      #expect(try await world.editState(id) == "syncing")
      // Its lease would run out by itself.
      try await world.execute("UPDATE pfa_modification SET lease_expires_at = now()")
      _ = try world.startPusher()
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.requests == 1 && world.pems.writes.taken == 1)
      #expect(try await world.mirror(3, "dor") == #"2|∅|"SITE""#)
    }
  }

  @Test("a worker whose lease was taken over changes nothing any more")
  func takenOver() async throws {
    try await WorkerWorld.withRecords { world, first in
      let (waiting, letGo) = AsyncStream.makeStream(of: Never.self)
      defer { letGo.finish() }
      world.pems.fail(.ofWrites(.after(Task { for await _ in waiting {} })))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await until("PEMS is asked") { world.pems.writes.requests == 1 }
      try await world.execute(
        "UPDATE pfa_modification SET lease_token = gen_random_uuid(), lease_expires_at = now() + interval '1 hour'")
      letGo.finish()
      try await until("the first one is fenced") { first.metric(MetricCatalog.fenced) == 1 }
      #expect(try await world.editState(id) == "syncing")
      try await world.execute("UPDATE pfa_modification SET lease_expires_at = now()")
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.taken == 1)
    }
  }

  @Test("W6: 429 with Retry-After, 500s and broken connections are tried again, and no retry multiplies another")
  func passing() async throws {
    try await WorkerWorld.withRecords { world, worker in
      world.pems.fail(.ofWrites(.status(429, retryAfter: "2")))
      world.pems.fail(.ofWrites(.status(503)))
      world.pems.fail(.ofWrites(.hangUp))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.requests == 4 && world.pems.writes.taken == 1)
      #expect(worker.metric(MetricCatalog.retries, [("code", "UPSTREAM_RATE_LIMITED")]) == 1)
      #expect(try await world.count("dead_letter") == 0)
    }
  }

  static let permanent: [(SimulatedFault.Kind, String)] = [
    (.status(400), "UPSTREAM_REFUSED"), (.status(401), "AUTH"), (.status(403), "AUTH"),
    (.status(404), "SOURCE_NOT_FOUND"), (.errorAlert("The class is not valid"), "UPSTREAM_ERROR_ALERT"),
    (.confirmation("Are you sure?"), "CONFIRMATION_REQUIRED"),
    (.answer(#"{"Result":{"ResultData":{},"ErrorAlert":[{"Message":"no"}]}}"#), "UPSTREAM_ERROR_ALERT"),
  ]

  @Test(
    "W6, R12: refusals, alerts with 200 anywhere in the answer and questions fail at once, with a dead letter; an operator asks again"
  )
  func permanentFailures() async throws {
    try await WorkerWorld.withRecords { world, _ in
      for (index, (kind, code)) in Self.permanent.enumerated() {
        world.pems.fail(.ofWrites(kind, pfaId: WorkerWorld.id(index)))
        let id = try await world.edit(index, #"{"dor": "SITE"}"#)
        try await world.waitForEdit(id, "failed")
        #expect(
          try await world.lines("SELECT error_code, attempt FROM pfa_modification WHERE id = '\(id)'") == ["\(code)|1"])
        #expect(world.pems.writes.requests == index + 1)
      }
      #expect(
        try await world.lines("SELECT count(*), min(status) FROM dead_letter") == ["\(Self.permanent.count)|open"])
      let topic = world.topics.writeBack
      let again = try await world.connection.run { session in
        try session.asSystem {
          try PushRequestStore.retry(session, ids: nil, organization: "RIO", code: nil, key: "operator", topic: topic)
        }
      }
      #expect(again.count == Self.permanent.count)
      for id in again { try await world.waitForEdit(id, "synced") }
      #expect(try await world.lines("SELECT DISTINCT status FROM dead_letter") == ["resolved"])
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("W6: a failure that does not pass ends after four tries; the letter's replay asks again, once")
  func exhausted() async throws {
    try await WorkerWorld.withRecords { world, _ in
      world.pems.fail(.ofWrites(.status(503), times: 8))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "failed")
      #expect(world.pems.writes.requests == 4)
      let letters = "SELECT code, attempts, status FROM dead_letter"
      #expect(try await world.lines(letters) == ["UPSTREAM_UNAVAILABLE|1|open"])
      // The letter as a replay sends it, twice; then the event that the commit sent.
      let headers = try await world.lines("SELECT headers FROM dead_letter")[0]
      let eventId = try #require(
        try? JSONValue(parsing: Array(headers.utf8)).pairs["ce_id"])
      for _ in 0..<2 { try await world.requestPush(id, eventId: eventId) }
      try await until("it failed again") { world.pems.writes.requests == 8 }
      try await world.waitForEdit(id, "failed")
      #expect(try await world.lines(letters) == ["UPSTREAM_UNAVAILABLE|2|open"])
      try await world.requestPush(id, eventId: eventId)
      try await world.requestPush(id, eventId: "another request")
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.requests == 9)
    }
  }

  @Test("an edit whose message was lost is pushed all the same; a message for an edit nobody knows is a dead letter")
  func lostMessage() async throws {
    try await WorkerWorld.withRecords { world, worker in
      await worker.stop()
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.execute("DELETE FROM outbox")
      _ = try world.startPusher()
      try await world.waitForEdit(id, "synced")
      let nobody = UUIDText.random()
      try await world.requestPush(nobody, eventId: "x")
      try await until("it is kept") { try await world.count("dead_letter") == 1 }
      #expect(try await world.lines("SELECT code, organization_id FROM dead_letter") == ["UNKNOWN_MODIFICATION|RIO"])
      // Again: no effect on what is done.
      for _ in 0..<2 { try await world.requestPush(id, eventId: "again") }
      try await until("both are seen") {
        try await world.lines("SELECT request_keys::text LIKE '%again%' FROM pfa_modification") == ["t"]
      }
      #expect(try await world.editState(id) == "synced")
      #expect(world.pems.writes.requests == 1)
    }
  }

  @Test("edits of a suspended organization wait")
  func suspended() async throws {
    try await WorkerWorld.withRecords { world, _ in
      // Made before the suspension, but not pushed yet: a suspended organization is edited by nobody.
      try await world.execute("INSERT INTO queue_pause (kind, paused_by) VALUES ('write_back', 'test')")
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.execute("UPDATE organization SET status = 'suspended'")
      try await world.execute("UPDATE queue_pause SET resumed_by = 'test', resumed_at = now()")
      try await world.requestPush(id, eventId: "x")
      try await until("the request is seen") {
        try await world.lines("SELECT cardinality(request_keys) > 0 FROM pfa_modification") == ["t"]
      }
      #expect(try await world.editState(id) == "committed" && world.pems.writes.requests == 0)
      try await world.execute("UPDATE organization SET status = 'active'")
      try await world.waitForEdit(id, "synced")
    }
  }

  @Test("W12: no credential in an edit, a dead letter or a message about it")
  func credentials() async throws {
    try await WorkerWorld.withRecords(
      20, .of { $0.source = { $0.auth = .basic(user: "writer", password: Secret("geheim42")) } }
    ) { world, _ in
      world.pems.fail(.ofWrites(.errorAlert("password geheim42 is wrong")))
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "failed")
      let everything =
        try await world.lines("SELECT * FROM pfa_modification") + world.lines("SELECT * FROM dead_letter")
        + world.lines("SELECT topic, convert_from(message_value, 'UTF8'), headers FROM outbox")
      #expect(everything.contains { $0.contains("***") })
      #expect(!everything.contains { $0.contains("geheim42") || $0.contains("d3JpdGVyOmdlaGVpbTQy") })
    }
  }
}

extension WorkerWorld {
  /// An event that asks for a push.
  func requestPush(_ id: String, eventId: String) async throws {
    let request = WriteBackMessage(organization: "RIO", modificationId: id)
    let event = CloudEvent(
      id: eventId, source: "syncline", type: WriteBackMessage.requestedType, organization: "RIO",
      data: request.encoded())
    try await produce(event, key: "RIO/x", partition: 0, topic: topics.writeBack)
  }
}

extension JSONValue {
  /// Of `[[name, text], …]`.
  fileprivate var pairs: [String: String] {
    guard case .array(let items) = self else { return [:] }
    return Dictionary(
      items.compactMap { item in
        guard case .array(let pair) = item, pair.count == 2, let name = pair[0].string else { return nil }
        return pair[1].string.map { (name, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }
}
