import CLibRDKafka
import Runtime

/// Hands messages to librdkafka and, on a thread of its own, takes its delivery reports.
final class DeliveryLoop: Sendable {
  private struct State {
    var refuses = false
    var stops = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    var trouble: KafkaError?
  }

  private let pointer: KafkaHandle.Pointer
  private let queue: KafkaHandle.Pointer
  private let log: Log
  private let complaint: Complaint
  private let state = Locked(State())
  private let ended = Signal()

  init(_ pointer: KafkaHandle.Pointer, log: Log) {
    self.pointer = pointer
    self.log = log
    complaint = Complaint("the producer waits for Kafka", log: log)
    queue = KafkaHandle.Pointer(raw: rd_kafka_queue_get_main(pointer.raw))
    rd_kafka_set_log_queue(pointer.raw, queue.raw)
  }

  func start() { startThread(name: "kafka-producer") { [self] in run() } }

  /// No message is taken any more.
  func refuse() { state.with { $0.refuses = true } }

  /// Ends the thread once everything was reported, after 5 s at most.
  func stop() async {
    // Under the lock, so that the thread cannot free the queue before it is woken.
    state.with { state in
      state.stops = true
      rd_kafka_queue_yield(queue.raw)
    }
    while await !ended.wait(atMost: .seconds(3600)) {}
  }

  /// 0 once closed.
  var pending: Int { state.with { $0.stops ? 0 : Int(rd_kafka_outq_len(pointer.raw)) } }

  /// Why no broker answered since one took a message; nil: nothing is known.
  var trouble: KafkaError? { state.with { $0.trouble } }

  func purge() {
    // Under the lock, so that the handle is not destroyed meanwhile.
    state.with { state in
      guard !state.stops else { return }
      rd_kafka_purge(pointer.raw, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }
  }

  /// True when the message is on its way or its failure reported, false when the queue is full. Throws when closed.
  func enqueue(_ message: OutgoingMessage, _ delivery: Delivery, _ index: Int) throws -> Bool {
    let slot = Unmanaged.passRetained(DeliverySlot(delivery, index))
    // Under the lock, so that the handle is not destroyed meanwhile; producing only appends to a queue.
    let error = state.with { state in
      state.refuses ? RD_KAFKA_RESP_ERR__DESTROY : produce(message, slot.toOpaque())
    }
    guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return true }
    slot.release()
    switch error {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return false
    case RD_KAFKA_RESP_ERR__DESTROY: throw KafkaError.closed
    default:
      delivery.report(index, .failure(KafkaError(error)))
      return true
    }
  }

  /// Waits until some delivery reports arrived, or a moment passed.
  func room() async {
    await withCheckedContinuation { continuation in
      let stopped = state.with { state in
        if !state.stops { state.waiting.append(continuation) }
        return state.stops
      }
      if stopped { continuation.resume() }
    }
  }

  private func produce(_ message: OutgoingMessage, _ slot: UnsafeMutableRawPointer) -> rd_kafka_resp_err_t {
    let headers = DeliveryLoop.headers(message.headers)
    let error = DeliveryLoop.withBytes(message.key) { key, keyCount in
      DeliveryLoop.withBytes(message.value) { value, valueCount in
        syncline_produce(
          pointer.raw, message.topic, message.partition ?? RD_KAFKA_PARTITION_UA, key, keyCount, value, valueCount,
          headers, slot)
      }
    }
    if error != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
    return error
  }

  private static func headers(_ headers: [KafkaHeader]) -> OpaquePointer? {
    guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
    for header in headers {
      withBytes(header.value) { value, count in
        _ = rd_kafka_header_add(list, header.name, header.name.utf8.count, value, count)
      }
    }
    return list
  }

  /// nil is a null pointer; an empty array is a pointer to nothing, which librdkafka tells apart.
  private static func withBytes<Value>(
    _ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> Value
  ) -> Value {
    guard let bytes else { return body(nil, 0) }
    if bytes.isEmpty { return withUnsafeBytes(of: UInt8(0)) { body($0.baseAddress, 0) } }
    return bytes.withUnsafeBytes { body($0.baseAddress, $0.count) }
  }

  private func run() {
    var stopBy: ContinuousClock.Instant?
    while true {
      while let event = rd_kafka_queue_poll(queue.raw, stopBy == nil ? 100 : 10) {
        handle(event)
        rd_kafka_event_destroy(event)
        wakeSenders()
      }
      wakeSenders()
      let stops = state.with { $0.stops }
      if stops {
        let now = ContinuousClock.now
        let limit = stopBy ?? now + .seconds(5)
        stopBy = limit
        if rd_kafka_outq_len(pointer.raw) == 0 || now >= limit { break }
      }
    }
    rd_kafka_queue_destroy(queue.raw)
    ended.fire()
  }

  private func wakeSenders() {
    let waiting = state.with { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  private func handle(_ event: OpaquePointer) {
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_DR:
      while let message = rd_kafka_event_message_next(event) { report(message.pointee) }
    case RD_KAFKA_EVENT_LOG: KafkaEvent.write(event, to: log)
    case RD_KAFKA_EVENT_ERROR:
      let error = KafkaEvent.error(event, pointer.raw)
      if error.isFatal {
        log.error("Kafka producer failed", ("error", error.description))
      } else if error.isUnreachable {
        complaint.tell(error.description, key: error.outage)
        state.with { $0.trouble = $0.trouble?.orBetter(error) ?? error }
      } else {
        log.warning("Kafka producer", ("error", error.description))
      }
    default: break
    }
  }

  private func report(_ message: rd_kafka_message_t) {
    guard let opaque = message._private else { return }
    let slot = Unmanaged<DeliverySlot>.fromOpaque(opaque).takeRetainedValue()
    if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
      complaint.settle()
      state.with { $0.trouble = nil }
    }
    slot.delivery.report(
      slot.index,
      message.err == RD_KAFKA_RESP_ERR_NO_ERROR
        ? .success(Delivery.Place(partition: message.partition, offset: message.offset))
        : .failure(KafkaError(message.err)))
  }
}
