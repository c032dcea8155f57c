import PEMS
import SyncDomain
import SyncStore
import SyncWorker
import Testing

/// Cutting upstream pages into messages, and cutting them again after a crash.
@Suite("Page ledger")
struct PageLedgerTests {
  private func page(_ indexes: Range<Int>, revision: Int = 0, rejected: Int = 0) -> SourcePage {
    var page = SourcePage()
    page.records = indexes.map { Events.record($0, revision: revision) }
    page.rejected = (0..<rejected).map { FieldIssue(pfaId: "bad-\($0)", field: nil, code: "NUL_CHARACTER", raw: "x") }
    return page
  }

  @Test(
    "R22: chunks hold at most 1,000 records and 900 KB, in order, with every rejected row; an oversized record becomes a rejection"
  )
  func chunks() throws {
    var source = page(0..<2_300, rejected: 1_200)
    var random = SplitMix64(seed: 3)
    let huge = String(decoding: (0..<950_000).map { _ in UInt8(97 + random.below(26)) }, as: UTF8.self)
    source.records.insert(
      CanonicalRecord(
        pfaId: "huge", order: nil, discontinued: false, data: Array(#"{"description":"\#(huge)"}"#.utf8), contentHash: 1
      ), at: 1_500)
    let chunks = PageChunker.chunks(of: source, organization: "RIO", jobId: "j", first: 5)
    #expect(chunks.map(\.page) == Array(5..<(5 + chunks.count)))
    var ids: [String?] = []
    var rejected: [String?] = []
    for chunk in chunks {
      #expect(chunk.payload.count <= 900_000)
      let event = CloudEvent(
        id: "i", source: "s", type: ReadSyncMessage.pageType, organization: "RIO", data: chunk.payload)
      guard case .page(let page) = try ReadSyncMessage.decode(event) else {
        Issue.record("not a page")
        continue
      }
      #expect(page.records.count + page.rejected.count <= 1_000)
      ids += page.records.map { try? JSONValue(parsing: Array($0))["pfaId"]?.string }
      rejected += page.rejected.map(\.pfaId)
    }
    #expect(ids == (0..<2_300).map { Events.record($0).pfaId })
    #expect(rejected.count == 1_201 && rejected.contains("huge"))
  }

  @Test("R22: the issues of a record count: one that fits only without them becomes a rejection")
  func issuesCount() throws {
    let issue = FieldIssue(
      pfaId: "wide", field: "category", code: "INVALID_TEXT", raw: String(repeating: "x", count: 1_000))
    var source = SourcePage()
    source.records = [
      CanonicalRecord(
        pfaId: "wide", order: nil, discontinued: false,
        data: Array(#"{"description":"\#(String(repeating: "y", count: 880_000))"}"#.utf8), contentHash: 1,
        issues: Array(repeating: issue, count: 30))
    ]
    let chunks = PageChunker.chunks(of: source, organization: "RIO", jobId: "j", first: 1)
    #expect(chunks.count == 1 && chunks.allSatisfy { $0.payload.count <= 900_000 })
    let event = CloudEvent(
      id: "i", source: "s", type: ReadSyncMessage.pageType, organization: "RIO", data: chunks[0].payload)
    guard case .page(let page) = try ReadSyncMessage.decode(event) else {
      Issue.record("not a page")
      return
    }
    #expect(page.records.isEmpty && page.rejected.map(\.code) == ["RECORD_TOO_LARGE"])
  }

  @Test("R21, R22: a message without what the mirror has keeps its id, its rejected rows and records with issues")
  func thinned() throws {
    var source = page(0..<1_500, rejected: 2)
    let noted = source.records[1]
    source.records[1] = CanonicalRecord(
      pfaId: noted.pfaId, order: noted.order, discontinued: false, data: noted.data, contentHash: noted.contentHash,
      issues: [FieldIssue(pfaId: noted.pfaId, field: "category", code: "INVALID_TEXT", raw: "7")])
    let chunks = PageChunker.chunks(of: source, organization: "RIO", jobId: "j", first: 1)
    let known = Set((0..<1_500).filter { $0 % 3 != 0 })
    var whole: [String] = []
    var spared: [String] = []
    var rejected = 0
    for chunk in chunks {
      let thin = chunk.thinned(source, known: known, organization: "RIO", jobId: "j")
      #expect(thin.page == chunk.page && thin.eventId(jobId: "j") == chunk.eventId(jobId: "j"))
      #expect(thin.payload.count < chunk.payload.count)
      #expect(chunk.thinned(source, known: [], organization: "RIO", jobId: "j").payload == chunk.payload)
      let event = CloudEvent(
        id: "i", source: "s", type: ReadSyncMessage.pageType, organization: "RIO", data: thin.payload)
      guard case .page(let page) = try ReadSyncMessage.decode(event) else {
        Issue.record("not a page")
        continue
      }
      #expect(page.records.count + page.known.count == chunk.records.count)
      whole += page.records.compactMap { try? JSONValue(parsing: Array($0))["pfaId"]?.string }
      spared += page.known
      rejected += page.rejected.count
    }
    let travels = (0..<1_500).filter { $0 % 3 == 0 || $0 == 1 }.map { source.records[$0].pfaId }
    #expect(whole == travels && rejected == 2)
    #expect(Set(whole + spared) == Set(source.records.map(\.pfaId)) && whole.count + spared.count == 1_500)
  }

  @Test("whether records are known is asked as long as it pays, and now and then to find out")
  func share() {
    var share = KnownShare()
    let first = share.isWorthAsking()
    #expect(first, "the first page tells")
    share.learn(known: 0, of: 1_000)
    let asked = (1...24).filter { _ in
      let isAsked = share.isWorthAsking()
      if isAsked { share.learn(known: 0, of: 1_000) }
      return isAsked
    }
    #expect(asked == [8, 16, 24])
    share.learn(known: 990, of: 1_000)
    let always = (1...5).allSatisfy { _ in share.isWorthAsking() }
    #expect(always)
  }

  @Test(
    "R21: the same upstream after a crash gives the same messages: what was applied is skipped, the rest is published again"
  )
  func samePage() {
    var first = PageLedger(organization: "RIO", jobId: "j", nextPage: 1)
    let step = first.take(page(0..<2_500))
    #expect(step.entries.map(\.page) == [1, 2, 3] && step.publish.count == 3 && step.abandonFrom == nil)
    let written = step.entries.map { PageEntry(page: $0.page, eventId: $0.eventId, bytes: 0, isApplied: $0.page == 2) }
    var second = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: written)
    let again = second.take(page(0..<2_500))
    #expect(again.entries.isEmpty && again.abandonFrom == nil)
    #expect(again.publish.map(\.page) == [1, 3])
    #expect(second.nextPage == 4 && second.leftover == nil)
  }

  @Test(
    "R21, R3: another upstream after a crash takes new numbers from the first difference on, and gives the old ones up")
  func otherPage() {
    var first = PageLedger(organization: "RIO", jobId: "j", nextPage: 1)
    let written = first.take(page(0..<3_500)).entries
    var second = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: written)
    var changed = page(0..<3_500)
    changed.records[1_200] = Events.record(1_200, revision: 1)
    let step = second.take(changed)
    #expect(step.abandonFrom == 2)
    #expect(step.publish.map(\.page) == [1, 5, 6, 7] && step.entries.map(\.page) == [5, 6, 7])
    #expect(second.nextPage == 8 && second.leftover == nil)
  }

