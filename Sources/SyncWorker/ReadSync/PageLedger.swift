import PEMS
import SyncDomain
import SyncStore

/// Decides which messages an upstream page becomes, and which of them were written down before a crash: pure.
package struct PageLedger: Sendable {
  /// What to do for one upstream page.
  package struct Step: Sendable {
    /// To be written down before anything is published.
    package var entries: [PageEntry] = []
    /// To be published, in order.
    package var publish: [PageChunker.Chunk] = []
    /// Messages from this number on were written down with other content and will never be published; nil: none.
    package var abandonFrom: Int?
  }

  private let organization: String
  private let jobId: String
  /// Number of the next message.
  package private(set) var nextPage: Int
  /// What was written down and may be met again, by number.
  private var replay: [Int: PageEntry]
  /// Numbers that were given up before: nothing is published under them again.
  private let abandoned: Set<Int>
  /// The highest number that was written down; nil: none was.
  private let highest: Int?

  package init(organization: String, jobId: String, nextPage: Int, replay: [PageEntry] = []) {
    self.organization = organization
    self.jobId = jobId
    self.nextPage = nextPage
    self.replay = Dictionary(
      replay.filter { !$0.isAbandoned }.map { ($0.page, $0) }, uniquingKeysWith: { first, _ in first })
    abandoned = Set(replay.filter(\.isAbandoned).map(\.page))
    highest = replay.map(\.page).max()
  }

  /// The upstream page read again after a crash gives the same messages as before, as long as the upstream stands
  /// still; from the first that differs on, new numbers are taken, and what was written down and not applied is given
  /// up: its records are read again by now.
  package mutating func take(_ page: SourcePage) -> Step {
    let (organization, jobId) = (organization, jobId)
    var step = Step()
    var chunks = PageChunker.chunks(of: page, organization: organization, jobId: jobId, first: nextPage)
    var index = 0
    /// Cuts what is left of the page again, under other numbers: a message's number is part of its content.
    func renumber(from first: Int) {
      let chunk = chunks[index]
      chunks =
        Array(chunks[..<index])
        + PageChunker.chunks(
          of: page, organization: organization, jobId: jobId, first: first, records: chunk.records.lowerBound,
          rejected: chunk.rejected.lowerBound)
    }
    while index < chunks.count {
      let chunk = chunks[index]
      guard !abandoned.contains(chunk.page) else {
        var next = chunk.page + 1
        while abandoned.contains(next) { next += 1 }
        renumber(from: next)
        continue
      }
      let eventId = chunk.eventId(jobId: jobId)
      if let known = replay[chunk.page] {
        guard known.eventId == eventId else {
          step.abandonFrom = chunk.page
          replay = [:]
          renumber(from: max(highest ?? 0, chunk.page) + 1)
          continue
        }
        replay[chunk.page] = nil
        if !known.isApplied { step.publish.append(chunk) }
      } else {
        step.entries.append(PageEntry(chunk, eventId: eventId))
        step.publish.append(chunk)
      }
      nextPage = chunk.page + 1
      index += 1
    }
    return step
  }

  /// At the end of the read: the first message that was written down and is not part of it any more; nil when there is
  /// none.
  package var leftover: Int? { replay.keys.min() }
}

extension PageEntry {
  /// A message as it is about to be published.
  init(_ chunk: PageChunker.Chunk, eventId: String) {
    self.init(page: chunk.page, eventId: eventId, bytes: chunk.payload.count, knownHash: chunk.knownHash)
  }
}
