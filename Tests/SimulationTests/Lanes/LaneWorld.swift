import Postgres
import SyncDomain
import SyncWorker

@testable import Kafka

/// Partitions, workers and one database: exactly-once effect, newest wins, totals, closed accounting, nothing lost.
///
/// Real: the course of rebalances, mailboxes and flow control, what a batch becomes, what is tried when it fails, where
/// a partition starts, which record is newer, and the arithmetic of totals. Models: ``Broker`` for Kafka and
/// ``LaneDatabase`` for SQL.
struct LaneWorld: World {
  enum Action: CaseIterable {
    case produce, produceOdd, fetch, lane, answer, pass, start, leave
    case trouble, crash, freeze, thaw, truncate, deliverAgain
  }

  enum Defect: CaseIterable {
    case offsetBeforeEffects, unfencedOffset, noOrderPredicate, totalsWithoutOldValue, unknownTakenForDone
    case rejectedUncounted
  }

  static let name = "lanes"
  static let partitions = 3
  /// A consumer's session, as in the embedded profile.
  static let session = Duration.seconds(6)
  static let laneBytes = 2_500

  static func weight(_ action: Action) -> Int {
    switch action {
    case .lane: 60
    case .fetch: 24
    case .produce: 16
    case .answer, .pass: 12
    case .produceOdd: 4
    case .trouble, .thaw: 4
    case .start, .freeze: 3
    case .crash, .deliverAgain: 2
    case .leave, .truncate: 1
    }
  }

  static func isFault(_ action: Action) -> Bool {
    switch action {
    case .produce, .fetch, .lane, .answer, .pass, .start, .thaw: false
    case .produceOdd, .leave, .trouble, .crash, .freeze, .truncate, .deliverAgain: true
    }
  }

  var story = Story()
  private var now = Duration.zero
  private var broker = Broker(partitions: LaneWorld.partitions)
  private var database: LaneDatabase
  private var workers: [LaneWorker] = []
  /// When the group forgets members that are silent.
  private var expiry: [Int: Duration] = [:]
  private var born = 0
  private var sent: [LaneMessage] = []
  private let defect: Defect?
  /// ``RebalanceMachine`` counts in instants.
  private static let origin = ContinuousClock.now

  init(_ chance: inout Chance, defect: Defect?) {
    self.defect = defect
    database = LaneDatabase(partitions: LaneWorld.partitions, defect: defect)
    start()
    if !chance.isOne(in: 4) { start() }
  }

  private var instant: ContinuousClock.Instant { LaneWorld.origin + now }

  // MARK: Steps

  mutating func perform(_ action: Action, _ chance: inout Chance) {
    switch action {
    case .produce: produce(&chance)
    case .produceOdd: produceOdd(&chance)
    case .fetch: fetch(&chance)
    case .lane: lane(&chance)
    case .answer: if let index = chance.pick(workers.indices) { answer(index) }
    case .pass: pass(.milliseconds(50 * Int64(1 << chance.below(8))))
    case .start: if workers.count < 3 { start() }
    case .leave: leave(&chance)
    case .trouble:
      let outcomes = LaneDatabase.Outcome.allCases.filter { $0 != .committed }
      database.troubles += chance.pick(outcomes).map { [$0] } ?? []
      story.tell("the database will answer \(database.troubles)")
    case .crash: crash(&chance)
    case .freeze:
      guard let index = chance.pick(workers.indices), !workers[index].isFrozen else { return }
      workers[index].isFrozen = true
      story.tell("worker \(workers[index].id) is frozen")
    case .thaw: if let index = chance.pick(workers.indices) { thaw(index) }
    case .truncate:
      let partition = chance.below(LaneWorld.partitions)
      broker.logs[partition].truncate(to: broker.logs[partition].low + Int64(chance.below(6)))
      story.tell("[\(partition)] begins at \(broker.logs[partition].low)")
    case .deliverAgain:
      guard let index = chance.pick(workers.indices),
        let partition = chance.pick(workers[index].positions.keys.sorted())
      else { return }
      let position = workers[index].positions[partition] ?? 0
      // Only back: what is gone at the beginning is told as an error, and not skipped.
      let back = max(broker.logs[partition].low, position - Int64(1 + chance.below(5)))
      guard back < position else { return }
      workers[index].positions[partition] = back
      story.tell("worker \(workers[index].id) reads [\(partition)] again from \(back)")
    }
  }

