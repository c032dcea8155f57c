import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Reads the upstream as a read sync would and tells what it would change, without a message, a lock or a write to
/// records.
///
/// The result is the job's progress: counts by outcome, what a full run would discontinue, and the change of each KPI
/// group.
struct DryRun: Sendable {
  let claim: JobClaim
  let request: ReadSyncRequest
  let definition: SourceDefinition
  let source: any RecordSource
  let pool: PGPool

  func run() async throws {
    var preview = ReadPreview()
    let claim = claim
    let sourceName = request.source
    let stored = try await pool.run { try ReadPreviewStore.watermark($0, claim, source: sourceName) }
    let watermark = request.mode == .incremental ? stored.map { $0 - definition.overlap.inMilliseconds } : nil
    var cursor: String?
    var pages = 0
    var announced: Int64?
    var (start, isStill) = (Int64?.none, true)
    repeat {
      pages += 1
      guard pages <= definition.maxPages else {
        throw SourceError(.pageLimit, "more than \(definition.maxPages) pages", hint: "raise maxPages of the source")
      }
      let page = try await source.page(
        PageRequest(
          organization: claim.organization, mode: request.mode, watermark: watermark, cursor: cursor,
          pageSize: min(request.pageSize ?? definition.pageSize, SourceDefinition.maximumPageSize)))
      try await add(page, to: &preview)
      announced = page.total.map { Int64($0) } ?? announced
      if pages == 1 { start = page.serverTime }
      isStill = isStill && !page.hasChanges(since: start)
      cursor = page.next
    } while cursor != nil
    if request.mode == .full, preview.received > 0 {
      let seen = preview.seen
      let orphans = try await pool.run { try ReadPreviewStore.orphans($0, claim, seen: seen) }
      preview.take(orphans)
      let met = Int64(preview.seen.count) + preview.rejected
      if definition.kind == .pemsGrid,
        SweepGuard.isIncomplete(announced: announced, met: met, orphans: orphans.swept, isStill: isStill)
      {
        throw SourceError.incomplete(definition.name, rows: met, announced: announced ?? 0)
      }
    }
    let result = preview.json
    try await pool.run { try ReadPreviewStore.finish($0, claim, result: result) }
  }

  /// Batches of at most 1,000 records, as the lanes would apply them.
  private func add(_ page: SourcePage, to preview: inout ReadPreview) async throws {
    let claim = claim
    preview.reject(page.rejected)
    var start = 0
    while start < page.records.count {
      let slice = page.records[start..<min(start + 1_000, page.records.count)]
      start += slice.count
      // A record met again in a later page is nothing new.
      let fresh = slice.filter { preview.isFirstSight(of: $0.pfaId) }
      preview.repeated += slice.count - fresh.count
      let batch = RecordBatch(
        organization: claim.organization, page: nil, outcomes: fresh.map { .accepted($0) })
      let effect = try await pool.run { try ReadPreviewStore.preview($0, claim, batch) }
      preview.take(effect, received: slice.count)
    }
  }
}
