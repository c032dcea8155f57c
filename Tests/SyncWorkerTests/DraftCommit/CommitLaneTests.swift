import Kafka
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Commits as messages: from the topic into the rows.
@Suite("Commit lane") struct CommitLaneTests {
  /// A world with this many records of RIO, a worker, and users who may write.
  private func world(_ records: Int, _ body: (WorkerWorld) async throws -> Void) async throws {
    try await WorkerWorld.with(.of { $0.records = records }) { world in
      try await world.permit("ann", "bob")
      try world.startWorker()
      _ = try await world.sync()
      try await body(world)
    }
  }

  /// Records of the world that users can edit, by pfaId.
  private func editable(_ world: WorkerWorld, _ count: Int) async throws -> [String] {
    let ids = try await world.lines(
      "SELECT pfa_id FROM pfa_mirror WHERE NOT is_discontinued ORDER BY pfa_id LIMIT \(count)")
    try #require(ids.count == count)
    return ids
  }

  @Test(
    "S0-32, S1-62 Two commits at one version: the first is in effect, the second a conflict that overwrites nothing")
  func twoCommits() async throws {
    try await world(20) { world in
      let id = try await editable(world, 1)[0]
      try await world.draft(id, #"{"dor":"ANN"}"#, user: "ann", session: "a")
      try await world.draft(id, #"{"dor":"BOB"}"#, user: "bob", session: "b")
      let first = try await world.commit("a", user: "ann")
      let second = try await world.commit("b", user: "bob")
      #expect(first.state == "succeeded" && first.result == "clean")
      #expect(second.state == "failed" && second.code == "CONFLICT")
      #expect(try await world.lines("SELECT dor, version FROM pfa_mirror WHERE pfa_id = '\(id)'") == ["ANN|2"])
      #expect(
        try await world.lines("SELECT kind, conflict_fields FROM pfa_sync_conflict") == ["field_overlap|{dor}"])
      try await world.resolve(id, .mine, user: "bob")
      #expect(try await world.lines("SELECT dor, version FROM pfa_mirror WHERE pfa_id = '\(id)'") == ["BOB|3"])
      #expect(try await world.kpiDifferences() == [])
      #expect(
        try await world.lines("SELECT count(*) FROM outbox WHERE topic = 'pfa.draft-commit.v1'") == ["0"])
    }
  }