  private mutating func produce(_ chance: inout Chance) {
    let record = chance.below(LanePayload.records)
    let revision = chance.below(LanePayload.revisions)
    send(
      chance.below(LaneWorld.partitions), LanePayload.changed(record, revision),
      .record(id: "P\(record)", order: SourceOrder(block: Int64(100 + revision), index: 0)), &chance)
  }

  private mutating func produceOdd(_ chance: inout Chance) {
    let partition = chance.below(LaneWorld.partitions)
    switch chance.below(4) {
    case 0: send(partition, nil, .tombstone, &chance)
    case 1: send(partition, Array("not JSON".utf8), .unusable, &chance)
    case 2: send(partition, LanePayload.changed(0, 1, organization: "NOBODY"), .unusable, &chance)
    default: send(partition, LanePayload.changed(chance.below(4), 9, poison: true), .poison, &chance)
    }
  }

  private mutating func send(
    _ partition: Int, _ value: [UInt8]?, _ meaning: LaneMessage.Meaning, _ chance: inout Chance
  ) {
    // Offsets have holes: transaction markers, compaction.
    if chance.isOne(in: 6) { broker.logs[partition].high += 1 }
    let offset = broker.logs[partition].high
    broker.logs[partition].messages.append(LanePayload.message(partition, offset, value))
    broker.logs[partition].high += 1
    sent.append(LaneMessage(partition: partition, offset: offset, meaning: meaning))
    story.tell("[\(partition)] \(offset): \(meaning)")
  }

  private mutating func fetch(_ chance: inout Chance) {
    guard let index = chance.pick(workers.indices), !workers[index].isFrozen else { return }
    let open = workers[index].positions.keys.filter { !workers[index].paused.contains($0) }.sorted()
    guard let partition = chance.pick(open) else { return }
    fetch(index, partition, 1 + chance.below(4))
  }

  private mutating func fetch(_ index: Int, _ partition: Int, _ count: Int) {
    guard let position = workers[index].positions[partition] else { return }
    guard let messages = broker.logs[partition].read(position, count) else {
      // OFFSET_OUT_OF_RANGE: what is in hand is applied, then the lane is opened anew.
      guard let lane = workers[index].lanes[partition], lane.work == nil, lane.queue.isEmpty else { return }
      workers[index].lanes[partition] = nil
      workers[index].paused.insert(partition)
      workers[index].reopening[partition] = now
      story.tell("worker \(workers[index].id): [\(partition)] \(position) is out of range")
      return
    }
    guard !messages.isEmpty else { return }
    story.tell("worker \(workers[index].id) reads [\(partition)] from \(position), \(messages.count) messages")
    workers[index].receive(Array(messages), partition)
  }

  private mutating func lane(_ chance: inout Chance) {
    guard let index = chance.pick(workers.indices.filter { !workers[$0].busy.isEmpty }),
      let partition = chance.pick(workers[index].busy)
    else { return }
    move(index, partition)
  }

  private mutating func move(_ index: Int, _ partition: Int) {
    if let told = workers[index].move(partition, &database, now: now, defect: defect) { story.tell(told) }
  }

  // MARK: Membership

  private mutating func start() {
    born += 1
    workers.append(LaneWorker(id: born, drainDeadline: .seconds(10)))
    story.tell("worker \(born) joins")
    tell(broker.group.join(born))
  }

