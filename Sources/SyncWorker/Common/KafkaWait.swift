import Kafka
import Runtime

/// Does what needs a broker as soon as one answers: tried again with pauses, told once, shown by `/readyz` meanwhile.
package struct KafkaWait: Sendable {
  private let servers: String
  private let health: HealthState
  private let log: Log

  /// `servers`: whom to look for, as the settings name them.
  package init(servers: String, health: HealthState, log: Log) {
    self.servers = servers
    self.health = health
    self.log = log
  }

  /// Returns when `body` has succeeded. Throws what is no outage, and CancellationError at once when the task is
  /// cancelled.
  package func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    var backoff = Backoff(base: .milliseconds(500), cap: .seconds(10))
    let complaint = Complaint("waiting for Kafka", log: log)
    while true {
      do {
        try await KafkaWait.leaving(body)
        complaint.settle()
        return health.kafka(trouble: nil)
      } catch let error as KafkaError where error.isUnreachable {
        let trouble = "\(servers), \(error)"
        complaint.tell(trouble, key: error.outage)
        health.kafka(trouble: trouble)
      }
      try await Task.sleep(for: backoff.next())
    }
  }

  /// A call of librdkafka can not be cancelled; whoever is told to stop leaves it behind.
  private static func leaving(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let (endings, ending) = AsyncStream.makeStream(of: (any Error)?.self)
    Task {
      do {
        try await body()
        ending.yield(nil)
      } catch {
        ending.yield(error)
      }
    }
    for await error in endings {
      if let error { throw error }
      return
    }
    throw CancellationError()
  }
}
