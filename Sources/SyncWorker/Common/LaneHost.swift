import Kafka
import Postgres
import Runtime
import SyncStore

/// Turns assignments of a kind's consumer group into claimed lanes, and hands them their messages.
///
/// Each kind has a group of its own in Kafka: workers differ in the kinds they do, and the sticky assignor of
/// librdkafka 2.0.2 ends the process when members of one group subscribe to different topics. The offsets that count
/// are in Postgres, under the one name that is configured.
final class LaneHost: KafkaConsumerDelegate {
  private struct Running {
    let lane: Lane
    let task: Task<Void, Never>
  }

  private struct State {
    var consumer: KafkaConsumer?
    var lanes: [TopicPartition: Running] = [:]
    var generation = 0
  }

  private let kind: WorkKind
  private let configuration: WorkerConfiguration
  private let pool: PGPool
  private let metrics: Metrics
  private let report: OffsetReport
  private let wake: @Sendable () -> Void
  private let state = Locked(State())
  private let log: Log
  private let complaint: Complaint

  init(
    _ kind: WorkKind, configuration: WorkerConfiguration, pool: PGPool, metrics: Metrics, report: OffsetReport,
    wake: @escaping @Sendable () -> Void
  ) {
    self.kind = kind
    self.configuration = configuration
    self.pool = pool
    self.metrics = metrics
    self.report = report
    self.wake = wake
    log = configuration.log
    complaint = Complaint("the consumer waits for Kafka", log: configuration.log)
  }

  /// Joins the group. `close` ends it.
  func start() throws {
    var settings = configuration.kafka
    // The embedded broker is asked all the time: for what nobody waits for, less often.
    if settings.embedded && !kind.isUrgent { settings.properties["fetch.wait.max.ms"] = "100" }
    let consumer = try KafkaConsumer(
      settings: settings, group: "\(configuration.group).\(kind.rawValue)",
      topics: [kind.topic(configuration.topics)], delegate: self, log: log)
    state.with { $0.consumer = consumer }
    consumer.start()
  }

  /// Drains every lane, commits, leaves the group.
  func close() async { await state.with { $0.consumer }?.close() }

  /// The consumer; nil before `start`.
  var consumer: KafkaConsumer? { state.with { $0.consumer } }

  /// The next offset to apply of every partition this worker holds.
  var positions: [TopicPartition: Int64] { state.with { $0.lanes.mapValues { $0.lane.nextOffset } } }

  // MARK: KafkaConsumerDelegate

  func assigned(_ partitions: [TopicPartition], generation: Int) async throws -> [TopicPartition: Int64] {
    state.with { $0.generation = generation }
    metrics.add(MetricCatalog.rebalances)
    var starts: [TopicPartition: Int64] = [:]
    for partition in partitions {
      let lane = try await open(partition)
      starts[partition] = lane.nextOffset
      // Nothing of the partition arrives before this has returned.
      start(lane, partition)
    }
    if !partitions.isEmpty {
      complaint.settle()
      log.info("partitions assigned", ("partitions", TopicPartition.list(partitions)))
    }
    return starts
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, generation: Int) async {
    metrics.add(MetricCatalog.rebalances)
    let leaving = state.with { state in partitions.compactMap { state.lanes.removeValue(forKey: $0) } }
    for running in leaving { running.lane.mailbox.close() }
    // A batch that is being applied is finished while the partition is still ours; one that is stuck is given up at the
    // deadline, and its transaction with it.
    await withTaskCancellationHandler {
      for running in leaving { await running.task.value }
    } onCancel: {
      for running in leaving { running.task.cancel() }
    }
    let list = ("partitions", TopicPartition.list(partitions))
    if lost { log.warning("partitions lost", list) } else { log.info("partitions handed over", list) }
  }

  func received(_ messages: [KafkaMessage]) {
    complaint.settle()
    let groups = Dictionary(grouping: messages, by: \.topicPartition)
    for (partition, batch) in groups {
      guard let running = state.with({ $0.lanes[partition] }) else { continue }
      if running.lane.mailbox.push(batch) == .pause { consumer?.pause([partition]) }
    }
  }

