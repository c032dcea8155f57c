import Postgres
import SyncStore
import TestKit
import Testing

/// Signs of life, and what was asked for.
@Suite("Crew", .syncDatabase) struct CrewTests {
  @Test("A worker lives while it says so, is dead when silent, and forgotten after a day or when it ends in order")
  func life() async throws {
    try await onDatabase { session in
      try session.asSystem {
        try CrewStore.beat(session, name: "w1", group: "g", kinds: ["read_sync"])
        try CrewStore.beat(session, name: "w2", group: "h", kinds: ["draft_commit"])
        try CrewStore.beat(session, name: "w1", group: "g", kinds: ["read_sync"])
      }
      func crew() throws -> Crew { try session.reading { try CrewStore.crew(session) } }
      #expect(try crew().alive.map(\.name) == ["w1", "w2"])
      #expect(try crew().able("read_sync").map(\.name) == ["w1"])
      #expect(try crew().able("read_sync", group: "h") == [])
      try session.execute("UPDATE live_worker SET seen_at = now() - interval '25 seconds' WHERE name = 'w1'")
      #expect(try crew().alive.map(\.name) == ["w2"])
      #expect(try crew().lastSeen?.name == "w1")
      try session.execute("UPDATE live_worker SET seen_at = now() - interval '25 hours' WHERE name = 'w1'")
      try session.asSystem {
        try CrewStore.beat(session, name: "w3", group: "g", kinds: [])
        try CrewStore.end(session, name: "w2")
      }
      #expect(try crew().members.map(\.name) == ["w3"])
    }
  }

  @Test("A request is found with its place, in the outbox, held, as a dead letter, and by a schedule's firing")
  func requests() async throws {
    let id = "aaaaaaaa-0000-4000-8000-000000000001"
    let other = "bbbbbbbb-0000-4000-8000-000000000002"
    try await onDatabase { session in
      func find(_ id: String) throws -> JobRequest? {
        try session.reading { try JobRequestStore.find(session, id, group: "g") }
      }
      #expect(try find(id) == nil)
      try session.asSystem {
        try JobRequestStore.record(
          session, job: id, organization: "RIO", kind: "read_sync", event: "e1", key: "k1",
          parameters: Array("{}".utf8), place: ("t", 2, 17), by: "ann")
      }
      var request = try #require(try find(id))
      #expect(request.organization == "RIO" && request.kind == "read_sync" && request.requestedBy == "ann")
      #expect(request.topic == "t" && request.partition == 2 && request.offset == 17 && request.appliedOffset == nil)
      try session.execute(
        """
        INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) VALUES ('g', 't', 2, 15);
        INSERT INTO outbox (topic, headers, error, parked_at) VALUES ('t', '[["ce_id", "e1"]]', 'too large', now());
        INSERT INTO held_message (kind, organization_id, topic, partition, kafka_offset, headers)
          VALUES ('read_sync', 'RIO', 't', 2, 17, '[["x", "y"], ["ce_id", "e1"]]');
        INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, headers, code, cause)
          VALUES ('RIO', 't', 2, 17, '[["ce_id", "e1"]]', 'UNKNOWN_SOURCE', 'no such source')
        """)
      request = try #require(try find(id))
      #expect(request.appliedOffset == 15 && request.isInOutbox && request.outboxError == "too large")
      #expect(request.isHeld && request.deadLetterCode == "UNKNOWN_SOURCE" && request.deadLetter != nil)

      try session.execute(
        """
        INSERT INTO job_firing (id, job, organization_id, kind, lane, due_at, state, run_at, job_id)
        VALUES (gen_random_uuid(), 'nightly', 'RIO', 'read_sync', 'read', now(), 'requested', now(), '\(other)')
        """)
      #expect(try find(other)?.requestedBy == "schedule nightly")
    }
  }

  @Test("A commit that an application asked for is found while it is in the outbox")
  func commit() async throws {
    try await onDatabase { session in
      let id = "cccccccc-0000-4000-8000-000000000003"
      try session.execute(
        """
        INSERT INTO outbox (topic, message_value, headers)
        VALUES ('pfa.draft-commit.v1', convert_to('{"organization": "RIO", "userId": "ann"}', 'UTF8'),
          '[["ce_id", "\(id)"]]')
        """)
      let request = try session.reading { try JobRequestStore.find(session, id, group: "g") }
      #expect(request?.kind == "draft_commit" && request?.organization == "RIO" && request?.requestedBy == "ann")
      #expect(request?.isInOutbox == true && request?.outboxError == nil)
    }
  }
}
