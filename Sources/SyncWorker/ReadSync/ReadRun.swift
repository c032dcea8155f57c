import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Drives one claimed read sync: reads the upstream page by page, publishes the pages no further ahead of what is
/// applied than a window, and ends the run when the last one is applied.
///
/// Each step is written down, fenced by the claim, before it has an effect outside; a run taken over after a crash goes
/// on at the first page that was not applied.
struct ReadRun: Sendable {
  let configuration: WorkerConfiguration
  let claim: JobClaim
  let request: ReadSyncRequest
  let definition: SourceDefinition
  let source: any RecordSource
  let producer: KafkaProducer
  let pool: PGPool
  let isApproved: Bool

  /// The pages published were not applied for too long: they are read and published again.
  struct Stalled: Error {}

  /// No fewer messages than are written down and not applied, so that the database need not be asked before each: what
  /// it said last, and what was written since.
  private struct Backlog {
    private var known: (pages: Int, bytes: Int)?

    init() {}
    init(_ window: PageWindow) { known = (window.waiting, window.waitingBytes) }

    mutating func add(pages: Int, bytes: Int) {
      known = known.map { ($0.pages + pages, $0.bytes + bytes) }
    }

    func isKnownToFit(pages: Int, bytes: Int) -> Bool {
      known.map { $0.pages <= pages && ($0.pages == 0 || $0.bytes <= bytes) } ?? false
    }

    /// How many of the messages that wait to be published, part of what is known, the window takes at once: one at
    /// least, because it was waited for.
    func room(for waiting: ArraySlice<PageChunker.Chunk>, pages: Int, bytes: Int) -> Int {
      guard let known else { return 1 }
      var ahead = known.bytes - waiting.reduce(0) { $0 + $1.payload.count }
      let free = pages - (known.pages - waiting.count)
      let fitting = waiting.prefix(max(1, free)).prefix { chunk in
        defer { ahead += chunk.payload.count }
        return ahead <= bytes
      }
      return max(1, fitting.count)
    }
  }

  /// Returns how the run should end. Throws SourceError, KafkaError, PGError, Fenced, Stalled.
  func read() async throws -> ReadRunStore.Ending {
    let claim = claim
    let mode = request.mode
    var position = try await pool.run {
      try ReadRunStore.start($0, claim, mode: mode, source: request.source)
    }
    CrashPoint.readStarted.pass()
    if let waiting = position.waiting {
      // Whatever was written down and not applied may never have been published.
      position.cursor = waiting.cursor
      position.nextPage = waiting.page
      position.isComplete = false
    }
    // Also without one: a resumed read that broke off again has gone back behind pages that are applied by now.
    let first = position.nextPage
    let replay = try await pool.run { try ReadRunStore.pages($0, claim, from: first) }
    var ledger = PageLedger(
      organization: claim.organization, jobId: claim.id, nextPage: position.nextPage, replay: replay)
    let watermark = mode == .incremental ? position.watermark.map { $0 - definition.overlap.inMilliseconds } : nil
    var backlog = Backlog()
    var share = KnownShare()
    var underway: Task<Void, any Error>?
    defer { underway?.cancel() }
    // What an attempt before this one met is not known any more.
    var isStill = position.cursor == nil && !position.isComplete
    if !position.isComplete {
      var page = try await fetch(position.cursor, watermark, number: 1)
      let start = page.serverTime
      var pages = 1
      while true {
        try Task.checkCancellation()
        let (cursor, number) = (page.next, pages + 1)
        // The upstream makes the next page while this one is written down and published.
        async let following = cursor == nil ? nil : fetch(cursor, watermark, number: number)
        isStill = isStill && !page.hasChanges(since: start)
        position = try await take(page, position, &ledger, &share, &backlog, &underway)
        guard let next = try await following else { break }
        page = next
        pages = number
      }
    }
    try await underway?.value
    try await waitUntilApplied(pages: 0, &backlog)
    CrashPoint.readApplied.pass()
    return try await ending(position, isStill: isStill)
  }

