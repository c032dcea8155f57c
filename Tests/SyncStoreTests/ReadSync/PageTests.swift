import Postgres
import SQLCatalog
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What the messages of a run count, however often and in whatever shape they come.
@Suite("Pages", .syncDatabase) struct PageTests {
  private func streams(_ session: PGSession) throws -> [String] {
    try session.list(
      "SELECT organization_id || ' ' || received FROM pfa_sync_log WHERE stream IS NOT NULL ORDER BY organization_id")
  }

  private let issue = FieldIssue(pfaId: "bad", field: "order", code: "INVALID_ORDER", raw: "x")

  @Test("A page counts once, however often it is delivered (R4)")
  func once() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1], isComplete: true)
      for delivery in 0..<3 {
        let outcome = try apply(session, [Sample("a"), Sample("b")], page: run.page(1), rejected: [issue])
        #expect(outcome.counted == (delivery == 0))
      }
      #expect(try streams(session) == [])
      #expect(
        try session.table("SELECT job_id::text, page, pfa_id, field, code, raw, rejected FROM sync_record_issue")
          == [[run.claim.id, "1", "bad", "order", "INVALID_ORDER", "x", "t"]])
      _ = try ReadRunStore.finish(
        session, run.claim, .success(source: "pems", watermark: nil, sweep: false, note: nil), slot: 0)
      #expect(
        try run.log(session) == """
          completed_with_errors received 3 inserted 2 updated 0 unchanged 0 stale 0 discontinued 0 rejected 1 swept 0 pages 1
          """, "M9-7")
      #expect(try run.state(session) == ["succeeded", "with_rejects", "∅"])
      try expectExact(session)
    }
  }

  @Test("A page that its job does not know counts in the stream's row, and its issues there")
  func unknown() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1])
      #expect(try apply(session, [Sample("a")], page: run.page(1, suffix: "-other"), rejected: [issue]).counted)
      #expect(try apply(session, [Sample("b")], page: run.page(7)).counted)
      #expect(try streams(session) == ["RIO 3"])
      #expect(try session.table("SELECT job_id, page, stream FROM sync_record_issue") == [["∅", "∅", stream]])
      #expect(try ReadRunStore.window(session, run.claim).waiting == 1)
      try expectExact(session)
    }
  }

  @Test("An abandoned page changes rows by their order, and counts nowhere")
  func abandoned() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1, 2])
      try run.allocate(session, [3], abandonFrom: 2, suffix: "-again")
      #expect(try apply(session, [Sample("a")], page: run.page(2), rejected: [issue]).counted == false)
      #expect(try streams(session) == [])
      #expect(try session.count("SELECT count(*)::int FROM sync_record_issue") == 0)
      #expect(try session.count("SELECT count(*)::int FROM pfa_mirror") == 1)
      try apply(session, [Sample("b")], page: run.page(1))
      let window = try ReadRunStore.window(session, run.claim)
      #expect(window.waiting == 1 && window.waitingBytes == 100)
      try expectExact(session)
    }
  }

  @Test("A page applied after its run has ended is added to the log row of the run", arguments: [true, false])
  func late(isCancelled: Bool) async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1, 2])
      try apply(session, [Sample("a")], page: run.page(1))
      if isCancelled {
        #expect(try JobDecisions.cancel(session, run.claim.id, organization: "RIO", reason: "enough"))
      } else {
        _ = try ReadRunStore.finish(session, run.claim, .failure(code: "AUTH", message: "401"), slot: 0)
      }
      for _ in 0..<2 { try apply(session, [Sample("b"), Sample("a")], page: run.page(2), rejected: [issue]) }
      #expect(
        try run.log(session) == """
          \(isCancelled ? "cancelled" : "failed") received 4 inserted 2 updated 0 unchanged 1 stale 0 discontinued 0 rejected 1 \
          swept 0 pages 2
          """)
      #expect(
        try session.count("SELECT count(*)::int FROM sync_page WHERE seen IS NOT NULL OR state <> 'applied'") == 0)
      #expect(try streams(session) == [])
      try expectExact(session)
    }
  }

  @Test("A run that ends while its page is applied waits for it or leaves it to be added; nothing is lost")
  func ending() async throws {
    let applier = try await SyncDatabase.current.connect("applier")
    let run = try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1])
      return run
    }
    let records = batch([Sample("a")], of: "RIO", page: run.page(1))
    let holder = try await SyncDatabase.current.connect("holder")
    // The statement that applies has its snapshot, and waits for the page, before the job has ended.
    async let ended: Void = holder.run { session in
      try session.asWorker("RIO") {
        let values: [PGValue] = [.uuid(run.claim.id), .text("enough")]
        try session.query(Queries.cancelJob, values)
        try session.query(Queries.closeCancelledLog, values)
        try session.query("SELECT pg_advisory_xact_lock(7236999)")
        let deadline = ContinuousClock.now + .seconds(30)
        let waiting =
          "SELECT count(*)::int FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        while try session.count(waiting) == 0, ContinuousClock.now < deadline {}
      }
    }
    try await until("the job is being cancelled") {
      try await onDatabase { session in
        try session.count(
          """
          SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND objid = 7236999
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          """) > 0
      }
    }
    try await applier.run { session in
      try session.asWorker("RIO") {
        _ = try ApplyStore.apply(session, records, ApplyStore.Origin(slot: 0, stream: stream))
      }
    }
    try await ended
    let log = try await onDatabase { try run.log($0) }
    #expect(log?.hasPrefix("cancelled received 1 inserted 1 ") == true)
  }

  @Test("A page that names another organization's job counts in its own organization")
  func foreign() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, [1])
      try apply(session, [Sample("a")], to: "RIO2", page: run.page(1))
      #expect(try streams(session) == ["RIO2 1"])
      #expect(try ReadRunStore.window(session, run.claim).waiting == 1)
    }
  }

  @Test("Batches of a stream add up in one row per organization; its status remembers rejects")
  func streamRow() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      try apply(session, [Sample("b"), Sample("a")], rejected: [issue])
      try apply(session, [Sample("a")])
      try apply(session, [Sample("a")], to: "RIO2")
      try apply(session, [], to: "RIO2")
      let rows = try session.table(
        """
        SELECT organization_id, status, received, inserted, unchanged, rejected, pages FROM pfa_sync_log
        ORDER BY organization_id
        """)
      #expect(
        rows == [
          ["RIO", "completed_with_errors", "5", "2", "2", "1", "3"], ["RIO2", "completed", "1", "1", "0", "0", "1"],
        ])
    }
  }

  @Test("contract 4.1: an event that comes again, at whatever place, is neither listed nor counted as rejected again")
  func deliveredAgain() async throws {
    let found = ["dor", "model"].map { FieldIssue(pfaId: "bad", field: $0, code: "X", raw: "x") }
    try await onDatabase { session in
      func deliver(_ offset: Int64, _ event: String) throws -> ApplyOutcome {
        try apply(session, [], rejected: found, origin: MessageOrigin(offset: offset, producedAt: nil, event: event))
      }
      let (first, second) = (randomUUID(), randomUUID())
      #expect(try deliver(7, first).rejected == 2)
      let before = try session.table("SELECT * FROM pfa_sync_log")
      for offset in [7, 7, 90] as [Int64] {
        let again = try deliver(offset, first)
        #expect(again.rejected == 0 && !again.counted)
      }
      #expect(try session.table("SELECT * FROM pfa_sync_log") == before)
      #expect(try deliver(8, second).rejected == 2, "another event with the same fault")
      #expect(
        try session.table("SELECT field, topic, partition, kafka_offset FROM sync_record_issue ORDER BY id")
          == [7, 8].flatMap { offset in ["dor", "model"].map { [$0, "pems.read-sync.v1", "0", "\(offset)"] } })
      #expect(try apply(session, [], to: "RIO2", rejected: found).counted, "what has no event counts each time")
      try expectExact(session)
    }
  }

  @Test("One statement that brings an event twice lists it once")
  func twiceAtOnce() async throws {
    let bad = RecordOutcome.rejected(issue)
    let origins = [(5, "a"), (6, "b"), (9, "a")].map { offset, name in
      MessageOrigin(
        offset: Int64(offset), producedAt: nil, event: "00000000-0000-4000-8000-00000000000\(name)")
    }
    let batch = RecordBatch(organization: "RIO", page: nil, outcomes: [bad, bad, bad], origins: origins)
    try await onDatabase { session in
      let outcome = try session.asWorker("RIO") {
        try ApplyStore.apply(session, batch, ApplyStore.Origin(slot: 0, stream: stream, topic: "t", partition: 3))
      }
      #expect(outcome.rejected == 2)
      #expect(try session.list("SELECT kafka_offset FROM sync_record_issue ORDER BY 1") == ["5", "6"])
      #expect(try session.value("SELECT received || ' ' || rejected FROM pfa_sync_log") == "2 2")
    }
  }

  @Test("Every batch's received equals the sum of its outcomes, in the page and in the log (contract 4.4)")
  func closedAccounting() async throws {
    var random = seeded("closedAccounting")
    let pages = (1...8).map { page in
      (0..<(5 + random.below(30))).map { _ in Sample.random("r\(random.below(40))", Int64(random.below(9)), &random) }
    }
    let rejects = pages.map { _ in random.below(3) }
    try await onDatabase { session in
      var run = try ReadRun(session)
      try run.allocate(session, Array(1...8), isComplete: true)
      for (number, samples) in pages.enumerated() {
        let rejected = (0..<rejects[number]).map { _ in issue }
        let outcome = try apply(session, samples, page: run.page(number + 1), rejected: rejected)
        #expect(outcome.byName.reduce(0) { $0 + $1.1 } == samples.count + rejected.count)
        try expectExact(session)
      }
      _ = try ReadRunStore.finish(
        session, run.claim, .success(source: "pems", watermark: nil, sweep: false, note: nil), slot: 0)
      let received = pages.reduce(0) { $0 + $1.count } + rejects.reduce(0, +)
      #expect(try session.value("SELECT received FROM pfa_sync_log") == String(received))
      let rejected = try session.count("SELECT count(*)::int FROM sync_record_issue WHERE rejected")
      #expect(rejected == rejects.reduce(0, +), "every rejected record is listed")
    }
  }
}
