import SyncDomain
import Testing

/// Records of a batch keep the message that brought them.
@Suite struct RecordBatchTests {
  private func origin(_ offset: Int64, at producedAt: Int64? = 0) -> MessageOrigin {
    MessageOrigin(offset: offset, producedAt: producedAt, event: "e\(offset)")
  }

  private func outcome(_ id: String, _ block: Int64, _ data: String = "{}") -> RecordOutcome {
    RecordCanonicalizer(organization: "RIO").canonicalize(
      Array(#"{"pfaId":"\#(id)","order":{"block":\#(block),"index":0},"data":\#(data)}"#.utf8))
  }

  @Test("Each record and each issue has its own message; of equal records the youngest announcement counts")
  func origins() {
    let outcomes = [
      outcome("b", 1), outcome("a", 1, #"{"dor":[]}"#), outcome("b", 1), outcome("", 1), outcome("b", 0),
      outcome("b", 1),
    ]
    let times: [Int64?] = [20, 30, 10, 40, 90, 25]
    let batch = RecordBatch(
      organization: "RIO", page: nil, outcomes: outcomes,
      origins: times.enumerated().map { origin(Int64($0.offset), at: $0.element) })
    #expect(batch.records.map(\.pfaId) == ["a", "b"] && batch.repeated == 2 && batch.received == 6)
    #expect(batch.origins.map { $0?.offset } == [1, 5], "not an older record's")
    #expect(batch.issues.map { $0.origin?.offset } == [1] && batch.rejected.map { $0.origin?.offset } == [3])
    let refused = batch.rejecting([1: "REFUSED_22"])
    #expect(refused.rejected.map { $0.origin?.offset } == [3, 5] && refused.origins.map { $0?.offset } == [1])
  }

  @Test("What came without data is rejected when nobody vouches for it, and the batch is no page any more")
  func unvouched() {
    let batch = RecordBatch(
      organization: "RIO", page: RecordBatch.Page(jobId: "j", number: 1, eventId: "e"), outcomes: [outcome("a", 1)],
      known: ["x", "y"], origins: [origin(7)])
    let refused = batch.unvouched()
    #expect(refused.page == nil && refused.known.isEmpty && refused.received == 3 && refused.records.count == 1)
    #expect(refused.rejected.map(\.finding.pfaId) == ["x", "y"])
    #expect(refused.rejected.allSatisfy { $0.finding.code == "UNVERIFIED_RECORD" && $0.origin == origin(7) })
  }

  @Test("The hash that vouches for ids tells lists apart")
  func hashes() {
    let lists = [[], ["a"], ["a", "b"], ["b", "a"], ["ab"], ["a\",\"b"], [""]]
    #expect(Set(lists.map { ReadSyncPage.hash(known: $0) }).count == lists.count)
  }
}
