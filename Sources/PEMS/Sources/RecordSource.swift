import SyncDomain

/// Something that hands out records page by page, oldest change first.
///
/// A page is all or nothing: either every row of it is in `records` or `rejected`, or the call throws (R2). Reading
/// the same page again is always safe.
package protocol RecordSource: Sendable {
  /// Reads one page. May wait for the upstream; ends early with `CANCELLED` when the task is cancelled.
  func page(_ request: PageRequest) async throws(SourceError) -> SourcePage
}

/// Which page is wanted.
package struct PageRequest: Sendable, Equatable {
  package var organization: String
  /// A full read sees every record, an incremental one those changed since the watermark.
  package var mode: ReadSyncMode
  /// Only records changed at or after this, in epoch milliseconds of the upstream's clock, overlap already taken off;
  /// nil: no filter.
  package var watermark: Int64?
  /// `next` of the page before; nil: the first page. Opaque, valid for the same organization, mode and watermark.
  package var cursor: String?
  /// Rows wanted, 1 to 10,000.
  package var pageSize: Int

  package init(
    organization: String, mode: ReadSyncMode, watermark: Int64? = nil, cursor: String? = nil, pageSize: Int = 1_000
  ) {
    self.organization = organization
    self.mode = mode
    self.watermark = watermark
    self.cursor = cursor
    self.pageSize = pageSize
  }
}

/// One complete page.
package struct SourcePage: Sendable {
  package var records: [CanonicalRecord] = []
  /// Fields of `records` that could not be read; they are null there.
  package var issues: [FieldIssue] = []
  /// One per row that is not in `records`.
  package var rejected: [FieldIssue] = []
  /// Where the next page begins; nil: the upstream's end marker was seen.
  package var next: String?
  /// Rows of the whole read as far as the upstream tells; nil when it does not. Of a grid, the last page's is what
  /// the read must have seen; of other sources it is for progress only.
  package var total: Int?
  /// The upstream's clock when it answered, epoch milliseconds; nil when it does not tell.
  package var serverTime: Int64?
  package var drift: [FieldDrift] = []

  package init() {}

  /// Whether a record is no older than a moment of the upstream's clock, epoch milliseconds; true when it does not
  /// tell.
  package func hasChanges(since start: Int64?) -> Bool {
    guard let start else { return !records.isEmpty }
    return records.contains { ($0.order?.block ?? .max) >= start }
  }

  /// Ids that stand in more than one of ``records``.
  package var repeatedIds: Set<String> {
    var seen: Set<String> = []
    return Set(records.lazy.map(\.pfaId).filter { !seen.insert($0).inserted })
  }
}

/// A field the source sends and its definition does not know (R13); kept in `data` under its own name.
package struct FieldDrift: Sendable, Hashable {
  package let field: String

  package init(field: String) { self.field = field }
}
