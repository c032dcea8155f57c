/// The course of rebalances as a pure state machine: what the group said goes in, what the consumer must do comes out.
///
/// One rebalance at a time: what arrives during another one waits. A revoke passes through draining (the owner
/// finishes) and settling (commits are answered), each with a deadline, before the partitions are given up.
struct RebalanceMachine: Equatable {
  enum Event: Equatable {
    /// The group gives partitions.
    case assign([TopicPartition])
    /// The group takes partitions; `lost` when somebody else may own them already.
    case revoke([TopicPartition], lost: Bool)
    /// The owner said where the partitions of this generation start.
    case offsets([TopicPartition: Int64], generation: Int)
    /// The owner is done with the drain that carried this number.
    case drained(Int)
    /// Time passed, or a commit was answered.
    case tick(commitsSettled: Bool)
  }

  enum Action: Equatable {
    /// Ask the owner for start offsets.
    case askOffsets([TopicPartition], generation: Int)
    /// Take the partitions: the owner answered.
    case assign([TopicPartition: Int64])
    /// Ask the owner to finish; `drain` numbers the question.
    case askDrain([TopicPartition], lost: Bool, generation: Int, drain: Int)
    /// The drain with this number took too long and was given up.
    case drainTimedOut(Int)
    /// Give the partitions up.
    case unassign([TopicPartition])
  }

  private enum Phase: Equatable {
    case idle
    case starting([TopicPartition])
    case draining([TopicPartition], deadline: ContinuousClock.Instant)
    case settling([TopicPartition], deadline: ContinuousClock.Instant)
  }

  private let drainDeadline: Duration
  private let settleDeadline: Duration
  private var phase = Phase.idle
  private var queued: [Event] = []
  private(set) var generation = 0
  private var drains = 0

  init(drainDeadline: Duration, settleDeadline: Duration = .seconds(5)) {
    self.drainDeadline = drainDeadline
    self.settleDeadline = settleDeadline
  }

  /// No rebalance is being handled.
  var isIdle: Bool { phase == .idle }

  /// The partitions whose start offsets are being asked for.
  var starting: [TopicPartition] {
    if case .starting(let partitions) = phase { return partitions }
    return []
  }

  mutating func handle(_ event: Event, now: ContinuousClock.Instant) -> [Action] {
    switch (event, phase) {
    case (.assign, .idle), (.revoke, .idle):
      return begin(event, now)
    case (.assign, _), (.revoke, _):
      queued.append(event)
      return []
    case (.offsets(let offsets, let answered), .starting(let partitions)) where answered == generation:
      phase = .idle
      let known = Set(partitions)
      return [.assign(offsets.filter { known.contains($0.key) })] + next(now)
    case (.drained(let number), .draining(let partitions, _)) where number == drains:
      phase = .settling(partitions, deadline: now + settleDeadline)
      return []
    case (.tick, .draining(let partitions, let deadline)) where now >= deadline:
      phase = .settling(partitions, deadline: now + settleDeadline)
      return [.drainTimedOut(drains)]
    case (.tick(let settled), .settling(let partitions, let deadline)) where settled || now >= deadline:
      phase = .idle
      return [.unassign(partitions)] + next(now)
    case (.offsets, _), (.drained, _), (.tick, _):
      return []
    }
  }

  private mutating func begin(_ event: Event, _ now: ContinuousClock.Instant) -> [Action] {
    switch event {
    case .assign(let partitions):
      generation += 1
      phase = .starting(partitions)
      return [.askOffsets(partitions, generation: generation)]
    case .revoke(let partitions, let lost):
      drains += 1
      phase = .draining(partitions, deadline: now + drainDeadline)
      return [.askDrain(partitions, lost: lost, generation: generation, drain: drains)]
    case .offsets, .drained, .tick:
      return []
    }
  }

  private mutating func next(_ now: ContinuousClock.Instant) -> [Action] {
    queued.isEmpty ? [] : begin(queued.removeFirst(), now)
  }
}
