import Postgres
import SyncDomain
import SyncWorker

@testable import Kafka

/// A worker process: the real course of rebalances, mailboxes and verdicts; threads and sockets are steps here.
struct LaneWorker {
  /// A batch under way.
  struct Work {
    enum Stage {
      case ready
      case sent
      case answered(LaneDatabase.Answer)
    }

    var batch: LaneDatabase.Batch
    var tried = BatchAttempt()
    var stage = Stage.ready
  }

  struct Lane {
    let epoch: Int64
    var next: Int64
    var queue: MailboxQueue
    var work: Work?
    /// Batches that come after the present one: a batch that is taken message by message.
    var rest: [[DecodedMessage]] = []
  }

  /// What the owner of the consumer was asked and has not answered.
  enum Question: Equatable {
    case offsets([TopicPartition], generation: Int, known: [TopicPartition: Int64])
    case drain(Int)
  }

  let id: Int
  var isFrozen = false
  /// What the group has given it, taken or not yet.
  var granted: Set<Int> = []
  /// The group has gone on without it; once it has given up what it held, which is under way when `isLosing`, it joins
  /// again.
  var isOut = false
  var isLosing = false
  var machine: RebalanceMachine
  var question: Question?
  var lanes: [Int: Lane] = [:]
  /// Lanes of partitions that are being given up: what is under way is finished.
  var leaving: [Int: Lane] = [:]
  /// Where the consumer reads on, of each partition it holds.
  var positions: [Int: Int64] = [:]
  var paused: Set<Int> = []
  /// Lanes that are opened anew, and when.
  var reopening: [Int: Duration] = [:]

  init(id: Int, drainDeadline: Duration) {
    self.id = id
    machine = RebalanceMachine(drainDeadline: drainDeadline)
  }

  /// Partitions with something to do for a lane.
  var busy: [Int] {
    let open = lanes.filter { isFrozen ? $0.value.isSent : $0.value.work != nil || !$0.value.queue.isEmpty }
    let going = leaving.filter { isFrozen ? $0.value.isSent : $0.value.work != nil }
    return Set(open.keys).union(going.keys).sorted()
  }

  /// Messages of the consumer for a lane; without a lane they are dropped, and read again by the next one.
  mutating func receive(_ messages: [KafkaMessage], _ partition: Int) {
    if let last = messages.last { positions[partition] = last.offset + 1 }
    guard let flow = lanes[partition]?.queue.push(messages) else { return }
    if flow == .pause { paused.insert(partition) }
  }

  /// The lane's next move, as ``Lane`` makes it. Returns what is to be told.
  mutating func move(_ partition: Int, _ database: inout LaneDatabase, now: Duration, defect: LaneWorld.Defect?)
    -> String?
  {
    let isLeaving = lanes[partition] == nil || lanes[partition]?.work == nil && leaving[partition]?.work != nil
    guard var lane = isLeaving ? leaving[partition] : lanes[partition] else { return nil }
    let (told, isFenced) = lane.move(
      partition, &database, defect: defect,
      flow: { paused, resumes in
        if resumes { self.paused.remove(paused) }
      })
    if isLeaving {
      leaving[partition] = isFenced || lane.work == nil ? nil : lane
    } else if isFenced {
      lane.queue.close()
      lanes[partition] = nil
      paused.insert(partition)
      reopening[partition] = now + .seconds(2)
    } else {
      lanes[partition] = lane
    }
    return told.map { "worker \(id): \($0)" }
  }
}

extension LaneWorker.Lane {
  var isSent: Bool { if case .sent = work?.stage { true } else { false } }

  /// True beside the line: the lane is fenced and ends.
  mutating func move(
    _ partition: Int, _ database: inout LaneDatabase, defect: LaneWorld.Defect?, flow: (Int, Bool) -> Void
  ) -> (told: String?, isFenced: Bool) {
    guard var work else {
      begin(partition, flow: flow)
      return (nil, false)
    }
    let span = "[\(partition)] \(work.batch.expected)..<\(work.batch.next)"
    switch work.stage {
    case .ready:
      work.stage = .sent
      self.work = work
      return (nil, false)
    case .sent:
      let answer = database.perform(work.batch)
      work.stage = .answered(answer)
      self.work = work
      return ("\(span) epoch \(epoch): \(answer)", false)
    case .answered(.committed): finish(work)
    case .answered(.fenced):
      let position = database.positions[partition]
      guard position.epoch == epoch, position.next == work.batch.next else { return ("\(span) fenced", true) }
      finish(work)
    case .answered(.failed(let error)):
      if defect == .unknownTakenForDone, error.kind == .commitUnknown {
        finish(work)
        return (nil, false)
      }
      retry(work, error, database)
    }
    return (nil, false)
  }

  private mutating func begin(_ partition: Int, flow: (Int, Bool) -> Void) {
    if rest.isEmpty {
      guard let (messages, change) = queue.take() else { return }
      flow(partition, change == .resume)
      let fresh = messages.fresh(from: next)
      guard !fresh.isEmpty else { return }
      rest = [fresh.map { DecodedMessage($0) }]
    }
    let messages = rest.removeFirst()
    work = LaneWorker.Work(
      batch: LaneDatabase.Batch(
        partition: partition, epoch: epoch, expected: next, next: (messages.last?.message.offset ?? next - 1) + 1,
        messages: messages))
  }

  private mutating func finish(_ work: LaneWorker.Work) {
    next = work.batch.next
    self.work = nil
    if !rest.isEmpty { begin(work.batch.partition) { _, _ in } }
  }

  private mutating func retry(_ work: LaneWorker.Work, _ error: PGError, _ database: LaneDatabase) {
    var work = work
    work.stage = .ready
    var step = work.tried.next(
      after: error, messages: work.batch.messages.count, records: work.batch.messages[0].recordCount)
    if step == .findRecords {
      let refused = database.refused(work.batch)
      if refused.isEmpty { step = work.tried.keep() } else { work.batch.refused.merge(refused) { first, _ in first } }
    }
    switch step {
    case .again, .findRecords: self.work = work
    case .keep:
      work.batch.isKept = true
      self.work = work
    case .singly:
      self.work = nil
      rest = work.batch.messages.map { [$0] } + rest
      begin(work.batch.partition) { _, _ in }
    }
  }
}
