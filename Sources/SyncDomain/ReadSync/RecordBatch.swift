/// Records of one organization that are applied in one statement: unique, in key order, with what was rejected beside
/// them.
package struct RecordBatch: Sendable {
  /// The message of a job that a batch is: its counts belong to that job.
  package struct Page: Hashable, Sendable {
    package let jobId: String
    package let number: Int
    package let eventId: String

    package init(jobId: String, number: Int, eventId: String) {
      self.jobId = jobId
      self.number = number
      self.eventId = eventId
    }
  }

  package let organization: String
  /// Nil for single events.
  package let page: Page?
  /// Ascending by the bytes of pfaId, each id once: batches that meet lock in the same order.
  package private(set) var records: [CanonicalRecord]
  /// Everything that came, with duplicates and rejected records.
  package let received: Int
  /// Duplicates of a record in the batch, with the same order and content: nothing new. Other duplicates are older and
  /// count as stale.
  package let repeated: Int
  /// Ids of records that came without their data, because the mirror had them when they were read: unchanged.
  package let known: [String]
  /// Fields that became null.
  package private(set) var issues: [FieldIssue]
  package private(set) var rejected: [FieldIssue]

  /// Collapses duplicates to what would stay if they were applied one by one: the newest, of equal orders the first to
  /// arrive, without orders the last. Records with and without an order must not meet under one id (``BatchPlan``).
  package init(
    organization: String, page: Page?, outcomes: [RecordOutcome], issues: [FieldIssue] = [],
    rejected: [FieldIssue] = [], known: [String] = []
  ) {
    var accepted: [CanonicalRecord] = []
    accepted.reserveCapacity(outcomes.count)
    var issues = issues
    var refused = rejected
    for outcome in outcomes {
      switch outcome {
      case .accepted(let record):
        accepted.append(record)
        issues += record.issues
      case .rejected(let issue): refused.append(issue)
      }
    }
    let (unique, repeated) = RecordBatch.collapse(accepted)
    self.organization = organization
    self.page = page
    self.records = unique
    self.received = outcomes.count + rejected.count + known.count
    self.repeated = repeated
    self.known = known
    self.issues = issues
    self.rejected = refused
  }

  /// The batch without the records at `indices`, which the database refused: each is rejected with `code` and the
  /// beginning of its data.
  package func rejecting(_ refused: [Int: String]) -> RecordBatch {
    var copy = self
    copy.records = []
    for (index, record) in records.enumerated() {
      guard let code = refused[index] else {
        copy.records.append(record)
        continue
      }
      copy.issues.removeAll { $0.pfaId == record.pfaId }
      let raw = String(decoding: record.data.prefix(FieldIssue.rawLimit), as: UTF8.self)
      copy.rejected.append(FieldIssue(pfaId: record.pfaId, field: nil, code: code, raw: raw))
    }
    return copy
  }

  /// A part of the records alone, to find out which of them the database refuses.
  package func probe(_ range: Range<Int>) -> RecordBatch {
    RecordBatch(organization: organization, page: nil, outcomes: records[range].map { .accepted($0) })
  }

  private static func collapse(_ records: [CanonicalRecord]) -> (unique: [CanonicalRecord], repeated: Int) {
    if isStrictlyAscending(records) { return (records, 0) }
    let arranged = records.indices.sorted { left, right in
      let (a, b) = (records[left], records[right])
      if !a.pfaId.utf8.elementsEqual(b.pfaId.utf8) { return a.pfaId.utf8.lexicographicallyPrecedes(b.pfaId.utf8) }
      if let first = a.order, let second = b.order, first != second { return first > second }
      if (a.order == nil) != (b.order == nil) { return a.order != nil }
      // As if they came one by one: at an equal order the first stays, without one the last.
      return a.order == nil ? left > right : left < right
    }
    var unique: [CanonicalRecord] = []
    unique.reserveCapacity(records.count)
    var repeated = 0
    for index in arranged {
      let record = records[index]
      if let kept = unique.last, kept.pfaId.utf8.elementsEqual(record.pfaId.utf8) {
        if kept.order == record.order && kept.contentHash == record.contentHash { repeated += 1 }
      } else {
        unique.append(record)
      }
    }
    return (unique, repeated)
  }

  private static func isStrictlyAscending(_ records: [CanonicalRecord]) -> Bool {
    for (left, right) in zip(records, records.dropFirst())
    where !left.pfaId.utf8.lexicographicallyPrecedes(right.pfaId.utf8) {
      return false
    }
    return true
  }
}
