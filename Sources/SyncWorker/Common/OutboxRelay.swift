import Kafka
import Postgres
import Runtime
import SyncStore

/// Publishes the outbox: at least once, in order per key, one relay at a time across all workers.
///
/// The rows are locked by the relay's lock, published, and removed in one transaction that stays open until Kafka has
/// acknowledged them. A message that Kafka refuses for good is parked; others go on.
package final class OutboxRelay: Sendable {
  private let options: PGOptions
  private let producer: KafkaProducer
  private let topics: Topics
  private let log: Log
  private let isDraining = Locked(false)
  private let hasEnded = Locked(false)
  private let bell = Bell()
  private let complaint: Complaint

  /// How long brokers that do not answer may keep a stop waiting.
  private static let patience = Duration.seconds(2)

  package init(options: PGOptions, producer: KafkaProducer, topics: Topics, log: Log) {
    self.options = options
    self.producer = producer
    self.topics = topics
    self.log = log
    complaint = Complaint("the outbox waits", log: log)
  }

  /// What is being published is finished, unless Kafka does not answer: then it stays in the outbox.
  package func drain() async {
    isDraining.with { $0 = true }
    bell.ring()
    try? await Task.sleep(for: Self.patience)
    if !hasEnded.with({ $0 }) { producer.purge() }
  }

  /// Works until drained or cancelled, on a connection of its own: its transactions wait for Kafka.
  package func run() async throws {
    defer { hasEnded.with { $0 = true } }
    var backoff = Backoff(base: .milliseconds(200), cap: .seconds(5))
    var hasWorked = false
    while !isDraining.with({ $0 }) && !Task.isCancelled {
      do {
        let connection = try await PGConnection.open(options, name: "outbox")
        do {
          try await relay(connection) {
            hasWorked = true
            backoff.reset()
            complaint.settle()
          }
        } catch {
          await connection.close()
          throw error
        }
        await connection.close()
      } catch is CancellationError {
        return
      } catch {
        // Who runs it says what it waits for at the start; here counts what ends what had begun.
        let isSaid = error is PGError || (error as? KafkaError)?.isUnreachable == true
        if hasWorked || !isSaid, !isDraining.with({ $0 }) { complaint.tell("\(error)") }
        await bell.nap(backoff.next())
      }
    }
  }

  private func relay(_ connection: PGConnection, _ progressed: () -> Void) async throws {
    try await connection.run { try $0.listen("syncline_outbox") }
    // Whoever takes rows keeps all other relays from them: not while no broker answers here.
    try await producer.reach(within: .seconds(2))
    while !isDraining.with({ $0 }) {
      try Task.checkCancellation()
      let producer = producer
      let topics = topics
      let delivery = try await connection.run { session -> OutboxDelivery? in
        try session.asSystem {
          let messages = try OutboxStore.take(session, limit: 500)
          guard !messages.isEmpty else { return nil }
          CrashPoint.outboxTaken.pass()
          let outgoing = messages.map { message in
            OutgoingMessage(
              topic: topics.published(message.topic), partition: nil, key: message.key, value: message.value,
              headers: message.headers.map { KafkaHeader(name: $0.name, value: $0.value) })
          }
          let delivery = OutboxDelivery(messages, try waitBlocking { try await producer.sendAll(outgoing) })
          CrashPoint.outboxPublished.pass()
          if !delivery.published.isEmpty { try OutboxStore.remove(session, delivery.published) }
          if !delivery.parked.isEmpty { try OutboxStore.park(session, delivery.parked) }
          CrashPoint.outboxMarked.pass()
          return delivery
        }
      }
      for (id, error) in delivery?.parked ?? [] {
        log.error("Kafka refuses a message; it is parked in the outbox", ("id", String(id)), ("cause", error))
      }
      // Only now: what went through is forgotten, whatever became of the others.
      if let failure = delivery?.failure { throw failure }
      progressed()
      if delivery == nil { try await rest(connection) }
    }
  }

  /// Until somebody writes a message, or for a second: by then a relay that died has let go of what it had taken.
  private func rest(_ connection: PGConnection) async throws {
    for _ in 0..<4 where !isDraining.with({ $0 }) {
      let news = try await connection.run { try $0.notifications(timeoutMilliseconds: 250) }
      if !news.isEmpty { return }
    }
  }
}
