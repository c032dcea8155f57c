import Testing

@testable import Kafka

/// A hundred workers on a hundred partitions: what a join, a leave, a death and a frozen worker cost, in partitions
/// that move, writes that are fenced and simulated time without an owner.
///
/// Real: ``RebalanceMachine``. Models: ``Group`` for the coordinator, claims with rising epochs for consumer_offset. A
/// partition's time without an owner runs from its holder's last write to its next one's claim.
struct Fleet {
  struct Cost: Sendable {
    var moves = 0
    var fenced = 0
    /// The longest time a partition stood still.
    var longest = Duration.zero
  }

  private struct Member {
    var machine = RebalanceMachine(drainDeadline: .seconds(10))
    /// Epochs of the partitions it writes under.
    var claims: [Int: Int64] = [:]
    var isAlive = true
    var isFrozen = false
  }

  /// As the consumer is configured for a real cluster.
  static let session = Duration.seconds(45)
  /// A claim is one transaction, a rebalance needs a round of the group.
  static let claimTime = Duration.milliseconds(5)
  static let groupTime = Duration.milliseconds(100)
  private static let origin = ContinuousClock.now

  private var group: Group
  private var members: [Int: Member] = [:]
  private var now = Duration.zero
  private var epochs: [Int64]
  private var lastWrite: [Duration]
  private var born = 0
  private var cost = Cost()

  init(workers: Int, partitions: Int) {
    group = Group(partitions: partitions)
    epochs = Array(repeating: 0, count: partitions)
    lastWrite = Array(repeating: .zero, count: partitions)
    for _ in 0..<workers { join() }
    write()
  }

  /// Every partition has exactly one worker that can write to it.
  var isWhole: Bool {
    epochs.indices.allSatisfy { partition in
      members.values.count { $0.claims[partition] == epochs[partition] && $0.isAlive && !$0.isFrozen } == 1
    }
  }

  /// Partitions of the worker that has most, and of the one that has fewest.
  var spread: (most: Int, fewest: Int) {
    let counts = members.values.filter { $0.isAlive && !$0.isFrozen }.map(\.claims.count)
    return (counts.max() ?? 0, counts.min() ?? 0)
  }

  /// What one event costs until everything is written again.
  mutating func measure(_ event: (inout Fleet) -> Void) -> Cost {
    cost = Cost()
    let before = group.moves
    event(&self)
    now += Fleet.groupTime
    write()
    cost.moves = group.moves - before
    return cost
  }

  mutating func join() {
    born += 1
    members[born] = Member()
    tell(group.join(born))
  }

  /// It drains and says so.
  mutating func leave(_ id: Int) {
    members[id] = nil
    tell(group.remove(id))
  }

  /// `kill -9`: the group waits for its session to run out.
  mutating func die(_ id: Int) {
    write()
    members[id]?.isAlive = false
    now += Fleet.session
    members[id] = nil
    tell(group.remove(id))
  }

  /// It stands still for longer than its session, then writes on as if nothing had happened.
  mutating func freeze(_ id: Int) {
    write()
    members[id]?.isFrozen = true
    now += Fleet.session
    tell(group.remove(id))
    write()
    members[id]?.isFrozen = false
    for (partition, epoch) in members[id]?.claims ?? [:] where epochs[partition] != epoch { cost.fenced += 1 }
    handle(.revoke(group.owned(by: id).map(Group.name), lost: true), id)
    members[id]?.claims = [:]
    tell(group.join(id))
  }

  /// Every worker writes to what it holds; a write under an old epoch changes nothing.
  private mutating func write() {
    for member in members.values where member.isAlive && !member.isFrozen {
      for (partition, epoch) in member.claims where epochs[partition] == epoch {
        cost.longest = max(cost.longest, now - lastWrite[partition])
        lastWrite[partition] = now
      }
    }
  }

  private mutating func tell(_ notices: [Group.Notice]) {
    for notice in notices where members[notice.member].map({ $0.isAlive && !$0.isFrozen }) ?? false {
      handle(notice.event, notice.member)
    }
  }

  private mutating func handle(_ event: RebalanceMachine.Event, _ id: Int) {
    guard var member = members[id] else { return }
    let actions = member.machine.handle(event, now: Fleet.origin + now)
    members[id] = member
    for action in actions { perform(action, id) }
  }

  private mutating func perform(_ action: RebalanceMachine.Action, _ id: Int) {
    switch action {
    case .askOffsets(let partitions, let generation):
      var offsets: [TopicPartition: Int64] = [:]
      for name in partitions {
        let partition = Int(name.partition)
        now += Fleet.claimTime
        epochs[partition] += 1
        members[id]?.claims[partition] = epochs[partition]
        offsets[name] = 0
      }
      handle(.offsets(offsets, generation: generation), id)
    case .askDrain(_, _, _, let drain):
      handle(.drained(drain), id)
      handle(.tick(commitsSettled: true), id)
    case .unassign(let partitions):
      let given = partitions.map { Int($0.partition) }
      for partition in given { members[id]?.claims[partition] = nil }
      now += Fleet.groupTime
      tell(group.gave(given, by: id))
    case .assign, .drainTimedOut: break
    }
  }
}

@Suite("Fleet")
struct FleetTests {
  @Test(
    "100 workers on 100 partitions: one partition moves at a time, every zombie is fenced, everything has one owner")
  func hundred() throws {
    var fleet = Fleet(workers: 100, partitions: 100)
    #expect(fleet.isWhole && fleet.spread == (1, 1))
    var costs: [(String, Fleet.Cost)] = []
    costs.append(("one leaves", fleet.measure { $0.leave(7) }))
    #expect(fleet.isWhole)
    costs.append(("one joins", fleet.measure { $0.join() }))
    #expect(fleet.isWhole && fleet.spread == (1, 1))
    costs.append(("one is killed", fleet.measure { $0.die(8) }))
    #expect(fleet.isWhole)
    costs.append(("one stands still and wakes", fleet.measure { $0.freeze(9) }))
    #expect(fleet.isWhole)
    costs.append(("fifty leave, one by one", fleet.measure { fleet in for id in 10..<60 { fleet.leave(id) } }))
    #expect(fleet.isWhole && fleet.spread.most - fleet.spread.fewest <= 1)
    costs.append(("fifty join, one by one", fleet.measure { fleet in for _ in 0..<50 { fleet.join() } }))
    #expect(fleet.isWhole && fleet.spread.most - fleet.spread.fewest <= 1)
    for (what, cost) in costs {
      print(
        "fleet: \(what): \(cost.moves) moves, \(cost.fenced) fenced writes, a partition stood still \(cost.longest)")
    }
    // Only what must move does.
    #expect(costs.map(\.1.moves).prefix(3) == [1, 1, 1])
    #expect(costs[3].1.fenced == 1)
    // Who leaves last has taken over from those before it.
    #expect(costs[4].1.moves <= 100 && costs[5].1.moves <= 60)
  }
}
