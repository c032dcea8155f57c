import Glibc
import Kafka
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Brokers that take some messages and not others.
@Suite("Brokers")
struct BrokerTests {
  @Test(
    "contract 4.6: dead letters whose topic takes nothing for a while wait in the outbox, others pass, and all arrive")
  func refusedTopic() async throws {
    let kafka = try EmbeddedKafka()
    let log = "/tmp/syncline-log-\(UUIDText.random())"
    let descriptor = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer {
      close(descriptor)
      unlink(log)
    }
    try await WorkerWorld.with(.of { $0.kafka = kafka }) { world in
      let letters = world.topics.readSync + ".dlq"
      kafka.failTopic(letters, with: 19)
      try world.startWorker {
        $0.kafka.properties["message.timeout.ms"] = "1000"
        $0.log = Log(level: .warning, descriptor: descriptor)
      }
      try await world.apply((0..<3).map { _ in world.message(Array("{".utf8), headers: Events.headers()) })
      try await until("the relay has failed") { try readTextFile(log).contains("the outbox waits") }
      #expect(try await world.count("outbox") == 3)
      kafka.failTopic(letters, with: 0)
      try await until("the outbox is empty") { try await world.count("outbox") == 0 }
      let reader = try TopicReader(letters, settings: kafka.settings)
      try await until("each letter is on its topic") {
        Set(reader.all.compactMap { $0.header("__connect.errors.offset") }) == ["0", "1", "2"]
      }
      await reader.close()
      #expect(try await world.lines("SELECT status, count(*) FROM dead_letter GROUP BY 1") == ["open|3"])
    }
    kafka.stop()
  }
}