  /// One page of the upstream; `number` counts them from 1, so that a source without an end fails.
  private func fetch(_ cursor: String?, _ watermark: Int64?, number: Int) async throws -> SourcePage {
    guard number <= definition.maxPages else {
      throw SourceError(.pageLimit, "more than \(definition.maxPages) pages", hint: "raise maxPages of the source")
    }
    return try await source.page(
      PageRequest(
        organization: claim.organization, mode: request.mode, watermark: watermark, cursor: cursor,
        pageSize: min(request.pageSize ?? definition.pageSize, SourceDefinition.maximumPageSize)))
  }

  /// Writes an upstream page down, then begins to publish it: while the brokers take one page, the next is made. What
  /// is `underway` may fail or get lost at any time, because it is written down.
  private func take(
    _ page: SourcePage, _ position: ReadPosition, _ ledger: inout PageLedger, _ share: inout KnownShare,
    _ backlog: inout Backlog, _ underway: inout Task<Void, any Error>?
  ) async throws -> ReadPosition {
    let claim = claim
    if !page.drift.isEmpty {
      let fields = page.drift.map { ($0.field, String?.none) }
      try await pool.run { try ReadRunStore.storeDrift($0, claim, source: request.source, fields: fields) }
    }
    let step = ledger.take(page)
    let messages = try await spare(step, of: page, &share)
    let thinned = Dictionary(uniqueKeysWithValues: messages.map { ($0.page, $0) })
    let entries = step.entries.map { entry in
      thinned[entry.page].map { PageEntry($0, eventId: entry.eventId) } ?? entry
    }
    var next = position
    next.cursor = page.next
    next.nextPage = ledger.nextPage
    next.recordsRead += Int64(page.records.count + page.rejected.count)
    next.total = page.total.map { Int64($0) } ?? position.total
    next.serverTime = position.serverTime ?? page.serverTime
    next.isComplete = page.next == nil
    let abandon = step.abandonFrom ?? (next.isComplete ? ledger.leftover : nil)
    let records = page.records.count + page.rejected.count
    let written = next
    try await pool.run {
      try ReadRunStore.advance(
        $0, claim, new: entries, from: position.cursor, to: written, records: records,
        keepSeen: request.mode == .full,
        abandonFrom: abandon)
    }
    CrashPoint.pageWritten.pass()
    backlog.add(pages: entries.count, bytes: entries.reduce(0) { $0 + $1.bytes })
    var rest = messages[...]
    while !rest.isEmpty {
      let ahead = rest.reduce(0) { $0 + $1.payload.count }
      let (pages, bytes) = (configuration.windowPages, configuration.windowBytes)
      try await waitUntilApplied(pages: pages - 1 + rest.count, bytes: bytes + ahead, &backlog)
      let together = rest.prefix(backlog.room(for: rest, pages: pages, bytes: bytes))
      try await underway?.value
      underway = Task { try await publish(together) }
      rest = rest.dropFirst(together.count)
    }
    return next
  }

  /// The messages without the data of records that the mirror has already, where it pays to ask for them. What was
  /// written down before travels whole: its row says which ids were left out then, and other ones are by now.
  private func spare(
    _ step: PageLedger.Step, of page: SourcePage, _ share: inout KnownShare
  ) async throws -> [PageChunker.Chunk] {
    let new = Set(step.entries.map(\.page))
    guard !new.isEmpty, share.isWorthAsking() else { return step.publish }
    let claim = claim
    let known = try await pool.run {
      try ReadRunStore.known($0, organization: claim.organization, page.records)
    }
    share.learn(known: known.count, of: page.records.count)
    // Which of two versions in one page is the newer is for the apply to say.
    let repeated = page.repeatedIds
    let spared = known.filter { !repeated.contains(page.records[$0].pfaId) }
    return step.publish.map { chunk in
      guard new.contains(chunk.page) else { return chunk }
      return chunk.thinned(page, known: spared, organization: claim.organization, jobId: claim.id)
    }
  }

