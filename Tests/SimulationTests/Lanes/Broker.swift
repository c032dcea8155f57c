@testable import Kafka

/// A model of Kafka's side: logs with holes and a moving start, and a consumer group that hands partitions out as the
/// cooperative-sticky assignor does.
struct Broker {
  struct Log {
    /// The first offset that is still there, and the one behind the last.
    var low: Int64 = 0
    var high: Int64 = 0
    var messages: [KafkaMessage] = []

    /// At most `count` messages from an offset on; nil: it is out of range.
    func read(_ offset: Int64, _ count: Int) -> ArraySlice<KafkaMessage>? {
      guard (low...high).contains(offset) else { return nil }
      let start = messages.firstIndex { $0.offset >= offset } ?? messages.endIndex
      return messages[start...].prefix(count)
    }

    mutating func truncate(to offset: Int64) {
      low = max(low, min(high, offset))
      messages.removeAll { $0.offset < low }
    }
  }

  var logs: [Log]
  var group: Group

  init(partitions: Int) {
    logs = Array(repeating: Log(), count: partitions)
    group = Group(partitions: partitions)
  }
}

/// Who owns which partition, as the group's coordinator sees it.
struct Group {
  /// What a member is told.
  struct Notice {
    let member: Int
    let event: RebalanceMachine.Event
  }

  static let topic = "t"

  private(set) var owners: [Int?]
  private var isGoing: [Bool]
  private(set) var members: [Int] = []
  /// Partitions that changed hands, in all.
  private(set) var moves = 0

  init(partitions: Int) {
    owners = Array(repeating: nil, count: partitions)
    isGoing = Array(repeating: false, count: partitions)
  }

  func owned(by member: Int) -> [Int] { owners.indices.filter { owners[$0] == member } }

  mutating func join(_ member: Int) -> [Notice] {
    members.append(member)
    return rebalance()
  }

  /// A member that left, or whose session ran out: what it had is anybody's at once.
  mutating func remove(_ member: Int) -> [Notice] {
    members.removeAll { $0 == member }
    release(owned(by: member))
    return rebalance()
  }

  /// A member has given up what it was asked for.
  mutating func gave(_ partitions: [Int], by member: Int) -> [Notice] {
    let given = partitions.filter { owners[$0] == member }
    guard !given.isEmpty else { return [] }
    release(given)
    return rebalance()
  }

  private mutating func release(_ partitions: [Int]) {
    for partition in partitions {
      owners[partition] = nil
      isGoing[partition] = false
    }
  }

  /// As even as can be, with as few moves as can be: first only what is too much is taken, and what is free is given.
  private mutating func rebalance() -> [Notice] {
    guard !members.isEmpty else { return [] }
    let held = Dictionary(grouping: owners.indices.filter { owners[$0] != nil && !isGoing[$0] }) { owners[$0] ?? -1 }
    let ranked = members.sorted { (held[$1]?.count ?? 0, $0) < (held[$0]?.count ?? 0, $1) }
    let (share, rest) = owners.count.quotientAndRemainder(dividingBy: members.count)
    var free = owners.indices.filter { owners[$0] == nil }[...]
    var notices: [Notice] = []
    for (rank, member) in ranked.enumerated() {
      let limit = share + (rank < rest ? 1 : 0)
      let mine = held[member] ?? []
      if mine.count > limit {
        let surplus = Array(mine.suffix(mine.count - limit))
        for partition in surplus { isGoing[partition] = true }
        notices.append(Notice(member: member, event: .revoke(surplus.map(Group.name), lost: false)))
      } else {
        let new = Array(free.prefix(limit - mine.count))
        free = free.dropFirst(new.count)
        for partition in new { owners[partition] = member }
        moves += new.count
        notices.append(Notice(member: member, event: .assign(new.map(Group.name))))
      }
    }
    return notices
  }

  static func name(_ partition: Int) -> TopicPartition {
    TopicPartition(topic: topic, partition: Int32(partition))
  }
}
