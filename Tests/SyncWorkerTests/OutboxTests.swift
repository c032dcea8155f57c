import Kafka
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// The relay between the outbox and Kafka.
@Suite("Outbox")
struct OutboxTests {
  private func message(_ id: Int64, _ key: String?) -> OutboxStore.Message {
    OutboxStore.Message(id: id, topic: "t", key: key.map { Array($0.utf8) }, value: [], headers: [])
  }

  private let refused = KafkaError(code: 10)
  private let late = KafkaError(code: -192)

  @Test("What went through is forgotten, what is refused is parked, what failed is sent again in the order of its key")
  func delivery() {
    let messages = [
      message(1, "a"), message(2, "b"), message(3, "a"), message(4, "b"), message(5, nil), message(6, "a"),
    ]
    let delivery = OutboxDelivery(
      messages, [.success(0), .failure(refused), .failure(late), .success(1), .success(2), .success(3)])
    #expect(delivery.published == [1, 4, 5], "6 follows 3 of its key")
    #expect(delivery.parked.map(\.id) == [2] && delivery.parked[0].error.hasPrefix("MSG_SIZE_TOO_LARGE"))
    #expect(delivery.failure == late)
    #expect(OutboxDelivery(messages, messages.map { _ in .success(0) }).failure == nil)
  }

  @Test("Only errors of the message itself park it")
  func blame() {
    let (unknownTopic, forbiddenTopic, closed) = (KafkaError(code: -188), KafkaError(code: 29), KafkaError(code: -197))
    let blamed = [refused, unknownTopic, forbiddenTopic].filter { $0.blamesMessage }
    #expect(blamed.count == 3)
    #expect(!late.blamesMessage && !closed.blamesMessage)
    #expect(!KafkaError(code: 10, isFatal: true).blamesMessage)
  }

  @Test("What Kafka did not take of a batch stays in the outbox, and is published when it does")
  func partly() async throws {
    let kafka = try EmbeddedKafka()
    try await WorkerWorld.with(.of { $0.kafka = kafka }) { world in
      let (refused, taken) = (world.topics.readSync + ".dlq", world.topics.jobEvents)
      kafka.failTopic(refused, with: 19)
      try await world.execute(
        """
        INSERT INTO outbox (topic, message_key, message_value)
        VALUES ('\(refused)', convert_to('1', 'UTF8'), '.'), ('\(taken)', convert_to('2', 'UTF8'), '.')
        """)
      try world.startWorker { $0.kafka.properties["message.timeout.ms"] = "1000" }
      try await until("one of both is published") { try await world.count("outbox") < 2 }
      #expect(try await world.lines("SELECT convert_from(message_key, 'UTF8') FROM outbox") == ["1"])
      kafka.failTopic(refused, with: 0)
      let reader = try TopicReader(refused, settings: kafka.settings)
      try await until("the other one is published") { reader.all.contains { $0.key == Array("1".utf8) } }
      await reader.close()
    }
    kafka.stop()
  }

  @Test("A worker that no broker answers takes nothing from the outbox, and so keeps nobody from publishing it")
  func cutOff() async throws {
    try await WorkerWorld.with { world in
      try await world.execute(
        "INSERT INTO outbox (topic, message_key, message_value) VALUES ('\(world.topics.jobEvents)', '1', '.')")
      try world.startWorker {
        $0.kafka.bootstrapServers = "127.0.0.1:1"
        // What it takes it does not give back during this test.
        $0.kafka.properties["message.timeout.ms"] = "600000"
      }
      try await until("its relay is there") {
        try await world.count(
          """
          pg_stat_activity WHERE application_name LIKE '%outbox' AND query ILIKE 'listen%'
            AND datname = current_database()
          """) == 1
      }
      try world.startWorker()
      try await until("the message is published") { try await world.count("outbox") == 0 }
    }
  }

  @Test("A message too large for Kafka is parked; those before and behind it are published once")
  func tooLarge() async throws {
    try await WorkerWorld.with { world in
      let topic = world.topics.jobEvents
      for (key, size) in [("1", 10), ("2", 20_000_000), ("3", 10)] {
        try await world.execute(
          """
          INSERT INTO outbox (topic, message_key, message_value)
          VALUES ('\(topic)', convert_to('\(key)', 'UTF8'), convert_to(repeat('x', \(size)), 'UTF8'))
          """)
      }
      let reader = try TopicReader(topic, settings: world.kafka.settings)
      try world.startWorker()
      try await until("the refused message is alone") {
        try await world.lines("SELECT convert_from(message_key, 'UTF8'), error IS NULL FROM outbox") == ["2|f"]
      }
      try await until("both others are on the topic") { reader.all.count >= 2 }
      #expect(Set(reader.all.compactMap { $0.key.map { String(decoding: $0, as: UTF8.self) } }) == ["1", "3"])
      #expect(reader.all.count == 2)
      await reader.close()
    }
  }

  @Test("The event of a job that is larger than Kafka takes is published without what makes it so, and says that")
  func largeJob() async throws {
    try await WorkerWorld.with { world in
      let reader = try TopicReader(world.topics.jobEvents, settings: world.kafka.settings)
      for bytes in [600_000, 1_500_000] {
        try await world.execute(
          """
          INSERT INTO sync_job (organization_id, kind, state, parameters, finished_at)
          VALUES ('RIO', 'schema_change', 'failed', jsonb_build_object('changes', repeat('x', \(bytes))), now())
          """)
      }
      try world.startWorker()
      try await until("both are on the topic") { reader.all.count == 2 }
      try await until("the outbox is empty") { try await world.count("outbox") == 0 }
      let left = try reader.all.map { message in
        let event = try JSONValue(parsing: message.value ?? [])
        return event["left_out"].map { String(decoding: $0.canonical(), as: UTF8.self) }
      }
      #expect(Set(left) == [#"["history.data"]"#, #"["history.data","parameters"]"#])
      await reader.close()
    }
  }
}
