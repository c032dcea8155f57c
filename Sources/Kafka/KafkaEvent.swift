import CLibRDKafka
import Runtime

/// Reading of librdkafka's events that every kind of handle has: errors and log lines.
enum KafkaEvent {
  /// The error of an ERROR event; `handle` is asked for the cause behind a fatal one.
  static func error(_ event: OpaquePointer, _ handle: OpaquePointer) -> KafkaError {
    if rd_kafka_event_error_is_fatal(event) != 0 {
      var text = [CChar](repeating: 0, count: 512)
      let cause = rd_kafka_fatal_error(handle, &text, text.count)
      return KafkaError(code: cause.rawValue, reason: KafkaHandle.string(text), isFatal: true)
    }
    let reason = rd_kafka_event_error_string(event).map { String(cString: $0) }
    return KafkaError(rd_kafka_event_error(event), reason)
  }

  /// Writes a LOG event to the program's log. What librdkafka calls an error is a warning here: it goes on by itself.
  static func write(_ event: OpaquePointer, to log: Log) {
    var facility: UnsafePointer<CChar>?
    var text: UnsafePointer<CChar>?
    var level: Int32 = 0
    guard rd_kafka_event_log(event, &facility, &text, &level) == 0, let facility, let text else { return }
    let name = String(cString: facility)
    let message = String(cString: text)
    // CONFWARN: one set of properties serves consumers and producers, and each says that it ignores the other's.
    // FAIL, ERROR: what comes as an error event too.
    if level >= 6 || ["CONFWARN", "FAIL", "ERROR"].contains(name) {
      log.debug("librdkafka", ("facility", name), ("text", message))
    } else if level == 5 {
      log.info("librdkafka", ("facility", name), ("text", message))
    } else {
      log.warning("librdkafka", ("facility", name), ("text", message))
    }
  }
}