  /// Sends messages together, and returns when the brokers have all of them.
  private func publish(_ chunks: ArraySlice<PageChunker.Chunk>) async throws {
    let topic = configuration.topics.readSync
    // Pages go round the partitions: their keys are all different, and a hash would spread a small window unevenly.
    let partitions = max(1, try await producer.partitionCount(topic: topic))
    let messages = chunks.map { chunk in
      let event = CloudEvent(
        id: chunk.eventId(jobId: claim.id), source: "syncline", type: ReadSyncMessage.pageType, time: timestamp(.now),
        organization: claim.organization, jobid: claim.id, traceparent: Trace.current, data: [])
      return OutgoingMessage(
        topic: topic, partition: Int32(chunk.page % partitions), key: Array("\(claim.organization)/\(chunk.page)".utf8),
        value: chunk.payload, headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
    }
    for result in try await producer.sendAll(messages) { _ = try result.get() }
    CrashPoint.pagePublished.pass()
  }

  /// Waits until no more than `pages` messages and `bytes` bytes are written down and not applied.
  private func waitUntilApplied(pages: Int, bytes: Int = .max, _ backlog: inout Backlog) async throws {
    if backlog.isKnownToFit(pages: pages, bytes: bytes) { return }
    let claim = claim
    var seen: (waiting: Int, offsets: Int64) = (-1, -1)
    var changed = ContinuousClock.now
    var pause = Duration.milliseconds(5)
    while true {
      let window = try await pool.run { try ReadRunStore.window($0, claim) }
      backlog = Backlog(window)
      if window.waiting <= pages, window.waiting == 0 || window.waitingBytes <= bytes { return }
      // Nothing is written down meanwhile: whatever is applied makes it less.
      if window.waiting != seen.waiting {
        seen.waiting = window.waiting
        changed = .now
        pause = .milliseconds(5)
      } else if changed.duration(to: .now) > configuration.stallTime {
        // Other messages may stand before ours: while the topic moves, nothing is stalled.
        let offsets = try await appliedOffsets()
        guard offsets != seen.offsets else { throw Stalled() }
        seen.offsets = offsets
        changed = .now
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(100))
    }
  }

  /// How far all partitions of the topic are applied, together.
  private func appliedOffsets() async throws -> Int64 {
    let group = configuration.group
    let topic = configuration.topics.readSync
    return try await pool.run { session in
      try OffsetStore.positions(session, group: group).filter { $0.topic == topic }.reduce(0) { $0 + $1.nextOffset }
    }
  }

  /// Decides whether the run may discontinue what it did not see (R7, R18). Throws SourceError when it overlooked rows:
  /// the next attempt begins again.
  private func ending(_ position: ReadPosition, isStill: Bool) async throws -> ReadRunStore.Ending {
    let claim = claim
    let watermark = request.mode == .manual ? nil : position.serverTime
    func success(sweep: Bool) -> ReadRunStore.Ending {
      .success(source: request.source, watermark: watermark, sweep: sweep, note: nil)
    }
    guard request.mode == .full else { return success(sweep: false) }
    let (active, orphans, unreadable) = try await pool.run { try ReadRunStore.orphans($0, claim) }
    // What other sources tell is for progress only.
    if definition.kind == .pemsGrid, let announced = position.total, orphans > 0 || !isStill {
      let seen = try await pool.run { try ReadRunStore.seen($0, claim) }
      let met = seen.ids + seen.rejected
      if SweepGuard.isIncomplete(announced: announced, met: met, orphans: orphans, isStill: isStill) {
        try await pool.run { try ReadRunStore.restart($0, claim) }
        throw SourceError.incomplete(definition.name, rows: met, announced: announced)
      }
    }
    switch SweepGuard.decide(
      received: position.recordsRead, active: active, orphans: orphans, unreadable: unreadable,
      share: definition.maxDiscontinuedShare, isApproved: isApproved)
    {
    case .nothing: return success(sweep: false)
    case .sweep: return success(sweep: true)
    case .empty:
      // Nor where the next read may begin: what changed before is not known to have been read.
      return .success(
        source: request.source, watermark: nil, sweep: false,
        note: ("EMPTY_READ", "the full read was empty; \(active) active records were left as they are"))
    case .ask:
      let question = SweepGuard.question(active: active, orphans: orphans, unreadable: unreadable)
      return .awaitingApproval(code: question.code, message: question.message)
    }
  }
}
