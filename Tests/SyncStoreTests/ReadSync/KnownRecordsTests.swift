import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What a reader may leave out of its messages, because to apply it would change nothing.
@Suite("Known records", .syncDatabase) struct KnownRecordsTests {
  private func known(_ session: PGSession, _ samples: [Sample], organization: String = "RIO") throws -> Set<Int> {
    let records = samples.compactMap { sample -> CanonicalRecord? in
      guard case .accepted(let record) = sample.outcome(in: organization) else { return nil }
      return record
    }
    return try ReadRunStore.known(session, organization: organization, records)
  }

  @Test("R4: known is what has the row's order and content; everything else travels")
  func known() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a", 5), Sample("b", 5), Sample("c", nil), Sample("d", 5), Sample("e", 5)])
      try session.execute("UPDATE pfa_mirror SET swept_by = gen_random_uuid() WHERE pfa_id = 'e'")
      let samples = [
        Sample("a", 5), Sample("a", 6), Sample("a", 4), Sample("b", 5) { $0.rate = "1.00" }, Sample("c", nil),
        Sample("c", 1), Sample("d", nil), Sample("e", 5), Sample("new", 5),
      ]
      #expect(try known(session, samples) == [0, 4, 6])
      #expect(try known(session, samples, organization: "RIO2") == [], "another tenant's records are not known")
    }
  }

  @Test("contract 4.4, R7: known records count as received and unchanged, once, and are seen by the sweep")
  func counted() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a"), Sample("b"), Sample("gone")])
      var run = try ReadRun(session)
      try run.allocate(session, [1], isComplete: true, known: ["a"])
      for _ in 0..<2 { try apply(session, [Sample("b", 2)], page: run.page(1), known: ["a"]) }
      let (active, orphans, _) = try ReadRunStore.orphans(session, run.claim)
      #expect(active == 3 && orphans == 1)
      _ = try ReadRunStore.finish(
        session, run.claim, .success(source: "pems", watermark: nil, sweep: true, note: nil), slot: 0)
      #expect(
        try run.log(session) == """
          completed received 2 inserted 0 updated 0 unchanged 2 stale 0 discontinued 0 rejected 0 swept 1 pages 1
          """)
      try expectExact(session)
    }
  }

  @Test(
    "contract 4.4: what came without its data is rejected, each with a code, when nobody of ours vouches for it",
    arguments: [["a", "gone"], ["gone", "never there"], ["gone"]])
  func foreign(claimed: [String]) async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a"), Sample("gone")])
      var run = try ReadRun(session)
      try run.allocate(session, [1], isComplete: true, known: ["a"])
      // Its event id is ours, its list is not.
      let outcome = try apply(session, [Sample("b", 2)], page: run.page(1), known: claimed)
      #expect(outcome.rejected == claimed.count && outcome.unchanged == 0 && outcome.inserted == 1)
      #expect(
        try session.table("SELECT pfa_id, code, job_id, stream FROM sync_record_issue WHERE rejected ORDER BY id")
          == claimed.map { [$0, "UNVERIFIED_RECORD", "∅", stream] })
      #expect(try ReadRunStore.window(session, run.claim).waiting == 1, "the page itself is still to come")
      #expect(try apply(session, [], page: run.page(1), known: ["a"]).unchanged == 1)
      #expect(try ReadRunStore.orphans(session, run.claim).orphans == 1, "a claim keeps nothing from the sweep")
      _ = try ReadRunStore.finish(
        session, run.claim, .success(source: "pems", watermark: nil, sweep: true, note: nil), slot: 0)
      #expect(try session.list("SELECT pfa_id FROM pfa_mirror WHERE is_discontinued") == ["gone"])
      try expectExact(session)
    }
  }

  @Test(
    "A page of a job that there is not, or of none, has nobody to vouch for it; one written down before is believed")
  func unknownJob() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      let stranger = RecordBatch.Page(jobId: randomUUID(), number: 1, eventId: "e")
      #expect(try apply(session, [], page: stranger, known: ["a"]).rejected == 1)
      #expect(try apply(session, [], page: nil, known: ["a"]).rejected == 1)
      var run = try ReadRun(session)
      try run.allocate(session, [1])
      try session.execute("UPDATE sync_page SET known_hash = NULL")
      let outcome = try apply(session, [], page: run.page(1), known: ["a"])
      #expect(outcome.unchanged == 1 && outcome.rejected == 0)
    }
  }
}
