import CLibRDKafka
import Runtime

/// Questions to the cluster, the creation of topics, offsets of a group without members. Asks the embedded cluster
/// nothing that it cannot bear.
///
/// Calls run one after the other on a thread of the client's own, which lives until `close`. Everything throws
/// `KafkaError`, with `isUnreachable` when no broker answered within the time limit.
package final class KafkaAdmin: Sendable {
  private let handle: KafkaHandle
  private let timeout: Int32
  private let log: Log

  /// Does not connect yet. `timeout` bounds each single request.
  package init(settings: KafkaSettings, log: Log, timeout: Duration = .seconds(10)) throws {
    handle = try KafkaHandle(.producer, settings, role: .admin, events: RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
    self.timeout = Int32(clamping: timeout.milliseconds)
    self.log = log
  }

  /// Brokers and topics.
  package func metadata() async throws -> KafkaMetadata {
    let timeout = timeout
    return try await call { try Metadata.cluster($0, timeout: timeout) }
  }

  /// The first offset in a partition's log and the one the next message gets.
  package func watermarks(_ partition: TopicPartition) async throws -> (low: Int64, high: Int64) {
    let timeout = timeout
    return try await call { try KafkaHandle.watermarks($0, partition, timeout: timeout) }
  }

  /// A group's committed next offsets; partitions without one are absent.
  package func committed(group: String, _ partitions: [TopicPartition]) async throws -> [TopicPartition: Int64] {
    guard !partitions.isEmpty else { return [:] }
    let timeout = timeout
    return try await call { try AdminRequest.committed($0, group, partitions, timeout: timeout) }
  }

  /// Commits next offsets for a group in which nobody consumes. Throws when it has members, or a partition is refused.
  package func commit(group: String, _ offsets: [TopicPartition: Int64]) async throws {
    guard !offsets.isEmpty else { return }
    let timeout = timeout
    try await call { try AdminRequest.commit($0, group, offsets, timeout: timeout) }
  }

  /// Creates the topics that do not exist; the outcome of each by name. The embedded cluster creates a topic with 4
  /// partitions when it is first asked about it, whatever the specification says.
  package func createTopics(_ topics: [TopicSpec]) async throws -> [String: TopicOutcome] {
    let timeout = timeout
    return try await call { handle in
      let existing = Dictionary(
        try Metadata.cluster(handle, timeout: timeout).topics.map { ($0.name, $0.partitions.count) },
        uniquingKeysWith: { first, _ in first })
      var outcomes: [String: TopicOutcome] = [:]
      var missing: [TopicSpec] = []
      for topic in topics {
        if let partitions = existing[topic.name] {
          outcomes[topic.name] = .existed(partitions: partitions)
        } else {
          missing.append(topic)
        }
      }
      guard !missing.isEmpty else { return outcomes }
      let created =
        AdminRequest.isMock(handle, timeout: timeout)
        ? AdminRequest.touch(handle, missing, timeout: timeout)
        : try AdminRequest.create(handle, missing, timeout: timeout)
      return outcomes.merging(created) { $1 }
    }
  }

  /// Frees everything; a running request ends first.
  package func close() async { await handle.destroy() }

  private func call<Value: Sendable>(_ body: @Sendable (OpaquePointer) throws -> Value) async throws -> Value {
    let log = log
    return try await handle.call { handle in
      do {
        let value = try body(handle)
        AdminRequest.drainEvents(handle, log)
        return value
      } catch let error as KafkaError {
        // The request itself only knows that nobody answered.
        let cause = AdminRequest.drainEvents(handle, log, instead: error) ?? error
        throw error.isUnreachable ? cause : error
      }
    }
  }
}
