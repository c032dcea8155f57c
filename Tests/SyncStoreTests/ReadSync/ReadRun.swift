import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// A read sync in the hands of its worker, as a test drives it.
struct ReadRun {
  let claim: JobClaim
  private(set) var position: ReadPosition

  /// Asks for a read, claims it and starts it.
  init(
    _ session: PGSession, organization: String = "RIO", mode: ReadSyncMode = .full, source: String = "pems",
    owner: String = "worker"
  ) throws {
    let id = randomUUID()
    let request = ReadSyncRequest(organization: organization, mode: mode, source: source)
    let asked = try session.asWorker(organization) {
      try JobStore.requestRead(session, id: id, key: id, request: request)
    }
    try #require(asked?.isRefused == false)
    try self.init(claiming: session, mode: mode, source: source, owner: owner)
    try #require(claim.id == id)
  }

  /// Claims what is due and goes on with it.
  init(
    claiming session: PGSession, mode: ReadSyncMode = .full, source: String = "pems", owner: String = "worker"
  ) throws {
    claim = try #require(
      try session.asSystem { try JobStore.claim(session, kinds: ["read_sync"], owner: owner) }, "no job is due")
    position = try ReadRunStore.start(session, claim, mode: mode, source: source)
  }

  /// Writes down the messages of one upstream page.
  mutating func allocate(
    _ session: PGSession, _ pages: [Int], cursor: String? = nil, next: String? = "next", isComplete: Bool = false,
    serverTime: Int64? = nil, keepSeen: Bool = true, abandonFrom: Int? = nil, suffix: String = "",
    known: [String] = []
  ) throws {
    position.cursor = next
    position.nextPage = (pages.last ?? 0) + 1
    position.isComplete = isComplete
    position.serverTime = serverTime
    try ReadRunStore.advance(
      session, claim, new: pages.map { page(known, $0, suffix) }, from: cursor,
      to: position, records: 10, keepSeen: keepSeen, abandonFrom: abandonFrom)
  }

  private func page(_ known: [String], _ number: Int, _ suffix: String) -> PageEntry {
    PageEntry(
      page: number, eventId: "event-\(number)\(suffix)", bytes: 100, knownHash: ReadSyncPage.hash(known: known))
  }

  func page(_ number: Int, suffix: String = "") -> RecordBatch.Page {
    RecordBatch.Page(jobId: claim.id, number: number, eventId: "event-\(number)\(suffix)")
  }

  /// The run's row, the columns separated by spaces.
  func log(_ session: PGSession) throws -> String? {
    try session.value(
      """
      SELECT concat_ws(' ', status, 'received', received, 'inserted', inserted, 'updated', updated, 'unchanged', unchanged,
        'stale', stale, 'discontinued', discontinued, 'rejected', rejected, 'swept', swept, 'pages', pages)
      FROM pfa_sync_log WHERE job_id = $1::uuid
      """, [.text(claim.id)])
  }

  /// State, result and error code of the job.
  func state(_ session: PGSession) throws -> [String] {
    try session.table(
      "SELECT state, result, error_code FROM sync_job WHERE id = $1::uuid", [.text(claim.id)]
    ).first ?? []
  }
}
