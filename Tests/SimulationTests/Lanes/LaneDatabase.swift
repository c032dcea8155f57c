import Postgres
import SyncDomain
import SyncWorker

/// A model of what the transaction of a batch does in Postgres: offset and epoch by compare-and-set, records by order,
/// totals by difference, counts and dead letters, all or nothing.
///
/// It stands for advance_offset, claim_partition, move_offset, apply_records and insert_dead_letter; which steps a
/// batch has and what order decides is the product's own code.
struct LaneDatabase {
  struct Position {
    var next: Int64 = 0
    var epoch: Int64 = 0
    var gaps: [Range<Int64>] = []
  }

  struct Row {
    var existing: OrderDecision.Existing
    var contribution: KPIContribution?
  }

  struct Counts {
    var received = 0
    var inserted = 0
    var updated = 0
    var unchanged = 0
    var stale = 0
    var rejected = 0
    var skipped = 0
    /// Offsets of dead letters.
    var letters: [Int64] = []

    var isClosed: Bool { received == inserted + updated + unchanged + stale + rejected }
  }

  /// What the next transaction comes to.
  enum Outcome: CaseIterable {
    case committed, serializationFailure, connectionLost, unknownDone, unknownUndone, poolTimeout
  }

  enum Answer {
    case committed
    case fenced
    case failed(PGError)
  }

  /// One batch as a worker sends it.
  struct Batch {
    let partition: Int
    let epoch: Int64
    let expected: Int64
    let next: Int64
    let messages: [DecodedMessage]
    var refused: [Int: String] = [:]
    var isKept = false
  }

  var positions: [Position]
  var counts: [Counts]
  private(set) var rows: [String: Row] = [:]
  private(set) var totals: [KPIGroup: KPIAmounts] = [:]
  /// What the next transactions come to; committed when there is nothing.
  var troubles: [Outcome] = []
  private let defect: LaneWorld.Defect?
  private var contributions: [Int64: KPIContribution?] = [:]

  init(partitions: Int, defect: LaneWorld.Defect?) {
    positions = Array(repeating: Position(), count: partitions)
    counts = Array(repeating: Counts(), count: partitions)
    self.defect = defect
  }

  mutating func outcome() -> Outcome { troubles.isEmpty ? .committed : troubles.removeFirst() }

  /// Claims a partition as ``LaneHost`` does; nil: the database could not be asked.
  mutating func claim(_ partition: Int, low: Int64, high: Int64) -> (epoch: Int64, next: Int64)? {
    guard outcome() == .committed else { return nil }
    positions[partition].epoch += 1
    let stored = positions[partition].next
    let (start, isGap) = StartOffset.decide(stored: stored, low: low, high: high)
    if isGap {
      positions[partition].gaps.append(min(stored, start)..<max(stored, start))
      positions[partition].next = start
    }
    return (positions[partition].epoch, start)
  }

  /// Performs a batch in one transaction.
  mutating func perform(_ batch: Batch) -> Answer {
    let outcome = outcome()
    switch outcome {
    case .serializationFailure: return .failed(PGError(.server, "could not serialize", sqlstate: "40001"))
    case .connectionLost: return .failed(PGError(.connection, "lost"))
    case .poolTimeout: return .failed(PGError(.poolTimeout, "no connection"))
    case .unknownUndone:
      // The defect stores the offset in a transaction of its own, before the effects.
      if defect == .offsetBeforeEffects, isHolder(batch) { positions[batch.partition].next = batch.next }
      return .failed(PGError(.commitUnknown, "lost"))
    case .committed, .unknownDone: break
    }
    guard isHolder(batch) || defect == .unfencedOffset else { return .fenced }
    let before = self
    positions[batch.partition].next = batch.next
    for step in BatchPlan(batch.messages, known: ["RIO"]).steps {
      guard apply(step, batch) else {
        self = before
        return .failed(PGError(.server, "violates a constraint", sqlstate: "23514"))
      }
    }
    counts[batch.partition].skipped += batch.messages.count { if case .tombstone = $0.content { true } else { false } }
    return outcome == .committed ? .committed : .failed(PGError(.commitUnknown, "lost"))
  }

  /// Which records of the only message are refused, by their index.
  func refused(_ batch: Batch) -> [Int: String] {
    for case .apply(let records) in BatchPlan(batch.messages, known: ["RIO"]).steps {
      return Dictionary(
        uniqueKeysWithValues: records.records.indices.filter { LaneDatabase.isRefused(records.records[$0]) }
          .map { ($0, "REFUSED") })
    }
    return [:]
  }

  private func isHolder(_ batch: Batch) -> Bool {
    let position = positions[batch.partition]
    return position.epoch == batch.epoch && position.next == batch.expected
  }

  private static func isRefused(_ record: CanonicalRecord) -> Bool {
    String(decoding: record.data, as: UTF8.self).contains(LanePayload.refused)
  }

  /// False: a constraint refuses it.
  private mutating func apply(_ step: BatchPlan.Step, _ batch: Batch) -> Bool {
    if batch.isKept {
      counts[batch.partition].letters.append(batch.messages[0].message.offset)
      return true
    }
    switch step {
    case .apply(let records):
      let records = batch.refused.isEmpty ? records : records.rejecting(batch.refused)
      guard !records.records.contains(where: LaneDatabase.isRefused) else { return false }
      let lost = records.received - records.records.count - records.rejected.count - records.repeated
      counts[batch.partition].received += records.received
      counts[batch.partition].rejected += defect == .rejectedUncounted ? 0 : records.rejected.count
      counts[batch.partition].unchanged += records.repeated
      counts[batch.partition].stale += lost
      for record in records.records { apply(record, batch.partition) }
    case .keep(let letter): counts[batch.partition].letters.append(letter.offset)
    case .requestRead, .rebuildKPIs, .requestPush, .commit, .requestSchemaChange, .hold: return false
    }
    return true
  }

  private mutating func apply(_ record: CanonicalRecord, _ partition: Int) {
    let row = rows[record.pfaId]
    var decision = OrderDecision.decide(existing: row?.existing, order: record.order, hash: record.contentHash)
    if defect == .noOrderPredicate, decision == .stale { decision = .update }
    let existing = OrderDecision.Existing(order: record.order, hash: record.contentHash)
    switch decision {
    case .insert: counts[partition].inserted += 1
    case .update: counts[partition].updated += 1
    case .stale: counts[partition].stale += 1
    case .advance, .unchanged: counts[partition].unchanged += 1
    }
    switch decision {
    case .stale, .unchanged: return
    case .advance: rows[record.pfaId]?.existing = existing
    case .insert, .update:
      let new = contribution(record)
      let old = defect == .totalsWithoutOldValue ? nil : row?.contribution
      for (group, change) in KPIContribution.change(from: old, to: new) {
        totals[group, default: .zero] += change
        if totals[group] == .zero { totals[group] = nil }
      }
      rows[record.pfaId] = Row(existing: existing, contribution: new)
    }
  }

  private mutating func contribution(_ record: CanonicalRecord) -> KPIContribution? {
    if let known = contributions[record.contentHash] { return known }
    let made = (try? KPIRecord(data: record.data)).flatMap { KPIArithmetic.contribution(of: $0) }
    contributions[record.contentHash] = .some(made)
    return made
  }
}