  private mutating func leave(_ chance: inout Chance) {
    guard workers.count > 1, let index = chance.pick(workers.indices), !workers[index].isFrozen,
      workers[index].lanes.values.allSatisfy({ $0.work == nil }), workers[index].leaving.isEmpty
    else { return }
    let worker = workers.remove(at: index)
    story.tell("worker \(worker.id) leaves")
    tell(broker.group.remove(worker.id))
  }

  /// `kill -9`; what is on its way to the database may still arrive there.
  private mutating func crash(_ chance: inout Chance) {
    guard let index = chance.pick(workers.indices) else { return }
    let worker = workers.remove(at: index)
    story.tell("worker \(worker.id) is killed")
    for lane in (Array(worker.lanes.values) + worker.leaving.values).sorted(by: { $0.epoch < $1.epoch })
    where lane.isSent && chance.isOne(in: 2) {
      if let batch = lane.work?.batch { story.tell("  its last batch: \(database.perform(batch))") }
    }
    expiry[worker.id] = now + LaneWorld.session
    if workers.isEmpty { start() }
  }

  private mutating func thaw(_ index: Int) {
    guard workers[index].isFrozen else { return }
    workers[index].isFrozen = false
    expiry[workers[index].id] = nil
    let id = workers[index].id
    story.tell("worker \(id) goes on")
    guard !broker.group.members.contains(id), !workers[index].isOut else { return }
    workers[index].isOut = true
    let held = workers[index].granted.sorted().map(Group.name)
    // It joins again once it has given everything up.
    handle(.revoke(held, lost: true), index)
  }

  private mutating func pass(_ time: Duration) {
    now += time
    for (id, at) in expiry.sorted(by: { $0.key < $1.key }) where at <= now {
      expiry[id] = nil
      story.tell("the group gives worker \(id) up")
      tell(broker.group.remove(id))
    }
    for index in workers.indices {
      if workers[index].isFrozen {
        if expiry[workers[index].id] == nil, broker.group.members.contains(workers[index].id) {
          expiry[workers[index].id] = now + LaneWorld.session
        }
        continue
      }
      handle(.tick(commitsSettled: true), index)
      for (partition, at) in workers[index].reopening.sorted(by: { $0.key < $1.key }) where at <= now {
        reopen(index, partition)
      }
    }
  }

  private mutating func reopen(_ index: Int, _ partition: Int) {
    guard workers[index].positions[partition] != nil, workers[index].lanes[partition] == nil else {
      workers[index].reopening[partition] = nil
      return
    }
    guard broker.group.members.contains(workers[index].id), let next = open(index, partition) else {
      workers[index].reopening[partition] = now + .seconds(2)
      return
    }
    workers[index].reopening[partition] = nil
    workers[index].positions[partition] = next
    workers[index].paused.remove(partition)
  }

  /// Claims the partition and opens its lane; nil: the database was not there.
  private mutating func open(_ index: Int, _ partition: Int) -> Int64? {
    let log = broker.logs[partition]
    guard let (epoch, next) = database.claim(partition, low: log.low, high: log.high) else { return nil }
    workers[index].lanes[partition] = LaneWorker.Lane(
      epoch: epoch, next: next, queue: MailboxQueue(limit: LaneWorld.laneBytes))
    story.tell("worker \(workers[index].id) claims [\(partition)] at \(next), epoch \(epoch)")
    return next
  }

  // MARK: Rebalances

  private mutating func tell(_ notices: [Group.Notice]) {
    for notice in notices {
      if let index = workers.firstIndex(where: { $0.id == notice.member }) { handle(notice.event, index) }
    }
  }

  private mutating func handle(_ event: RebalanceMachine.Event, _ index: Int) {
    if case .assign(let partitions) = event { workers[index].granted.formUnion(partitions.map { Int($0.partition) }) }
    for action in workers[index].machine.handle(event, now: instant) { perform(action, index) }
  }

