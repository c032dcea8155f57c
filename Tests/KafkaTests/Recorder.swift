import Kafka
import Runtime
import Testing

/// A consumer's owner for tests: remembers everything, and does what the test's hooks say.
final class Recorder: KafkaConsumerDelegate {
  struct Seen: Sendable {
    var messages: [KafkaMessage] = []
    var assigned: [[TopicPartition]] = []
    var generations: [Int] = []
    var revoked: [[TopicPartition]] = []
    var lost: [Bool] = []
    var failures: [(KafkaError, TopicPartition?)] = []
  }

  typealias Assigned = @Sendable ([TopicPartition], Int) async throws -> [TopicPartition: Int64]
  typealias Revoked = @Sendable ([TopicPartition], Bool) async -> Void

  private let state = Locked(Seen())
  private let onAssigned: Assigned
  private let onRevoked: Revoked
  private let onReceived: @Sendable ([KafkaMessage]) -> Void

  init(
    assigned: @escaping Assigned = { partitions, _ in
      Dictionary(partitions.map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
    },
    revoked: @escaping Revoked = { _, _ in },
    received: @escaping @Sendable ([KafkaMessage]) -> Void = { _ in }
  ) {
    onAssigned = assigned
    onRevoked = revoked
    onReceived = received
  }

  var seen: Seen { state.with { $0 } }
  var messages: [KafkaMessage] { state.with { $0.messages } }
  var count: Int { state.with { $0.messages.count } }

  func assigned(_ partitions: [TopicPartition], generation: Int) async throws -> [TopicPartition: Int64] {
    state.with {
      $0.assigned.append(partitions)
      $0.generations.append(generation)
    }
    return try await onAssigned(partitions, generation)
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, generation: Int) async {
    state.with {
      $0.revoked.append(partitions)
      $0.lost.append(lost)
    }
    await onRevoked(partitions, lost)
  }

  func received(_ messages: [KafkaMessage]) {
    state.with { $0.messages += messages }
    onReceived(messages)
  }

  func failed(_ error: KafkaError, partition: TopicPartition?) {
    state.with { $0.failures.append((error, partition)) }
  }
}

/// Waits until a fact holds; records an issue when it does not within `seconds`.
func until(
  _ what: String, within seconds: Int = 60, sourceLocation: SourceLocation = #_sourceLocation,
  _ fact: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try await !fact() {
    guard ContinuousClock.now < deadline else {
      Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
      throw CancellationError()
    }
    try await Task.sleep(for: .milliseconds(10))  // the poll of a wait with a deadline
  }
}

/// An embedded Kafka with one topic `t`, stopped after the body.
func withKafka(
  partitions: Int = 2, brokers: Int = 1, _ body: (EmbeddedKafka) async throws -> Void
) async throws {
  let kafka = try EmbeddedKafka(brokers: brokers)
  defer { kafka.stop() }
  try kafka.createTopic("t", partitions: partitions)
  try await body(kafka)
}

/// A producer, closed after the body.
func withProducer<Value>(
  _ settings: KafkaSettings, _ body: (KafkaProducer) async throws -> Value
) async throws -> Value {
  let producer = try KafkaProducer(settings: settings, log: quiet)
  do {
    let value = try await body(producer)
    await producer.close()
    return value
  } catch {
    await producer.close()
    throw error
  }
}

/// A started consumer of topic `t`, closed after the body.
func withConsumer(
  _ kafka: EmbeddedKafka, _ recorder: Recorder, settings: KafkaSettings? = nil, group: String = "g",
  drainDeadline: Duration = .seconds(20),
  _ body: (KafkaConsumer) async throws -> Void
) async throws {
  let consumer = try KafkaConsumer(
    settings: settings ?? kafka.settings, group: group, topics: ["t"], delegate: recorder, log: quiet,
    drainDeadline: drainDeadline)
  consumer.start()
  do {
    try await body(consumer)
    await consumer.close()
  } catch {
    await consumer.close()
    throw error
  }
}

/// Sends `0..<count` as text to one partition of `t`.
func produce(_ kafka: EmbeddedKafka, _ numbers: Range<Int>, partition: Int32 = 0) async throws {
  let messages = numbers.map {
    OutgoingMessage(topic: "t", partition: partition, key: nil, value: Array(String($0).utf8))
  }
  let results = try await withProducer(kafka.settings) { try await $0.sendAll(messages) }
  for result in results { _ = try result.get() }
}

func partition(_ number: Int32) -> TopicPartition { TopicPartition(topic: "t", partition: number) }

/// The messages' values as text, of one partition.
func texts(_ messages: [KafkaMessage], partition: Int32 = 0) -> [String] {
  messages.filter { $0.partition == partition }.map { String(decoding: $0.value ?? [], as: UTF8.self) }
}

/// librdkafka's complaints about the faults that tests make are hidden.
let quiet = Log(level: .error)