  func failed(_ error: KafkaError, partition: TopicPartition?) {
    // One outage is many errors, of each broker and each try.
    if error.isUnreachable { return complaint.tell(error.description, key: error.outage) }
    guard error.isOffsetOutOfRange, let partition else {
      log.warning("kafka", ("cause", error.description), ("partition", partition?.description ?? "-"))
      return
    }
    log.error("OFFSET_OUT_OF_RANGE: messages are gone that were never applied", ("partition", partition.description))
    guard let lane = state.with({ $0.lanes[partition]?.lane }) else { return }
    Task {
      // What is in hand already is applied first.
      await lane.mailbox.drained()
      await reopen(partition, instead: lane, after: .zero)
    }
  }

  // MARK: Lanes

  /// Claims a partition; the lane begins where the stored offset says, and takes no message yet.
  private func open(_ partition: TopicPartition) async throws -> Lane {
    guard let consumer else { throw CancellationError() }
    let (low, high) = try await consumer.watermarks(partition)
    let configuration = configuration
    let log = log
    let (claim, next) = try await pool.run { session in
      try session.asSystem {
        let (claim, stored) = try OffsetStore.claim(
          session, group: configuration.group, topic: partition.topic, partition: partition.partition, start: low,
          owner: configuration.owner)
        let (start, isGap) = StartOffset.decide(stored: stored, low: low, high: high)
        guard isGap else { return (claim, start) }
        try OffsetStore.move(session, claim, to: low)
        log.error(
          "OFFSET_OUT_OF_RANGE: the stored offset is not in the log; going on at its start", ("stored", String(stored)),
          ("low", String(low)), ("high", String(high)), ("partition", partition.description))
        return (claim, low)
      }
    }
    return Lane(claim: claim, start: next, laneBytes: configuration.laneBytes, tools: tools(partition, consumer))
  }

  /// From here on the partition's messages go to this lane.
  private func start(_ lane: Lane, _ partition: TopicPartition) {
    let task = Task {
      if await lane.run() == .fenced { await reopen(partition, instead: lane, after: .seconds(2)) }
    }
    let previous = state.with { state in
      defer { state.lanes[partition] = Running(lane: lane, task: task) }
      return state.lanes[partition]
    }
    previous?.lane.mailbox.close()
  }

  /// A lane was fenced or lost its place. A zombie soon learns that the group has gone on without it; a worker that
  /// still owns the partition takes it back: nothing is delivered to the new lane before Kafka reads where it begins.
  private func reopen(_ partition: TopicPartition, instead old: Lane, after pause: Duration) async {
    // What the old lane does not take any more would be missed: paused until the new one stands.
    old.mailbox.close()
    consumer?.pause([partition])
    var pause = pause
    while true {
      if (try? await Task.sleep(for: pause)) == nil { return }
      guard let consumer, state.with({ $0.lanes[partition]?.lane === old }) else { return }
      pause = .seconds(2)
      guard consumer.isMember, consumer.assignment.contains(partition) else { continue }
      do {
        let lane = try await open(partition)
        try await consumer.seek([partition: lane.nextOffset])
        guard state.with({ $0.lanes[partition]?.lane === old }) else { return }
        start(lane, partition)
        consumer.resume([partition])
        return
      } catch {
        log.warning(
          "a partition could not be taken back yet", ("partition", partition.description), ("cause", "\(error)"))
      }
    }
  }

  private func tools(_ partition: TopicPartition, _ consumer: KafkaConsumer) -> Lane.Tools {
    let report = report
    return Lane.Tools(
      kind: kind.rawValue, pool: pool, metrics: metrics, log: log,
      flow: { flow in
        switch flow {
        case .pause: consumer.pause([partition])
        case .resume: consumer.resume([partition])
        case .keep: break
        }
      },
      applied: { report.note(partition, $0) }, wake: wake)
  }
}
