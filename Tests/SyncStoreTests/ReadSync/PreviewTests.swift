import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What a dry run tells must be what applying then does.
@Suite("Preview", .syncDatabase) struct PreviewTests {
  @Test("A preview merges committed edits as applying does, and counts what overlaps")
  func edits() async throws {
    try await onDatabase { session in
      let names = ["held", "overlap", "plain"]
      try apply(session, names.map { Sample($0) })
      try session.execute(
        """
        UPDATE pfa_mirror SET data = data || '{"dor": "PROJECT"}', pending_base = '{"dor": "BEO"}'
        WHERE pfa_id IN ('held', 'overlap')
        """)
      // The totals are corrected, since the edit was made by hand.
      try session.asWorker("RIO") {
        _ = try KPIStore.rebuild(session, organization: "RIO", slot: 0, cause: "test")
      }
      let samples = [
        Sample("held", 2) { $0.rate = "1" }, Sample("overlap", 2) { $0.dor = "OTHER" },
        Sample("plain", 2) { $0.rate = "2" }, Sample("new"),
      ]
      let records = batch(samples)
      let run = try ReadRun(session, mode: .incremental)
      let before = try Totals.kept(session)
      let part = try ReadPreviewStore.preview(session, run.claim, records)
      #expect(try Totals.kept(session) == before)
      let outcome = try apply(session, samples)
      #expect(part.inserted == Int64(outcome.inserted) && part.updated == Int64(outcome.updated))
      #expect(part.conflicted == 1 && outcome.conflicted == 1 && part.updated == 2)
      let groups = Set(part.effect.filter { $0.value != ReadPreview.Effect() }.keys.map(\.dor))
      #expect(groups == ["BEO", "PROJECT"], "the edit stays effective: \(groups)")
      try expectExact(session)
    }
  }

  @Test("A record met again is unchanged, not stale")
  func repeated() throws {
    var preview = ReadPreview()
    var part = ReadPreview.Part()
    part.inserted = 2
    preview.take(part, received: 3)
    preview.repeated = 1
    let json = try JSONValue(parsing: preview.json)
    #expect(json["unchanged"]?.integer == 1 && json["stale"]?.integer == 0 && json["conflicted"]?.integer == 0)
  }
}
