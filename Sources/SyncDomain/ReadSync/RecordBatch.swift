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

  /// A finding with the message that brought the record.
  package struct Issue: Sendable {
    package let finding: FieldIssue
    /// Nil when the batch came with no message.
    package let origin: MessageOrigin?
  }

  package let organization: String
  /// Nil for single events, and for pages that nobody of ours wrote down.
  package private(set) var page: Page?
  /// Ascending by the bytes of pfaId, each id once: batches that meet lock in the same order.
  package private(set) var records: [CanonicalRecord]
  /// Of each record the message that brought it; the youngest, when it came more than once.
  package private(set) var origins: [MessageOrigin?]
  /// Everything that came, with duplicates and rejected records.
  package let received: Int
  /// Duplicates of a record in the batch, with the same order and content: nothing new. Other duplicates are older and
  /// count as stale.
  package let repeated: Int
  /// Ids of records that came without their data, because the mirror had them when they were read: unchanged.
  package private(set) var known: [String]
  /// Fields that were not taken as they came.
  package private(set) var issues: [Issue]
  package private(set) var rejected: [Issue]
  /// The message that everything came with; nil for single events, of which each record has its own.
  private let message: MessageOrigin?

  /// Collapses duplicates to what would stay if they were applied one by one: the newest, of equal orders the first to
  /// arrive, without orders the last. Records with and without an order must not meet under one id (``BatchPlan``).
  ///
  /// - Parameter origins: the message of each outcome, or one for all; none when they came with no message.
  package init(
    organization: String, page: Page?, outcomes: [RecordOutcome], issues: [FieldIssue] = [],
    rejected: [FieldIssue] = [], known: [String] = [], origins: [MessageOrigin] = []
  ) {
    let message = origins.count == 1 ? origins[0] : nil
    var accepted: [(record: CanonicalRecord, origin: MessageOrigin?)] = []
    accepted.reserveCapacity(outcomes.count)
    var issues = issues.map { Issue(finding: $0, origin: message) }
    var refused = rejected.map { Issue(finding: $0, origin: message) }
    for (index, outcome) in outcomes.enumerated() {
      let origin = message ?? (index < origins.count ? origins[index] : nil)
      switch outcome {
      case .accepted(let record):
        accepted.append((record, origin))
        issues += record.issues.map { Issue(finding: $0, origin: origin) }
      case .rejected(let issue): refused.append(Issue(finding: issue, origin: origin))
      }
    }
    let (unique, repeated) = RecordBatch.collapse(accepted)
    self.organization = organization
    self.page = page
    self.records = unique.map(\.record)
    self.origins = unique.map(\.origin)
    self.received = outcomes.count + rejected.count + known.count
    self.repeated = repeated
    self.known = known
    self.issues = issues
    self.rejected = refused
    self.message = message
  }

  /// The batch without the records at `indices`, which the database refused: each is rejected with `code` and the
  /// beginning of its data.
  package func rejecting(_ refused: [Int: String]) -> RecordBatch {
    var copy = self
    copy.records = []
    copy.origins = []
    for (index, record) in records.enumerated() {
      guard let code = refused[index] else {
        copy.records.append(record)
        copy.origins.append(origins[index])
        continue
      }
      copy.issues.removeAll { $0.finding.pfaId == record.pfaId }
      let raw = String(decoding: record.data.prefix(FieldIssue.rawLimit), as: UTF8.self)
      copy.rejected.append(
        Issue(finding: FieldIssue(pfaId: record.pfaId, field: nil, code: code, raw: raw), origin: origins[index]))
    }
    return copy
  }

  /// The batch as one that nobody vouches for: it is no page of a job, and what came without data is rejected. Neither
  /// counts nor sweep of a job see any of it.
  package func unvouched() -> RecordBatch {
    var copy = self
    copy.page = nil
    copy.known = []
    copy.rejected += known.map { id in
      Issue(finding: FieldIssue(pfaId: id, field: nil, code: IssueCode.unverifiedRecord, raw: id), origin: message)
    }
    return copy
  }

  /// A part of the records alone, to find out which of them the database refuses.
  package func probe(_ range: Range<Int>) -> RecordBatch {
    RecordBatch(organization: organization, page: nil, outcomes: records[range].map { .accepted($0) })
  }

  private typealias Arrival = (record: CanonicalRecord, origin: MessageOrigin?)

  private static func collapse(_ arrivals: [Arrival]) -> (unique: [Arrival], repeated: Int) {
    if isStrictlyAscending(arrivals) { return (arrivals, 0) }
    let arranged = arrivals.indices.sorted { left, right in
      let (a, b) = (arrivals[left].record, arrivals[right].record)
      if !a.pfaId.utf8.elementsEqual(b.pfaId.utf8) { return a.pfaId.utf8.lexicographicallyPrecedes(b.pfaId.utf8) }
      if let first = a.order, let second = b.order, first != second { return first > second }
      if (a.order == nil) != (b.order == nil) { return a.order != nil }
      // As if they came one by one: at an equal order the first stays, without one the last.
      return a.order == nil ? left > right : left < right
    }
    var unique: [Arrival] = []
    unique.reserveCapacity(arrivals.count)
    var repeated = 0
    for index in arranged {
      let arrival = arrivals[index]
      guard let kept = unique.last, kept.record.pfaId.utf8.elementsEqual(arrival.record.pfaId.utf8) else {
        unique.append(arrival)
        continue
      }
      guard kept.record.order == arrival.record.order, kept.record.contentHash == arrival.record.contentHash else {
        continue
      }
      repeated += 1
      if let older = kept.origin?.producedAt, let younger = arrival.origin?.producedAt, older < younger {
        unique[unique.count - 1].origin = arrival.origin
      }
    }
    return (unique, repeated)
  }

  private static func isStrictlyAscending(_ arrivals: [Arrival]) -> Bool {
    for (left, right) in zip(arrivals, arrivals.dropFirst())
    where !left.record.pfaId.utf8.lexicographicallyPrecedes(right.record.pfaId.utf8) {
      return false
    }
    return true
  }
}
