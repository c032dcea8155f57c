import Kafka
import Testing

@Suite("Admin")
struct AdminTests {
  @Test("brokers, topics and watermarks")
  func metadata() async throws {
    try await withKafka(partitions: 3, brokers: 2) { kafka in
      try await produce(kafka, 0..<5, partition: 2)
      let admin = try KafkaAdmin(settings: kafka.settings, log: quiet)
      let metadata = try await admin.metadata()
      #expect(metadata.brokers.map(\.id) == [1, 2])
      #expect(metadata.topics.first { $0.name == "t" }?.partitions.map(\.id) == [0, 1, 2])
      let marks = try await admin.watermarks(partition(2))
      #expect(marks.low == 0)
      #expect(marks.high == 5)
      await admin.close()
      await #expect(throws: KafkaError.self) { try await admin.metadata() }
    }
  }

  @Test("existing topics are left alone, missing ones appear")
  func create() async throws {
    try await withKafka(partitions: 3) { kafka in
      let admin = try KafkaAdmin(settings: kafka.settings, log: quiet)
      let outcomes = try await admin.createTopics([
        TopicSpec(name: "t", partitions: 12), TopicSpec(name: "new", partitions: 4, config: ["retention.ms": "1000"]),
      ])
      #expect(outcomes == ["t": .existed(partitions: 3), "new": .created])
      let names = try await admin.metadata().topics.map(\.name)
      #expect(names == ["new", "t"])
      await admin.close()
    }
  }

  @Test("a group without offsets has none")
  func noOffsets() async throws {
    try await withKafka { kafka in
      let admin = try KafkaAdmin(settings: kafka.settings, log: quiet)
      #expect(try await admin.committed(group: "nobody", [partition(0)]) == [:])
      #expect(try await admin.committed(group: "nobody", []) == [:])
      await admin.close()
    }
  }

  @Test("a cluster that cannot be reached is told apart")
  func unreachable() async throws {
    let settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", embedded: true)
    let admin = try KafkaAdmin(settings: settings, log: quiet, timeout: .milliseconds(500))
    for _ in 0..<2 {
      let error = await #expect(throws: KafkaError.self) { try await admin.metadata() }
      #expect(error?.isUnreachable == true)
    }
    await admin.close()
  }
}
