import Postgres
import SQLCatalog
import SyncDomain

/// What a batch did, in the words of the sync log.
package struct ApplyOutcome: Hashable, Sendable {
  package var inserted = 0
  package var updated = 0
  package var unchanged = 0
  package var stale = 0
  package var discontinued = 0
  /// PEMS changed a field that a committed edit holds: the edit stayed.
  package var conflicted = 0
  package var rejected = 0
  /// False: all of it had been counted before.
  package var counted = true

  package init() {}

  /// For metrics: each outcome with its number.
  package var byName: [(String, Int)] {
    [
      ("inserted", inserted), ("updated", updated), ("unchanged", unchanged), ("stale", stale),
      ("discontinued", discontinued), ("conflicted", conflicted),
      ("rejected", rejected),
    ]
  }
}

/// Applies batches of records: versions, totals, lineage, counts and issues in one statement.
package enum ApplyStore {
  /// Who makes a batch's changes to totals, and where batches without a page are counted.
  package struct Origin: Sendable {
    /// Adds to the totals' slot of its own, so that it waits for nobody.
    package let slot: Int
    /// `topic/partition/day` of single events.
    package let stream: String
    /// Where the messages came from; nil when the records came with none.
    package let topic: String?
    package let partition: Int32?

    package init(slot: Int, stream: String, topic: String? = nil, partition: Int32? = nil) {
      self.slot = slot
      self.stream = stream
      self.topic = topic
      self.partition = partition
    }
  }

  /// Applies a batch inside the caller's transaction, bound to its organization already. Throws PGError: 23505 when
  /// another session inserted one of its keys meanwhile (run the transaction again), class 22 when the database refuses
  /// a record (find it with ``refused``).
  package static func apply(_ session: PGSession, _ batch: RecordBatch, _ origin: Origin) throws -> ApplyOutcome {
    let batch = try isVouched(session, batch) ? batch : batch.unvouched()
    let row = try session.query(Queries.applyRecords, parameters(batch, origin)).one()
    var outcome = ApplyOutcome()
    outcome.inserted = Int(try row.integer("inserted"))
    outcome.updated = Int(try row.integer("updated"))
    outcome.unchanged = Int(try row.integer("unchanged"))
    outcome.stale = Int(try row.integer("stale"))
    outcome.discontinued = Int(try row.integer("discontinued"))
    outcome.conflicted = Int(try row.integer("conflicted"))
    outcome.rejected = Int(try row.integer("rejected"))
    outcome.counted = try row.bool("counted") ?? true
    return outcome
  }

  /// Whether somebody has found in the mirror what came without data; also when nothing did.
  private static func isVouched(_ session: PGSession, _ batch: RecordBatch) throws -> Bool {
    if batch.known.isEmpty { return true }
    guard let page = batch.page else { return false }
    let values: [PGValue] = [
      .uuid(page.jobId), .int4(Int32(clamping: page.number)), .text(page.eventId),
      .int(ReadSyncPage.hash(known: batch.known)),
    ]
    return try session.query(Queries.vouchedPage, values).rowCount > 0
  }

  /// Which records the database refuses, by their index, with a code each: halves the batch in savepoints that are all
  /// undone, until each bad one stands alone. Nothing of it remains in the transaction.
  package static func refused(_ session: PGSession, _ batch: RecordBatch, _ origin: Origin) throws -> [Int: String] {
    var refused: [Int: String] = [:]
    var open = [0..<batch.records.count]
    while let range = open.popLast() {
      guard !range.isEmpty, let error = try probe(session, batch.probe(range), origin) else { continue }
      if range.count == 1 {
        refused[range.lowerBound] = "REFUSED_\(error.sqlstate ?? "UNKNOWN")"
      } else {
        let middle = range.lowerBound + range.count / 2
        open.append(middle..<range.upperBound)
        open.append(range.lowerBound..<middle)
      }
    }
    return refused
  }

  /// Thrown to undo a savepoint whose work succeeded.
  private struct Undo: Error {}

  private static func probe(_ session: PGSession, _ batch: RecordBatch, _ origin: Origin) throws -> PGError? {
    do {
      try session.savepoint {
        _ = try apply(session, batch, origin)
        throw Undo()
      }
      return nil
    } catch is Undo {
      return nil
    } catch let error as PGError where error.blamesData {
      return error
    }
  }

  /// Ids, blocks, indexes, hashes and data of a batch, as the statements on records take them.
  static func recordArrays(_ batch: RecordBatch) -> [PGValue] {
    var data = PGArray(elementOID: PGType.text)
    data.reserveCapacity(
      elements: batch.records.count, bytes: batch.records.reduce(0) { $0 + $1.data.count })
    for record in batch.records { data.append(bytes: record.data) }
    return identityArrays(batch.records) + [.array(data)]
  }

  /// Ids, blocks, indexes and hashes of records: what tells whether they are new.
  static func identityArrays(_ records: [CanonicalRecord]) -> [PGValue] {
    let count = records.count
    var ids = PGArray(elementOID: PGType.text)
    var blocks = PGArray(elementOID: PGType.int8)
    var indexes = PGArray(elementOID: PGType.int8)
    var hashes = PGArray(elementOID: PGType.int8)
    ids.reserveCapacity(elements: count, bytes: count * 16)
    for record in records {
      ids.append(record.pfaId)
      if let order = record.order {
        blocks.append(int8: order.block)
        indexes.append(int8: order.index)
      } else {
        blocks.appendNull()
        indexes.appendNull()
      }
      hashes.append(int8: record.contentHash)
    }
    return [.array(ids), .array(blocks), .array(indexes), .array(hashes)]
  }

  /// The parameters of apply_records.sql.
  package static func parameters(_ batch: RecordBatch, _ origin: Origin) -> [PGValue] {
    let issues = batch.rejected + batch.issues
    let findings = issues.map(\.finding)
    // Each delivery of an event counts its issues anew, so that they meet.
    var parts: [Int64: Int32] = [:]
    let numbers: [Int32?] = issues.map { issue in
      issue.origin.map { origin in
        defer { parts[origin.offset, default: 0] += 1 }
        return parts[origin.offset, default: 0]
      }
    }
    let head = [.text(batch.organization)] + recordArrays(batch)
    return head + [
      .int4(Int32(origin.slot)), .text(batch.page == nil ? "event" : "read_sync"),
      .text(batch.page?.jobId ?? origin.stream), PGValue(batch.page?.jobId),
      batch.page.map { .int4(Int32(clamping: $0.number)) } ?? .null, PGValue(batch.page?.eventId),
      .text(origin.stream), .text("incremental"), .int4(Int32(batch.received)), .int4(Int32(batch.rejected.count)),
      .int4(Int32(batch.repeated)), .array(.text(findings.map(\.pfaId))), .array(.text(findings.map(\.field))),
      .array(.text(findings.map(\.code))), .array(.text(findings.map(\.raw))),
      .array(.bool(issues.indices.map { $0 < batch.rejected.count })), .array(.text(batch.known)),
      .array(.int8(batch.origins.map { $0?.producedAt })), PGValue(origin.topic),
      origin.partition.map { .int4($0) } ?? .null, .array(.int8(issues.map { $0.origin?.offset })),
      .array(.text(issues.map { $0.origin?.event })), .array(.int4(numbers)),
    ]
  }
}

extension PGError {
  /// The values of a statement are at fault, not its moment: the same records fail again. A key inserted twice at once
  /// (23505) is a matter of the moment.
  package var blamesData: Bool {
    guard kind == .server, let sqlstate, sqlstate != "23505" else { return false }
    // 54: a limit of PostgreSQL, as an index row too large for its page.
    return sqlstate.hasPrefix("22") || sqlstate.hasPrefix("23") || sqlstate.hasPrefix("54")
  }
}
