import Postgres
import SQLCatalog
import SyncDomain

/// How far the read of a job has come, and where it goes on.
package struct ReadPosition: Sendable {
  /// Where the next upstream page begins; nil is the start.
  package var cursor: String?
  /// Number of the next message.
  package var nextPage: Int
  package var recordsRead: Int64
  package var total: Int64?
  package var serverTime: Int64?
  package var isComplete: Bool
  /// The first message that was written down and not applied: it may never have been published.
  package var waiting: (page: Int, cursor: String?)?
  /// Where incremental reads of the source go on from, ms; nil when none has completed.
  package var watermark: Int64?
}

/// A message of a read: written down before it is published.
package struct PageEntry: Hashable, Sendable {
  package let page: Int
  package let eventId: String
  package let bytes: Int
  package let isApplied: Bool
  /// It was given up: never published again, its number never used again.
  package let isAbandoned: Bool
  /// Of the ids that travel without their data (``ReadSyncPage/hash(known:)``).
  package let knownHash: Int64

  package init(
    page: Int, eventId: String, bytes: Int, isApplied: Bool = false, isAbandoned: Bool = false,
    knownHash: Int64 = ReadSyncPage.hash(known: [])
  ) {
    self.knownHash = knownHash
    self.page = page
    self.eventId = eventId
    self.bytes = bytes
    self.isApplied = isApplied
    self.isAbandoned = isAbandoned
  }
}

/// The messages of a read that are written down and not applied yet.
package struct PageWindow: Hashable, Sendable {
  package let waiting: Int
  package let waitingBytes: Int
}

