import SyncDomain

/// What must hold of the database at every moment, whatever happened: it is what a clean run would have made of the
/// messages before the stored offsets.
struct LaneRules {
  let sent: [LaneMessage]
  let database: LaneDatabase

  func check() -> Violation? {
    var received = Array(repeating: 0, count: database.positions.count)
    var skipped = received
    var letters = Array(repeating: Set<Int64>(), count: database.positions.count)
    var newest: [String: SourceOrder] = [:]
    for message in sent {
      let position = database.positions[message.partition]
      guard message.offset < position.next, !position.gaps.contains(where: { $0.contains(message.offset) }) else {
        continue
      }
      switch message.meaning {
      case .record(let id, let order):
        received[message.partition] += 1
        newest[id] = max(newest[id] ?? order, order)
      case .poison: received[message.partition] += 1
      case .unusable: letters[message.partition].insert(message.offset)
      case .tombstone: skipped[message.partition] += 1
      }
    }
    for partition in database.positions.indices {
      let counts = database.counts[partition]
      if counts.received != received[partition] || counts.skipped != skipped[partition] {
        return Violation(
          "each message counts once",
          "[\(partition)] counted \(counts.received) + \(counts.skipped), "
            + "has \(received[partition]) + \(skipped[partition])")
      }
      if counts.letters.sorted() != letters[partition].sorted() {
        return Violation(
          "nothing disappears", "[\(partition)] dead letters \(counts.letters), not \(letters[partition])")
      }
      if !counts.isClosed { return Violation("accounting is closed", "[\(partition)] \(counts)") }
    }
    return checkRows(newest)
  }

  private func checkRows(_ newest: [String: SourceOrder]) -> Violation? {
    for (id, order) in newest.sorted(by: { $0.key < $1.key }) where database.rows[id]?.existing.order != order {
      return Violation(
        "newest wins", "\(id) is at \(String(describing: database.rows[id]?.existing.order)), newest is \(order)")
    }
    if database.rows.count != newest.count { return Violation("newest wins", "a row nobody sent") }
    var totals: [KPIGroup: KPIAmounts] = [:]
    for case let contribution? in database.rows.values.map(\.contribution) {
      totals[contribution.group, default: .zero] += contribution.amounts
    }
    return totals == database.totals
      ? nil : Violation("totals equal a recomputation", "\(database.totals) instead of \(totals)")
  }
}
