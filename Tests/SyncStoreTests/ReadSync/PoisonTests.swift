import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Records that only the database refuses.
@Suite("Poison", .syncDatabase) struct PoisonTests {
  private func poison(_ id: String, _ data: String) -> RecordOutcome {
    .accepted(
      CanonicalRecord(
        pfaId: id, order: SourceOrder(block: 1, index: 0), discontinued: false, data: Array(data.utf8), contentHash: 7))
  }

  @Test("Bad records are found one by one, the rest is applied, and nothing of the search remains (R19, R16)")
  func bisect() async throws {
    var random = seeded("bisect")
    // Not compressible, so that it is too long for an index.
    let long = "zz" + (0..<3000).map { _ in String(random.below(10)) }.joined()
    let bad = [
      poison("r07", #"{"a":"\u0000"}"#), poison("r31", #"{"a":"\ud800"}"#), poison("r32", #"{"a":1e200000}"#),
      poison(long, "{}"), poison("r00a", "[1]"),
    ]
    let good = (0..<60).map { number in Sample("r\(number < 10 ? "0" : "")\(number)x").outcome() }
    let batch = RecordBatch(organization: "RIO", page: nil, outcomes: good + bad)
    try await onDatabase { session in
      let origin = ApplyStore.Origin(slot: 0, stream: stream)
      let error = try pgError { try session.asWorker("RIO") { _ = try ApplyStore.apply(session, batch, origin) } }
      #expect(error.blamesData)
      let outcome = try session.asWorker("RIO") {
        let refused = try ApplyStore.refused(session, batch, origin)
        let names = refused.keys.sorted().map { String(batch.records[$0].pfaId.prefix(4)) }
        #expect(names == ["r00a", "r07", "r31", "r32", String(long.prefix(4))])
        #expect(try session.count("SELECT count(*)::int FROM pfa_mirror") == 0)
        #expect(try session.count("SELECT count(*)::int FROM kpi_slot") == 0)
        return try ApplyStore.apply(session, batch.rejecting(refused), origin)
      }
      #expect(outcome.inserted == 60 && outcome.rejected == 5)
      #expect(try session.value("SELECT received || ' ' || rejected FROM pfa_sync_log") == "65 5")
      let codes = try session.list("SELECT DISTINCT code FROM sync_record_issue WHERE rejected ORDER BY code")
      #expect(codes.allSatisfy { $0.hasPrefix("REFUSED_") } && codes.count >= 3)
      #expect(try session.list("SELECT raw FROM sync_record_issue WHERE pfa_id = 'r32'") == [#"{"a":1e200000}"#])
      try expectExact(session)
    }
  }

  @Test("A batch of nothing but bad records leaves the counts and the issues")
  func allBad() async throws {
    let batch = RecordBatch(
      organization: "RIO", page: nil, outcomes: (0..<3).map { poison("p\($0)", #"{"a":"\u0000"}"#) })
    try await onDatabase { session in
      let origin = ApplyStore.Origin(slot: 0, stream: stream)
      let outcome = try session.asWorker("RIO") {
        let refused = try ApplyStore.refused(session, batch, origin)
        return try ApplyStore.apply(session, batch.rejecting(refused), origin)
      }
      #expect(outcome.rejected == 3 && outcome.counted)
      #expect(try session.count("SELECT count(*)::int FROM sync_record_issue") == 3)
    }
  }
}