/// Rows of a read sync in the hands of the job's holder. All throw PGError, and ``Fenced`` when the job is no longer
/// theirs.
package enum ReadRunStore {
  /// Makes the log row and the checkpoint once, and returns where the read stands.
  package static func start(
    _ session: PGSession, _ claim: JobClaim, mode: ReadSyncMode, source: String
  ) throws -> ReadPosition {
    try JobStore.holding(session, claim) {
      let values: [PGValue] = [
        .uuid(claim.id), .text(claim.organization), .text(mode.rawValue), .text(source), .int4(Int32(claim.attempt)),
      ]
      try session.query(Queries.startRun, values)
      let row = try session.query(
        Queries.readPosition, [.uuid(claim.id), .text(claim.organization), .text(source)]
      ).one()
      let waitingCursor = try row.text("waiting_cursor")
      return ReadPosition(
        cursor: try row.text("cursor"), nextPage: Int(try row.integer("next_page")),
        recordsRead: try row.integer("records_read"), total: try row.int("total"),
        serverTime: try row.int("server_time"),
        isComplete: try row.bool("complete") ?? false,
        waiting: try row.int("waiting_page").map { (page: Int($0), cursor: waitingCursor) },
        watermark: try row.int("watermark"))
    }
  }

  /// What was written down from a page on, before a crash.
  package static func pages(_ session: PGSession, _ claim: JobClaim, from page: Int) throws -> [PageEntry] {
    try JobStore.holding(session, claim) {
      try session.query(Queries.pagesFrom, [.uuid(claim.id), .int4(Int32(page))]).rows.map { row in
        let state = try row.string("state")
        return PageEntry(
          page: Int(try row.integer("page")), eventId: try row.string("event_id"), bytes: 0,
          isApplied: state == "applied", isAbandoned: state == "abandoned")
      }
    }
  }

  /// Which of the records, by their index, the mirror has already with their order and content. Reads only.
  package static func known(
    _ session: PGSession, organization: String, _ records: [CanonicalRecord]
  ) throws -> Set<Int> {
    try session.transaction {
      try session.becomeApplier(organization)
      let values = [.text(organization)] + ApplyStore.identityArrays(records)
      return Set(
        try session.query(Queries.knownRecords, values).rows.map { Int(try $0.integer("position")) - 1 })
    }
  }

  /// Writes down the messages of one upstream page and how far the read has come, in one transaction. `abandonFrom`:
  /// messages from there on were written down with other content, and will never be published.
  package static func advance(
    _ session: PGSession, _ claim: JobClaim, new entries: [PageEntry], from cursor: String?, to next: ReadPosition,
    records: Int, keepSeen: Bool, abandonFrom: Int?
  ) throws {
    try JobStore.holding(session, claim) {
      if let abandonFrom {
        try session.query(Queries.abandonPages, [.uuid(claim.id), .int4(Int32(abandonFrom))])
      }
      if !entries.isEmpty {
        let values: [PGValue] = [
          .uuid(claim.id), .text(claim.organization), .array(.int4(entries.map { Int32($0.page) })),
          .array(.text(entries.map(\.eventId))), .array(.int4(entries.map { Int32(clamping: $0.bytes) })),
          PGValue(cursor),
          .bool(keepSeen), .array(.int8(entries.map(\.knownHash))),
        ]
        try session.query(Queries.allocatePages, values)
      }
      let values: [PGValue] = [
        .uuid(claim.id), PGValue(next.cursor), .int4(Int32(next.nextPage)), .int4(Int32(records)), PGValue(next.total),
        PGValue(next.serverTime), .bool(next.isComplete),
      ]
      try session.query(Queries.storeCheckpoint, values)
    }
  }

  /// Reads only: no sign of life of the holder.
  package static func window(_ session: PGSession, _ claim: JobClaim) throws -> PageWindow {
    try session.asWorker(claim.organization) {
      guard let row = try session.query(Queries.pageWindow, [.uuid(claim.id), .uuid(claim.token)]).first else {
        throw Fenced()
      }
      return PageWindow(
        waiting: Int(try row.integer("waiting")), waitingBytes: Int(try row.integer("waiting_bytes")))
    }
  }

  /// New fields of the upstream, once each (R13).
  package static func storeDrift(_ session: PGSession, _ claim: JobClaim, source: String, fields: [(String, String?)])
    throws
  {
    try JobStore.holding(session, claim) {
      let values: [PGValue] = [
        .text(claim.organization), .text(source), .array(.text(fields.map(\.0))), .array(.text(fields.map(\.1))),
        .uuid(claim.id),
      ]
      _ = try session.query(Queries.storeDrift, values)
    }
  }

  /// How a run ends.
  package enum Ending: Sendable {
    /// `watermark` in ms is stored for the source, `sweep` discontinues what the run did not see.
    case success(source: String, watermark: Int64?, sweep: Bool, note: (code: String, message: String)?)
    case awaitingApproval(code: String, message: String)
    case failure(code: String, message: String)
  }

  /// Active rows of the organization, those of them that the run did not see, and records of the run that were
  /// rejected without a readable id.
  package static func orphans(
    _ session: PGSession, _ claim: JobClaim
  ) throws -> (active: Int64, orphans: Int64, unreadable: Int64) {
    try JobStore.holding(session, claim) {
      try session.liftTimeout()
      try session.query(Queries.preferHashing)
      let row = try session.query(Queries.countOrphans, [.text(claim.organization), .uuid(claim.id)]).one()
      return (try row.integer("active"), try row.integer("orphans"), try row.integer("unreadable"))
    }
  }

  /// Ids that the run saw, each once, and its rejected rows, with an id or without.
  package static func seen(_ session: PGSession, _ claim: JobClaim) throws -> (ids: Int64, rejected: Int64) {
    try JobStore.holding(session, claim) {
      try session.liftTimeout()
      try session.query(Queries.preferHashing)
      let row = try session.query(Queries.countSeen, [.uuid(claim.id)]).one()
      return (try row.integer("seen"), try row.integer("rejected"))
    }
  }

  /// The next attempt reads from the first page on; what was seen stays seen.
  package static func restart(_ session: PGSession, _ claim: JobClaim) throws {
    try JobStore.holding(session, claim) { _ = try session.query(Queries.restartRead, [.uuid(claim.id)]) }
  }

  /// Ends the run in one transaction: sweep with its KPI effect, watermark, log row, job. Returns the rows swept.
  package static func finish(_ session: PGSession, _ claim: JobClaim, _ ending: Ending, slot: Int) throws -> Int64 {
    try JobStore.holding(session, claim) {
      try session.liftTimeout()
      switch ending {
      case .success(let source, let watermark, let sweep, let note):
        var swept: Int64 = 0
        if sweep {
          let values: [PGValue] = [.text(claim.organization), .uuid(claim.id), .int4(Int32(slot))]
          try session.query(Queries.preferHashing)
          swept = try session.query(Queries.sweepOrphans, values).one().integer("swept")
        }
        if let watermark {
          try session.query(
            Queries.storeWatermark, [.text(claim.organization), .text(source), .int(watermark), .uuid(claim.id)])
        }
        try end(session, claim, state: .succeeded, status: nil, swept: swept, note?.code, note?.message)
        return swept
      case .awaitingApproval(let code, let message):
        try end(session, claim, state: .awaitingApproval, status: "awaiting_approval", swept: 0, code, message)
      case .failure(let code, let message):
        try session.query(Queries.markLatePages, [.uuid(claim.id)])
        try end(session, claim, state: .failed, status: "failed", swept: 0, code, message)
      }
      return 0
    }
  }

  private static func end(
    _ session: PGSession, _ claim: JobClaim, state: JobState, status: String?, swept: Int64, _ code: String?,
    _ message: String?
  ) throws {
    let values: [PGValue] = [
      .uuid(claim.id), .uuid(claim.token), .text(state.rawValue), PGValue(status), .int(swept), PGValue(code),
      PGValue(message),
    ]
    if try session.query(Queries.finishRead, values).rowCount == 0 { throw Fenced() }
  }
}
