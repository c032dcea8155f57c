import CLibRDKafka
import Runtime

/// The polling thread of a consumer: the only one that takes events from librdkafka and changes the assignment.
///
/// Never blocks on the delegate's asynchronous calls: their answers come back as commands. All stored properties that
/// are `var` belong to the thread.
final class ConsumerLoop: @unchecked Sendable {
  /// The thread sleeps at most this long without an event or a command.
  private static let turn: Int32 = 250
  /// One batch for the delegate: this many messages, or bytes.
  private static let batchMessages = 1000
  private static let batchBytes = 4 << 20
  /// How long leaving a group may take whose brokers are all gone: nobody is there to hear it.
  private static let cutDeadline: Duration = .seconds(2)
  /// How long leaving the group may take after the drain.
  static let leaveDeadline: Duration = .seconds(10)

  let handle: OpaquePointer
  let queue: OpaquePointer
  let log: Log
  let mailbox: ConsumerMailbox
  let started = Locked(false)
  let ended = Signal()

  var delegate: (any KafkaConsumerDelegate)?
  var rebalance: RebalanceMachine
  var commits = CommitQueue()
  var reader = MessageReader()
  var batch: [KafkaMessage] = []
  var batchSize = 0
  var owned: Set<TopicPartition> = []
  var paused: Set<TopicPartition> = []
  var asking: Task<Void, Never>?
  var wantsClose = false
  var leaveBy: ContinuousClock.Instant?
  /// No broker is there; whatever one says ends it.
  var isCut = false
  let drainDeadline: Duration

  init(
    _ pointer: KafkaHandle.Pointer, delegate: any KafkaConsumerDelegate, log: Log, drainDeadline: Duration
  ) {
    handle = pointer.raw
    // Everything comes through one queue; without this, errors and log lines would have queues of their own.
    rd_kafka_poll_set_consumer(handle)
    queue = rd_kafka_queue_get_consumer(handle)
    rd_kafka_set_log_queue(handle, queue)
    mailbox = ConsumerMailbox(queue: KafkaHandle.Pointer(raw: queue))
    self.delegate = delegate
    self.log = log
    self.drainDeadline = drainDeadline
    rebalance = RebalanceMachine(drainDeadline: drainDeadline)
  }

  var status: ConsumerMailbox.Status { mailbox.status }

  @discardableResult
  func post(_ command: ConsumerMailbox.Command) -> Bool { mailbox.post(command) }

  func lastKnownEnd(_ partition: TopicPartition) -> Int64? {
    mailbox.whileOpen {
      var low: Int64 = 0
      var high: Int64 = 0
      let error = rd_kafka_get_watermark_offsets(handle, partition.topic, partition.partition, &low, &high)
      return error == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }
  }

  func start(topics: [String]) {
    let first = started.with { started in
      defer { started = true }
      return !started
    }
    guard first else { return }
    startThread(name: "kafka-consumer") { [self] in run(topics: topics) }
  }

  /// Waits for the thread's end, however long.
  func finished() async {
    let never = started.with { started in
      defer { started = true }
      return !started
    }
    if never { end() }
    while await !ended.wait(atMost: .seconds(3600)) {}
  }

  // MARK: - The thread

  private func run(topics: [String]) {
    subscribe(topics)
    while true {
      for command in mailbox.take() { perform(command) }
      let now = ContinuousClock.now
      if wantsClose, isCut { giveUpWaiting(now) }
      apply(rebalance.handle(.tick(commitsSettled: commits.isSettled), now: now))
      sendCommits(now)
      if leaveBy == nil, wantsClose, rebalance.isIdle { leave(now) }
      if let leaveBy {
        if rd_kafka_consumer_closed(handle) != 0 { break }
        if now >= leaveBy, rebalance.isIdle {
          log.warning("Kafka group did not let this consumer go; its partitions move on when the session ends")
          break
        }
      }
      poll()
    }
    end()
  }

  private func end() {
    asking?.cancel()
    for case .seek(_, let continuation) in mailbox.finish() { continuation.resume(throwing: KafkaError.closed) }
    rd_kafka_queue_destroy(queue)
    delegate = nil
    ended.fire()
  }

  private func subscribe(_ topics: [String]) {
    let wanted = topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) }
    let error = PartitionList.with(wanted) { rd_kafka_subscribe(handle, $0) }
    if error != RD_KAFKA_RESP_ERR_NO_ERROR { delegate?.failed(KafkaError(error), partition: nil) }
  }

  /// One turn: waits for the first event, takes what else is there, hands the messages over.
  private func poll() {
    // No event says that the group has let us go.
    var wait = leaveBy == nil ? ConsumerLoop.turn : 20
    while let event = rd_kafka_queue_poll(queue, wait) {
      wait = 0
      handle(event)
      rd_kafka_event_destroy(event)
      if batch.count >= ConsumerLoop.batchMessages || batchSize >= ConsumerLoop.batchBytes { break }
    }
    deliver()
  }

  private func handle(_ event: OpaquePointer) {
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_FETCH:
      isCut = false
      while let message = rd_kafka_event_message_next(event) { take(message) }
      return
    case RD_KAFKA_EVENT_LOG:
      KafkaEvent.write(event, to: log)
      return
    default: break
    }
    // Whatever follows must not overtake the messages before it.
    deliver()
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_REBALANCE: rebalanced(event)
    case RD_KAFKA_EVENT_OFFSET_COMMIT: committed(event)
    case RD_KAFKA_EVENT_ERROR: failed(event)
    default: break
    }
  }

  private func take(_ message: UnsafePointer<rd_kafka_message_t>) {
    guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
      deliver()
      let reason = rd_kafka_message_errstr(message).map { String(cString: $0) }
      delegate?.failed(KafkaError(message.pointee.err, reason), partition: reader.topicPartition(message))
      return
    }
    batch.append(reader.copy(message))
    batchSize += message.pointee.len + message.pointee.key_len
  }

  func deliver() {
    guard !batch.isEmpty else { return }
    let messages = batch
    batch = []
    batchSize = 0
    delegate?.received(messages)
  }

  private func failed(_ event: OpaquePointer) {
    let error = KafkaEvent.error(event, handle)
    if error.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue { isCut = true }
    var partition: TopicPartition?
    if let raw = rd_kafka_event_topic_partition(event) {
      partition = PartitionList.row(raw).topicPartition
      rd_kafka_topic_partition_destroy(raw)
    }
    delegate?.failed(error, partition: partition)
  }

  // MARK: - Leaving

  /// Commits that no broker answers are dropped (Postgres has the offsets), and the goodbye is bounded.
  private func giveUpWaiting(_ now: ContinuousClock.Instant) {
    commits.giveUp()
    if let limit = leaveBy { leaveBy = min(limit, now + ConsumerLoop.cutDeadline) }
  }

  /// Starts the goodbye: the group answers with a last revoke, which drains and commits like any other.
  private func leave(_ now: ContinuousClock.Instant) {
    leaveBy = now + drainDeadline + ConsumerLoop.leaveDeadline
    mailbox.update { $0.isMember = false }
    // A handle after a fatal error says nothing to the group any more.
    if let error = rd_kafka_consumer_close_queue(handle, queue) {
      acknowledge(error)
      leaveBy = now
    }
  }
}
