import CLibRDKafka
import Runtime

/// An idempotent producer: `acks=all`, lz4, 1 ms of linger; a send is done when the brokers have it.
///
/// One thread takes the delivery reports. A producer that is dropped without `close` keeps running.
package final class KafkaProducer: Sendable {
  private let handle: KafkaHandle
  private let loop: DeliveryLoop
  private let askedTopics = Locked<Set<String>>([])
  private let closing = Locked<Task<Void, Never>?>(nil)
  private let log: Log

  /// Does not connect yet. Throws when a property is not accepted.
  package init(settings: KafkaSettings, log: Log) throws {
    handle = try KafkaHandle(
      .producer, settings, role: .producer,
      events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
    self.log = log
    loop = DeliveryLoop(handle.pointer, log: log)
    loop.start()
  }

  /// Sends one message and waits until the brokers acknowledged it, 20 s at most. A full queue waits.
  package func send(
    topic: String, partition: Int32? = nil, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = []
  ) async throws -> (partition: Int32, offset: Int64) {
    let message = OutgoingMessage(topic: topic, partition: partition, key: key, value: value, headers: headers)
    let place = try await deliver([message])[0].get()
    return (place.partition, place.offset)
  }

  /// Sends messages in this order without waiting for each one; the offset or the error of each, in the same order.
  /// Throws only when the producer is closed.
  package func sendAll(_ messages: [OutgoingMessage]) async throws -> [Result<Int64, KafkaError>] {
    try await deliver(messages).map { $0.map(\.offset) }
  }

  /// Whether a broker answers; throws when none does in time.
  package func reach(within limit: Duration) async throws {
    let timeout = Int32(clamping: limit.milliseconds)
    do {
      try await handle.call { _ = try Metadata.cluster($0, timeout: timeout) }
    } catch let error as KafkaError where error.isUnreachable {
      throw loop.trouble.map { error.orBetter($0) } ?? error
    }
  }

  /// How many partitions a topic has. Throws when it does not exist or nobody answers in time.
  package func partitionCount(topic: String, within limit: Duration = .seconds(10)) async throws -> Int {
    let timeout = Int32(clamping: limit.milliseconds)
    do {
      return try await handle.call { try Metadata.topic($0, topic, timeout: timeout).partitions.count }
    } catch let error as KafkaError where error.isUnreachable {
      // The request itself only knows that nobody answered.
      throw loop.trouble.map { error.orBetter($0) } ?? error
    }
  }

  /// Sends out what lingers and waits until everything was reported, or the deadline; what is left stays on its way.
  package func flush(deadline: Duration) async {
    let limit = Int32(clamping: deadline.milliseconds)
    _ = try? await handle.call { rd_kafka_flush($0, limit) }
  }

  /// Fails every message that is not acknowledged yet; one on its way may arrive all the same. For a stop that can not
  /// wait for brokers that are gone.
  package func purge() { loop.purge() }

  /// Messages that are not reported yet.
  package var pending: Int { loop.pending }

  /// Refuses new messages, flushes for 10 s, fails what is left, frees everything. Later calls wait for the first.
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
    loop.refuse()
    let destroyed = Signal()
    Task { [self] in
      await flush(deadline: .seconds(10))
      _ = try? await handle.call { rd_kafka_purge($0, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT) }
      await loop.stop()
      await handle.destroy()
      destroyed.fire()
    }
    if await !destroyed.wait(atMost: .seconds(20)) {
      log.warning("Kafka producer is slow to close; going on without waiting")
    }
  }

  private func deliver(_ messages: [OutgoingMessage]) async throws -> [Result<Delivery.Place, KafkaError>] {
    guard !messages.isEmpty else { return [] }
    for topic in Set(messages.map(\.topic)) { await learn(topic) }
    let delivery = Delivery(count: messages.count)
    for (index, message) in messages.enumerated() {
      while !(try loop.enqueue(message, delivery, index)) { await loop.room() }
    }
    return await delivery.results()
  }

  /// The first message to a topic whose metadata nobody asked for waits a second; so the first sender asks. A failure
  /// is the send's to report.
  private func learn(_ topic: String) async {
    guard askedTopics.with({ $0.insert(topic).inserted }) else { return }
    _ = try? await handle.call { try Metadata.topic($0, topic, timeout: 2_000) }
  }
}

extension Duration {
  /// Whole milliseconds, rounded down.
  var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
