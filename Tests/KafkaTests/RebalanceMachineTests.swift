import Testing

@testable import Kafka

@Suite("Rebalance state machine")
struct RebalanceMachineTests {
  private let now = ContinuousClock.now
  private let a = TopicPartition(topic: "t", partition: 0)
  private let b = TopicPartition(topic: "t", partition: 1)
  private let open = RebalanceMachine.Event.tick(commitsSettled: false)
  private let settled = RebalanceMachine.Event.tick(commitsSettled: true)

  @Test("an assignment takes effect when the owner answered")
  func assign() {
    var machine = RebalanceMachine(drainDeadline: .seconds(1))
    #expect(machine.handle(.assign([a, b]), now: now) == [.askOffsets([a, b], generation: 1)])
    #expect(machine.handle(settled, now: now + .seconds(100)) == [])
    #expect(machine.handle(.offsets([a: 7, b: 0], generation: 1), now: now) == [.assign([a: 7, b: 0])])
    #expect(machine.isIdle)
  }

  @Test("answers for strangers and old generations are ignored")
  func staleAnswers() {
    var machine = RebalanceMachine(drainDeadline: .seconds(1))
    _ = machine.handle(.assign([a]), now: now)
    #expect(machine.handle(.offsets([a: 1], generation: 0), now: now) == [])
    #expect(machine.handle(.offsets([a: 1, b: 1], generation: 1), now: now) == [.assign([a: 1])])
    #expect(machine.handle(.offsets([a: 2], generation: 1), now: now) == [])
  }

  @Test("partitions go after the drain and the commits, not before")
  func revoke() {
    var machine = RebalanceMachine(drainDeadline: .seconds(10))
    #expect(
      machine.handle(.revoke([a], lost: false), now: now) == [.askDrain([a], lost: false, generation: 0, drain: 1)])
    #expect(machine.handle(settled, now: now + .seconds(9)) == [])
    #expect(machine.handle(.drained(1), now: now + .seconds(9)) == [])
    #expect(machine.handle(open, now: now + .seconds(10)) == [])
    #expect(machine.handle(settled, now: now + .seconds(10)) == [.unassign([a])])
    #expect(machine.isIdle)
  }

  @Test("each wait is bounded")
  func deadlines() {
    var machine = RebalanceMachine(drainDeadline: .seconds(10), settleDeadline: .seconds(5))
    _ = machine.handle(.revoke([a], lost: true), now: now)
    #expect(machine.handle(open, now: now + .seconds(10)) == [.drainTimedOut(1)])
    #expect(machine.handle(open, now: now + .seconds(14)) == [])
    #expect(machine.handle(open, now: now + .seconds(15)) == [.unassign([a])])
    #expect(machine.handle(.drained(1), now: now + .seconds(16)) == [])
  }

  @Test("a rebalance during another one waits its turn")
  func queued() {
    var machine = RebalanceMachine(drainDeadline: .seconds(10))
    _ = machine.handle(.revoke([a], lost: false), now: now)
    #expect(machine.handle(.assign([b]), now: now) == [])
    #expect(machine.handle(.revoke([b], lost: true), now: now) == [])
    _ = machine.handle(.drained(1), now: now)
    #expect(machine.handle(settled, now: now) == [.unassign([a]), .askOffsets([b], generation: 1)])
    #expect(
      machine.handle(.offsets([b: 3], generation: 1), now: now)
        == [.assign([b: 3]), .askDrain([b], lost: true, generation: 1, drain: 2)])
  }

  @Test("an empty assignment is acknowledged like any other")
  func empty() {
    var machine = RebalanceMachine(drainDeadline: .seconds(10))
    #expect(machine.handle(.assign([]), now: now) == [.askOffsets([], generation: 1)])
    #expect(machine.handle(.offsets([:], generation: 1), now: now) == [.assign([:])])
  }

  @Test("every partition that was revoked is given up once, whatever comes in between")
  func property() {
    let seed = UInt64.random(in: .min ... .max)
    var random = Seeded(seed)
    for _ in 0..<500 {
      var machine = RebalanceMachine(drainDeadline: .seconds(10))
      var time = now
      var revokes = 0
      var unassigned = 0
      var asked: [Int] = []
      for _ in 0..<60 {
        let event: RebalanceMachine.Event =
          switch Int.random(in: 0..<6, using: &random) {
          case 0: .assign([a])
          case 1: .revoke([a], lost: Bool.random(using: &random))
          case 2: .offsets([a: 1], generation: machine.generation - Int.random(in: 0..<2, using: &random))
          case 3: .drained(asked.randomElement(using: &random) ?? 0)
          default: .tick(commitsSettled: Bool.random(using: &random))
          }
        if case .revoke = event { revokes += 1 }
        time += .seconds(Int.random(in: 0..<4, using: &random))
        for action in machine.handle(event, now: time) {
          if case .askDrain(_, _, _, let drain) = action { asked.append(drain) }
          if case .unassign = action { unassigned += 1 }
        }
      }
      while !machine.isIdle {
        time += .seconds(20)
        let actions =
          machine.handle(.tick(commitsSettled: false), now: time)
          + machine.handle(.offsets([:], generation: machine.generation), now: time)
        unassigned += actions.count { if case .unassign = $0 { true } else { false } }
      }
      #expect(unassigned == revokes, "seed \(seed)")
    }
  }
}

@Suite("Commit queue")
struct CommitQueueTests {
  private let now = ContinuousClock.now
  private let a = TopicPartition(topic: "t", partition: 0)
  private let b = TopicPartition(topic: "t", partition: 1)

  @Test("one request at a time with the latest offsets of our partitions")
  func coalesce() {
    var queue = CommitQueue()
    queue.add([a: 1, b: 1])
    queue.add([a: 5])
    #expect(queue.next(owned: [a], now: now) == [a: 5])
    queue.add([a: 6])
    #expect(queue.next(owned: [a], now: now) == nil)
    #expect(!queue.isSettled)
    queue.answered(retriable: [], now: now)
    #expect(queue.next(owned: [a], now: now) == [a: 6])
    queue.answered(retriable: [], now: now)
    #expect(queue.isSettled)
  }

  @Test("what may pass is tried again after a pause, unless something newer waits")
  func retry() {
    var queue = CommitQueue()
    queue.add([a: 1, b: 1])
    _ = queue.next(owned: [a, b], now: now)
    queue.add([b: 2])
    queue.answered(retriable: [a, b], now: now)
    #expect(queue.next(owned: [a, b], now: now) == nil)
    #expect(queue.next(owned: [a, b], now: now + CommitQueue.retryPause) == [a: 1, b: 2])
  }

  @Test("given up, nothing waits; a late answer changes nothing")
  func givenUp() {
    let now = ContinuousClock.now
    let (sent, waiting) = (TopicPartition(topic: "t", partition: 0), TopicPartition(topic: "t", partition: 1))
    var queue = CommitQueue()
    queue.add([sent: 1])
    _ = queue.next(owned: [sent, waiting], now: now)
    queue.add([waiting: 2])
    queue.giveUp()
    #expect(queue.isSettled)
    queue.answered(retriable: [sent], now: now)
    #expect(queue.isSettled && queue.next(owned: [sent, waiting], now: now) == nil)
  }

  @Test("offsets of partitions that are gone are forgotten")
  func drop() {
    var queue = CommitQueue()
    queue.add([a: 1])
    queue.drop([a])
    #expect(queue.isSettled)
    queue.add([b: 1])
    #expect(queue.next(owned: [a], now: now) == nil)
    #expect(queue.isSettled)
  }
}
