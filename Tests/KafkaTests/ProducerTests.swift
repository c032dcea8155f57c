import Kafka
import TestKit
import Testing

@Suite("Producer")
struct ProducerTests {
  @Test("refused and broken requests are retried, each message stored once and in order")
  func retries() async throws {
    try await withKafka(partitions: 1) { kafka in
      var settings = kafka.settings
      // The mock does not look at sequence numbers, so that a second request in flight would overtake a refused one.
      settings.properties["max.in.flight.requests.per.connection"] = "1"
      try await withProducer(settings) { producer in
        _ = try await producer.send(topic: "t", partition: 0, key: nil, value: [0])
        kafka.failNext(.produce, with: [6, 7, -195, 19])
        let results = try await producer.sendAll(
          (1..<50).map { OutgoingMessage(topic: "t", partition: 0, key: nil, value: [UInt8($0)]) })
        #expect(try results.map { try $0.get() } == (1..<50).map { Int64($0) })
      }
    }
  }

  @Test("a message the broker refuses for good fails alone, with the broker's code")
  func refused() async throws {
    try await withKafka { kafka in
      try await withProducer(kafka.settings) { producer in
        let big = [UInt8](repeating: 0, count: 2_000_000)
        let results = try await producer.sendAll([
          OutgoingMessage(topic: "t", partition: 0, key: nil, value: [1]),
          OutgoingMessage(topic: "t", partition: 0, key: nil, value: big),
          OutgoingMessage(topic: "t", partition: 0, key: nil, value: [2]),
        ])
        #expect(try results[0].get() == 0)
        #expect(try results[2].get() == 1)
        let error = #expect(throws: KafkaError.self) { try results[1].get() }
        #expect(error?.name == "MSG_SIZE_TOO_LARGE")
      }
    }
  }

  @Test("a full queue makes senders wait, not fail")
  func queueFull() async throws {
    try await withKafka { kafka in
      var settings = kafka.settings
      settings.properties["queue.buffering.max.messages"] = "10"
      try await withProducer(settings) { producer in
        let results = try await producer.sendAll(
          (0..<500).map { OutgoingMessage(topic: "t", partition: 0, key: nil, value: Array(String($0).utf8)) })
        #expect(try results.map { try $0.get() } == (0..<500).map { Int64($0) })
        try await until("nothing is on its way") { producer.pending == 0 }
      }
    }
  }

  @Test("many senders at once each get their own report")
  func concurrent() async throws {
    try await withKafka { kafka in
      try await withProducer(kafka.settings) { producer in
        let offsets = try await withThrowingTaskGroup(of: Int64.self) { group in
          for number in 0..<200 {
            group.addTask {
              try await producer.send(topic: "t", partition: 1, key: nil, value: [UInt8(number)]).offset
            }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(offsets) == Set(0..<200))
      }
    }
  }

  @Test("without a broker a send fails in time and says so; closing fails what is on its way")
  func unreachable() async throws {
    let settings = KafkaSettings(
      bootstrapServers: "127.0.0.1:1", properties: ["message.timeout.ms": "300"], embedded: true)
    let producer = try KafkaProducer(settings: settings, log: quiet)
    let error = await #expect(throws: KafkaError.self) {
      try await producer.send(topic: "t", key: nil, value: [1])
    }
    #expect(error?.isRetriable == true)
    await producer.close()
    await producer.close()
    let closed = await #expect(throws: KafkaError.self) { try await producer.send(topic: "t", key: nil, value: [1]) }
    #expect(closed?.name == "_DESTROY")
    #expect(producer.pending == 0)
  }

  @Test("a broker that goes and comes back loses nothing")
  func brokerDown() async throws {
    try await withKafka(partitions: 1) { kafka in
      try await withProducer(kafka.settings) { producer in
        _ = try await producer.send(topic: "t", key: nil, value: [0])
        try kafka.setBrokerDown(1)
        async let late = producer.send(topic: "t", key: nil, value: [1])
        try await until("it is on its way") { producer.pending == 1 }
        try kafka.setBrokerUp(1)
        #expect(try await late.offset == 1)
      }
    }
  }
}
