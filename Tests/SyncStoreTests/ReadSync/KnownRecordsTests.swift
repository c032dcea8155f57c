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
      try run.allocate(session, [1], isComplete: true)
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
}
