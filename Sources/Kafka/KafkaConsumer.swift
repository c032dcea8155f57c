import CLibRDKafka
import Runtime

/// A member of a consumer group on one polling thread of its own; what happens is told to a delegate.
///
/// Holds its delegate until `close` is done. A consumer that is dropped without `close` keeps running.
package final class KafkaConsumer: Sendable {
  /// How long `KafkaConsumerDelegate.revoked` may take before the partitions are given up anyway.
  package static let drainDeadline: Duration = .seconds(20)

  private let handle: KafkaHandle
  private let loop: ConsumerLoop
  private let topics: [String]
  private let drainDeadline: Duration
  private let closing = Locked<Task<Void, Never>?>(nil)
  private let log: Log

  /// Does not connect yet. Throws when a property is not accepted. `drainDeadline`: see the constant of that name.
  package init(
    settings: KafkaSettings, group: String, topics: [String], delegate: any KafkaConsumerDelegate, log: Log,
    drainDeadline: Duration = KafkaConsumer.drainDeadline
  ) throws {
    handle = try KafkaHandle(
      .consumer, settings, role: .consumer(group: group),
      events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG
        | RD_KAFKA_EVENT_FETCH)
    self.log = log
    self.topics = topics
    self.drainDeadline = drainDeadline
    loop = ConsumerLoop(handle.pointer, delegate: delegate, log: log, drainDeadline: drainDeadline)
  }

  /// Joins the group; returns at once. Later calls do nothing.
  package func start() { loop.start(topics: topics) }

  /// Stops the delivery of these partitions, after the batch being delivered; others are ignored. Ends with the
  /// assignment: a partition that comes again is not paused.
  package func pause(_ partitions: [TopicPartition]) { loop.post(.pause(partitions)) }

  /// Goes on after the last message delivered.
  package func resume(_ partitions: [TopicPartition]) { loop.post(.resume(partitions)) }

  /// The next message delivered of each partition is the first at or after its offset; keeps a pause. Waits until it is
  /// in effect. Throws when a partition is not assigned or the consumer closed, and a retriable error when the
  /// partition stands still after an offset out of range while a rebalance is going on.
  package func seek(_ offsets: [TopicPartition: Int64]) async throws {
    guard !offsets.isEmpty else { return }
    try await withCheckedThrowingContinuation { continuation in
      guard loop.post(.seek(offsets, continuation)) else { return continuation.resume(throwing: KafkaError.closed) }
    }
  }

  /// Commits next offsets to Kafka, for lag tools: asynchronous, the latest per partition wins, retried when that may
  /// help, a failure is logged. Offsets of partitions that are not ours are dropped.
  package func commit(_ offsets: [TopicPartition: Int64]) { loop.post(.commit(offsets)) }

  /// The first offset in the log and the one the next message gets; at most 3 s.
  package func watermarks(_ partition: TopicPartition) async throws -> (low: Int64, high: Int64) {
    try await handle.call { try KafkaHandle.watermarks($0, partition, timeout: 3_000) }
  }

  /// The partition's end as the last fetch saw it, without asking anybody: for lag metrics. nil before the first fetch;
  /// gets old while the partition is paused.
  package func lastKnownEnd(_ partition: TopicPartition) -> Int64? { loop.lastKnownEnd(partition) }

  /// The partitions we own, those being drained included.
  package var assignment: Set<TopicPartition> { loop.status.assignment }

  /// When the polling thread last went round; it does so at least four times a second unless the delegate blocks it.
  /// librdkafka's own max.poll.interval.ms would not notice that reliably.
  package var lastPoll: ContinuousClock.Instant { loop.status.lastPoll }

  /// The group has given us an assignment, perhaps an empty one, and not taken membership away since.
  package var isMember: Bool { loop.status.isMember }

  /// At least one partition is ours.
  package var hasAssignment: Bool { !loop.status.assignment.isEmpty }

  /// How many rebalances (partitions given or taken) there were.
  package var rebalances: Int { loop.status.rebalances }

  /// Drains through `revoked`, commits, leaves the group and frees everything. Each step has its deadline; when they
  /// pass, this returns while a thread of its own finishes. Later calls wait for the first.
  package func close() async {
    let task = closing.with { task in
      if let task { return task }
      let new = Task { await self.finish() }
      task = new
      return new
    }
    await task.value
  }

  private func finish() async {
    loop.post(.close)
    handle.refuse()
    let (left, destroyed) = (Signal(), Signal())
    Task { [loop, handle] in
      await loop.finished()
      left.fire()
      if loop.status.rebalances == 0, KafkaHandle.mustNotDestroyUnassigned {
        await handle.abandon()
      } else {
        await handle.destroy()
      }
      destroyed.fire()
    }
    // Drain, settle, leave the group; then destroy, which waits for threads that may wait for a broker that is gone.
    let hasLeft = await left.wait(atMost: drainDeadline + ConsumerLoop.leaveDeadline + .seconds(10))
    let isDone = hasLeft ? await destroyed.wait(atMost: .seconds(5)) : false
    if !isDone {
      log.warning("Kafka consumer is slow to close; going on without waiting")
    }
  }
}