  @Test("S0-22 The story T0-T6 with a rebuild of the totals in the middle: B conflicts, A's edit stays")
  func story() async throws {
    try await world(20) { world in
      let id = try await editable(world, 1)[0]
      // T0: both see version 1. T1: A saves. T2: the totals are rebuilt. T3: B saves on what he saw at T0.
      try await world.draft(id, #"{"monthlyRate":1,"source":"Rental"}"#, user: "ann", session: "a", at: 1)
      #expect(try await world.commit("a", user: "ann").state == "succeeded")
      try await world.produce(
        CloudEvent(
          id: UUIDText.random(), source: "test", type: DecodedMessage.rebuildType, organization: "RIO",
          data: Array(#"{"organization":"RIO"}"#.utf8)), key: "RIO", topic: world.topics.kpiRefresh)
      try await until("the totals are rebuilt") {
        try await world.lines("SELECT state FROM sync_job WHERE kind = 'kpi_rebuild'") == ["succeeded"]
      }
      try await world.draft(id, #"{"monthlyRate":2}"#, user: "bob", session: "b", at: 1)
      let late = try await world.commit("b", user: "bob")
      #expect(late.code == "CONFLICT")
      #expect(try await world.lines("SELECT monthly_rate FROM pfa_mirror WHERE pfa_id = '\(id)'") == ["1.00"])
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("A commit that comes again, under any id and on any partition, has no further effect")
  func duplicates() async throws {
    try await world(20) { world in
      let id = try await editable(world, 1)[0]
      try await world.draft(id, #"{"dor":"ANN"}"#, user: "ann", session: "a")
      let event = world.commitEvent("a", user: "ann")
      let topic = world.topics.draftCommit
      for partition in Int32(0)..<3 { try await world.produce(event, key: "k", partition: partition, topic: topic) }
      // The same commit in another event, and the same event with another commit.
      let commitId = try JSONValue(parsing: event.data)["commitId"]?.string ?? ""
      try await world.produce(
        world.commitEvent("a", user: "ann", commitId: commitId), key: "k", partition: 1, topic: topic)
      try await world.produce(world.commitEvent("a", user: "ann", id: event.id), key: "k", partition: 2, topic: topic)
      try await world.waitUntilCommitted(upTo: 5)
      #expect(try await world.lines("SELECT dor, version FROM pfa_mirror WHERE pfa_id = '\(id)'") == ["ANN|2"])
      #expect(try await world.lines("SELECT id FROM sync_job WHERE kind = 'draft_commit'") == [commitId])
      #expect(try await world.lines("SELECT count(*) FROM pfa_sync_log WHERE sync_type = 'draft_commit'") == ["1"])
      #expect(try await world.count("dead_letter") == 0)
    }
  }

  @Test("S1-46 Commits that arrive together see each other's effects, in order; redelivery from the start adds nothing")
  func together() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      try await world.permit("ann", "bob")
      let reader = try world.startWorker()
      _ = try await world.sync()
      await reader.stop()
      let ids = try await editable(world, 3)
      for (user, session, delta) in [
        ("ann", "a1", #"{"dor":"ONE"}"#), ("bob", "b1", #"{"dor":"TWO"}"#), ("ann", "a2", #"{"manufacturer":"M"}"#),
        ("bob", "b2", #"{"dor":"ONE"}"#),
      ] {
        for id in ids { try await world.draft(id, delta, user: user, session: session) }
        try await world.requestCommit(session, user: user, partition: 0)
      }
      try world.startWorker { $0.kinds.remove(.writeBack) }
      try await world.waitUntilCommitted(upTo: 4)
      #expect(
        try await world.lines(
          "SELECT dor, manufacturer, version FROM pfa_mirror WHERE pfa_id IN ('\(ids.joined(separator: "','"))')")
          == Array(repeating: "ONE|M|3", count: 3))
      #expect(
        try await world.lines(
          "SELECT state FROM sync_job WHERE kind = 'draft_commit' ORDER BY requested_by, state DESC")
          == ["succeeded", "succeeded", "succeeded", "failed"])
      #expect(try await world.kpiDifferences() == [])
      let before = try await world.rows() + world.edits() + world.kpis()
      // Another group starts at the beginning of the topics.
      try world.startWorker {
        $0.group = world.group + ".again"
        $0.kinds = [.draftCommit]
      }
      try await world.waitUntilCommitted(upTo: 4, group: world.group + ".again")
      #expect(try await world.rows() + world.edits() + world.kpis() == before)
      #expect(try await world.count("pfa_sync_conflict") == 3)
    }
  }

  @Test("S0-17 Ids that another kind of job or another tenant has used already stand in nobody's way")
  func takenIds() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 20
        $0.organizations = ["RIO", "HOL"]
      }
    ) { world in
      try await world.permit("ann")
      try await world.permit("eve", in: "HOL")
      try world.startWorker { $0.kinds.remove(.writeBack) }
      let read = try await world.sync().id
      for (index, id) in try await editable(world, 4).enumerated() {
        try await world.draft(id, #"{"dor":"N"}"#, user: "ann", session: "s\(index)")
      }
      func send(_ event: CloudEvent) async throws {
        try await world.produce(event, key: "k", partition: 0, topic: world.topics.draftCommit)
      }
      // The id of a read; then of another tenant's commit, and of the event that asked for it.
      let (taken, event) = (UUIDText.random(), UUIDText.random())
      try await send(world.commitEvent("s0", user: "ann", commitId: read))
      try await send(world.commitEvent("x", user: "eve", commitId: taken, in: "HOL"))
      try await send(world.commitEvent("s1", user: "ann", commitId: taken))
      try await send(world.commitEvent("x", user: "eve", id: event, in: "HOL"))
      try await send(world.commitEvent("s2", user: "ann", id: event))
      // The same commit in another event: known all the same.
      try await send(world.commitEvent("s3", user: "ann", commitId: taken))
      try await world.waitUntilCommitted(upTo: 6)
      #expect(
        try await world.lines(
          """
          SELECT organization_id, parameters ->> 'sessionId', state, result FROM sync_job WHERE kind = 'draft_commit'
          ORDER BY 1 DESC, 2
          """) == [
            "RIO|s0|succeeded|clean", "RIO|s1|succeeded|clean", "RIO|s2|succeeded|clean", "HOL|x|succeeded|clean",
            "HOL|x|succeeded|clean",
          ])
      #expect(try await world.lines("SELECT count(*) FROM pfa_mirror WHERE dor = 'N'") == ["3"])
      #expect(try await world.count("dead_letter") == 0)
      // Requests of other kinds, whose event another tenant has used.
      for organization in ["HOL", "RIO"] {
        for (type, topic) in [
          (DecodedMessage.rebuildType, world.topics.kpiRefresh), (ReadSyncMessage.requestedType, world.topics.readSync),
        ] {
          let data = Array(#"{"organization":"\#(organization)","mode":"full","source":"sim"}"#.utf8)
          try await world.produce(
            CloudEvent(id: "same", source: "test", type: type, organization: organization, data: data), key: "k",
            topic: topic)
        }
      }
      try await until("each tenant has its own jobs") {
        try await world.lines(
          """
          SELECT kind, organization_id, count(*) FROM sync_job WHERE kind <> 'draft_commit' AND id <> '\(read)'
          GROUP BY 1, 2 ORDER BY 1, 2
          """) == ["kpi_rebuild|HOL|1", "kpi_rebuild|RIO|1", "read_sync|HOL|1", "read_sync|RIO|1"]
      }
    }
  }

  private static let longName = String(repeating: "n", count: 256)
  private static let longReason = String(repeating: "r", count: 4_001)

  @Test(
    "Hostile commits become dead letters with a code, or jobs that say why; the partition goes on",
    arguments: [
      #"{"organization":"RIO","commitId":"c","sessionId":"a"}"#,
      #"{"organization":"RIO","commitId":"c","userId":"ann"}"#,
      #"{"organization":"RIO","userId":"ann","sessionId":"a"}"#, #"{"commitId":"c","userId":"ann","sessionId":7}"#,
      #"{"organization":"NIL","commitId":"c","userId":"ann","sessionId":"a"}"#, "[]", "not json",
      #"{"organization":"RIO","commitId":"c","userId":"a\u0000","sessionId":"a"}"#,
      #"{"organization":"RIO","commitId":"c","userId":"ann","sessionId":"a","partial":"yes"}"#,
      #"{"organization":"RIO","commitId":"\#(longName)","userId":"ann","sessionId":"a"}"#,
      #"{"organization":"RIO","commitId":"c","userId":"\#(longName)","sessionId":"a"}"#,
      #"{"organization":"RIO","commitId":"c","userId":"ann","sessionId":"\#(longName)"}"#,
      #"{"organization":"RIO","commitId":"c","userId":"ann","sessionId":"a","changeReason":"\#(longReason)"}"#,
    ])
  func hostile(payload: String) async throws {
    try await WorkerWorld.with { world in
      try await world.permit("ann")
      try world.startWorker { $0.kinds = [.draftCommit] }
      let event = CloudEvent(
        id: UUIDText.random(), source: "test", type: DraftCommitRequest.type, data: Array(payload.utf8))
      try await world.produce(event, key: "RIO/a", partition: 0, topic: world.topics.draftCommit)
      try await world.requestCommit("none", user: "ann", partition: 0)
      try await world.waitUntilCommitted(upTo: 2)
      let codes = try await world.lines("SELECT code FROM dead_letter")
      #expect(codes.count == 1 && ["INVALID_MESSAGE", "INVALID_JSON", "UNKNOWN_ORGANIZATION"].contains(codes[0]))
      #expect(try await world.lines("SELECT state, result FROM sync_job") == ["succeeded|clean"], "the next one")
    }
  }

  @Test("S0-04 A revoked user's commit is FORBIDDEN; metrics tell commits, outcomes and the time they took")
  func forbidden() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      try await world.permit("ann")
      let worker = try world.startWorker()
      _ = try await world.sync()
      let ids = try await editable(world, 2)
      for id in ids { try await world.draft(id, #"{"dor":"X"}"#, user: "ann", session: "a") }
      try await world.permit("ann", level: "read")
      #expect(try await world.commit("a", user: "ann").code == "FORBIDDEN")
      try await world.permit("ann")
      #expect(try await world.commit("a", user: "ann").result == "clean")
      let labels = [("kind", "draft_commit")]
      // Counted when the transaction is over, which is when the job is seen.
      for outcome in ["rejected", "updated"] {
        try await until("\(outcome) is counted") {
          worker.metric(MetricCatalog.records, labels + [("outcome", outcome)]) == 2
        }
      }
    }
  }
}

extension WorkerWorld {
  /// Waits until so many messages of the topic of commits have been applied.
  func waitUntilCommitted(upTo count: Int64, group: String? = nil) async throws {
    let name = group ?? self.group
    let topic = topics.draftCommit
    try await until("\(count) commits are applied") {
      try await lines(
        """
        SELECT coalesce(sum(next_offset), 0) FROM consumer_offset
        WHERE consumer_group = '\(name)' AND topic = '\(topic)'
        """) == ["\(count)"]
    }
  }
}