  private mutating func perform(_ action: RebalanceMachine.Action, _ index: Int) {
    switch action {
    case .askOffsets(let partitions, let generation):
      workers[index].question = .offsets(partitions, generation: generation, known: [:])
    case .assign(let offsets):
      story.tell("worker \(workers[index].id) is assigned \(offsets.keys.sorted())")
      for (name, offset) in offsets { workers[index].positions[Int(name.partition)] = offset }
    case .askDrain(let partitions, let lost, _, let drain):
      workers[index].isLosing = lost
      for partition in partitions.map({ Int($0.partition) }) {
        guard var lane = workers[index].lanes.removeValue(forKey: partition) else { continue }
        lane.queue.close()
        lane.rest = []
        if lane.work != nil { workers[index].leaving[partition] = lane }
      }
      workers[index].question = .drain(drain)
    case .drainTimedOut:
      workers[index].leaving = [:]
      workers[index].question = nil
    case .unassign(let partitions):
      story.tell("worker \(workers[index].id) gives \(partitions) up")
      let given = partitions.map { Int($0.partition) }
      workers[index].granted.subtract(given)
      for partition in given {
        workers[index].positions[partition] = nil
        workers[index].paused.remove(partition)
        workers[index].reopening[partition] = nil
      }
      let id = workers[index].id
      if broker.group.members.contains(id) {
        tell(broker.group.gave(given, by: id))
      } else if workers[index].isLosing {
        workers[index].isLosing = false
        workers[index].isOut = false
        tell(broker.group.join(id))
      }
    }
  }

  /// The owner of the consumer answers, as far as it can.
  private mutating func answer(_ index: Int) {
    guard !workers[index].isFrozen, let question = workers[index].question else { return }
    switch question {
    case .offsets(let partitions, let generation, var known):
      guard let next = partitions.first(where: { known[$0] == nil }) else {
        workers[index].question = nil
        return handle(.offsets(known, generation: generation), index)
      }
      // A partition that can not be claimed is tried again; the others wait.
      known[next] = open(index, Int(next.partition))
      workers[index].question = .offsets(partitions, generation: generation, known: known)
    case .drain(let number):
      guard workers[index].leaving.values.allSatisfy({ $0.work == nil }) else { return }
      workers[index].leaving = [:]
      workers[index].question = nil
      handle(.drained(number), index)
    }
  }

  // MARK: The end

  mutating func settle(_ chance: inout Chance) -> Violation? {
    database.troubles = []
    for index in workers.indices { thaw(index) }
    for _ in 0..<1_500 {
      pass(.milliseconds(200))
      for index in workers.indices {
        answer(index)
        for partition in workers[index].positions.keys.sorted() where !workers[index].paused.contains(partition) {
          fetch(index, partition, 5)
        }
        for partition in workers[index].busy { move(index, partition) }
      }
      if isDone { return nil }
    }
    let left = broker.logs.indices.filter { !isApplied($0) }
    return Violation("everything is applied in the end", "partitions \(left) stand still")
  }

  private var isDone: Bool {
    broker.logs.indices.allSatisfy(isApplied) && workers.allSatisfy { $0.machine.isIdle && $0.busy.isEmpty }
  }

  private func isApplied(_ partition: Int) -> Bool {
    let next = database.positions[partition].next
    return broker.logs[partition].messages.allSatisfy { $0.offset < next }
  }

  func check() -> Violation? {
    LaneRules(sent: sent, database: database).check() ?? overflow
  }

  /// A lane that has more than it may is paused.
  private var overflow: Violation? {
    for worker in workers {
      for (partition, lane) in worker.lanes where lane.queue.bytes > LaneWorld.laneBytes {
        guard !worker.paused.contains(partition) else { continue }
        return Violation("flow is bounded", "[\(partition)] holds \(lane.queue.bytes) bytes and is not paused")
      }
    }
    return nil
  }

  func checkEnd() -> Violation? { nil }
}