  @Test("R21: a message given up once is never published again, also when the upstream is as it was before")
  func abandonedPages() {
    let original = page(0..<3_500)
    var first = PageLedger(organization: "RIO", jobId: "j", nextPage: 1)
    let old = first.take(original).entries
    var changed = original
    changed.records[1_200] = Events.record(1_200, revision: 1)
    var second = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: old)
    let new = second.take(changed).entries
    let replay =
      [old[0]] + old[1...].map { PageEntry(page: $0.page, eventId: $0.eventId, bytes: 0, isAbandoned: true) }
      + new.map { PageEntry(page: $0.page, eventId: $0.eventId, bytes: 0, isApplied: $0.page == 6) }
    var third = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: replay)
    let again = third.take(changed)
    #expect(again.publish.map(\.page) == [1, 5, 7] && again.entries.isEmpty && again.abandonFrom == nil)
    #expect(third.nextPage == 8 && third.leftover == nil)
    var fourth = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: replay)
    let back = fourth.take(original)
    #expect(back.abandonFrom == 5 && back.publish.map(\.page) == [1, 8, 9, 10])
    var fifth = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: replay)
    #expect(fifth.take(page(0..<1_000)).abandonFrom == nil)
    #expect(fifth.leftover == 5)
  }

  @Test("R21: a shorter upstream after a crash leaves messages over, to be given up")
  func shorterPage() {
    var first = PageLedger(organization: "RIO", jobId: "j", nextPage: 1)
    let written = first.take(page(0..<3_000)).entries
    var second = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: written)
    #expect(second.take(page(0..<1_000)).abandonFrom == nil)
    #expect(second.leftover == 2)
  }

  @Test(
    "R21: whatever a crash left, each record the upstream then has is in exactly one message published or applied"
  )
  func anyCrash() throws {
    let seed = printedSeed()
    var random = SplitMix64(seed: seed)
    for _ in 0..<40 {
      var original = page(0..<(random.below(4_000) + 1), rejected: random.below(3))
      var ledger = PageLedger(organization: "RIO", jobId: "j", nextPage: 1)
      let entries = ledger.take(original).entries
      let applied = Set(entries.map(\.page).filter { _ in random.below(3) == 0 })
      let replay = entries.map {
        PageEntry(page: $0.page, eventId: $0.eventId, bytes: 0, isApplied: applied.contains($0.page))
      }
      switch random.below(4) {
      case 0: break
      case 1: original.records.removeLast(random.below(original.records.count))
      case 2:
        let index = random.below(original.records.count)
        original.records[index] = Events.record(index, revision: 1)
      default: original.records.insert(Events.record(9_000), at: random.below(original.records.count))
      }
      let old = PageChunker.chunks(of: original, organization: "RIO", jobId: "j", first: 1)
      var again = PageLedger(organization: "RIO", jobId: "j", nextPage: 1, replay: replay)
      let step = again.take(original)
      var content: [String?] = []
      let kept = old.filter { chunk in
        applied.contains(chunk.page)
          && replay.contains { $0.page == chunk.page && $0.eventId == chunk.eventId(jobId: "j") }
          && (step.abandonFrom.map { chunk.page < $0 } ?? true)
      }
      for chunk in (kept + step.publish).sorted(by: { $0.page < $1.page }) {
        let event = CloudEvent(
          id: "i", source: "s", type: ReadSyncMessage.pageType, organization: "RIO", data: chunk.payload)
        guard case .page(let page) = try ReadSyncMessage.decode(event) else { continue }
        content += page.records.map { try? JSONValue(parsing: Array($0))["pfaId"]?.string }
      }
      #expect(content == original.records.map(\.pfaId))
      let numbers = (kept + step.publish).map(\.page)
      #expect(Set(numbers).count == numbers.count)
      // New numbers are never those of messages that were written down with other content.
      #expect(Set(step.entries.map(\.page)).isDisjoint(with: entries.map(\.page)))
    }
  }
}
