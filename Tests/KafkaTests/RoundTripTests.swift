import Glibc
import Kafka
import TestKit
import Testing

@Suite("Messages there and back")
struct RoundTripTests {
  @Test("key, value, headers, null and empty arrive as they were sent")
  func shapes() async throws {
    try await withKafka(partitions: 1) { kafka in
      let large = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let sent = [
        OutgoingMessage(
          topic: "t", key: Array("k".utf8), value: Array("v".utf8),
          headers: [
            KafkaHeader("ce_type", "pems.record.changed"), KafkaHeader("twice", "1"), KafkaHeader("twice", "2"),
            KafkaHeader(name: "null", value: nil), KafkaHeader(name: "empty", value: []),
          ]),
        OutgoingMessage(topic: "t", key: Array("tombstone".utf8), value: nil),
        OutgoingMessage(topic: "t", key: nil, value: []),
        OutgoingMessage(topic: "t", key: [], value: [0, 255]),
        OutgoingMessage(topic: "t", key: nil, value: large),
      ]
      let offsets = try await withProducer(kafka.settings) { try await $0.sendAll(sent).map { try $0.get() } }
      #expect(offsets == [0, 1, 2, 3, 4])
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { _ in
        try await until("all arrived") { recorder.count >= sent.count }
      }
      let got = recorder.messages
      #expect(got.map(\.offset) == [0, 1, 2, 3, 4])
      for (message, original) in zip(got, sent) {
        #expect(message.key == original.key)
        #expect(message.value == original.value)
        #expect(message.headers == original.headers)
        #expect(message.timestamp > 0)
      }
      #expect(got[0].header("TWICE") == "2")
    }
  }

  @Test("the embedded Kafka does not wait with an answer until the one before was acknowledged, also after a restart")
  func promptAnswers() async throws {
    try await withKafka(partitions: 1) { kafka in
      let port = try #require(kafka.bootstrapServers.split(separator: ":").last.flatMap { Int($0) })
      for turn in 1...2 {
        let connection = try #require(Loopback.connect(port: port))
        defer { close(connection) }
        let answer = try await eventually("accepted, turn \(turn)") { Loopback.isAnsweredAtOnce(connection) }
        #expect(answer)
        guard turn == 1 else { continue }
        try kafka.setBrokerDown(1)
        try kafka.setBrokerUp(1)
      }
    }
  }

  @Test("many messages arrive once and in order within each partition, in batches")
  func order() async throws {
    try await withKafka(partitions: 3) { kafka in
      let messages = (0..<6000).map {
        OutgoingMessage(topic: "t", partition: Int32($0 % 3), key: nil, value: Array(String($0 / 3).utf8))
      }
      let results = try await withProducer(kafka.settings) { try await $0.sendAll(messages) }
      #expect(results.allSatisfy { if case .success = $0 { true } else { false } })
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { consumer in
        try await until("all arrived") { recorder.count >= messages.count }
        #expect(consumer.isMember)
        #expect(consumer.assignment == [partition(0), partition(1), partition(2)])
        let marks = try await consumer.watermarks(partition(1))
        #expect(marks.low == 0)
        #expect(marks.high == 2000)
        #expect(consumer.lastKnownEnd(partition(1)) == 2000)
        #expect(consumer.lastKnownEnd(partition(9)) == nil)
      }
      let expected = (0..<2000).map(String.init)
      for number in Int32(0)..<3 { #expect(texts(recorder.messages, partition: number) == expected) }
    }
  }

  @Test("any message survives the trip (seed in the failure)")
  func property() async throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = Seeded(seed)
    func bytes(_ limit: Int) -> [UInt8]? {
      Bool.random(using: &random) && Bool.random(using: &random)
        ? nil
        : (0..<Int.random(in: 0...limit, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
    let sent = (0..<300).map { _ in
      let headers = (0..<Int.random(in: 0..<4, using: &random)).map { index in
        KafkaHeader(name: "h\(index)" + String(repeating: "é", count: index), value: bytes(20))
      }
      return OutgoingMessage(topic: "t", partition: 0, key: bytes(10), value: bytes(300), headers: headers)
    }
    try await withKafka(partitions: 1) { kafka in
      let results = try await withProducer(kafka.settings) { try await $0.sendAll(sent) }
      #expect(results.count == sent.count)
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { _ in
        try await until("all arrived, seed \(seed)") { recorder.count >= sent.count }
      }
      let got = recorder.messages.map {
        OutgoingMessage(topic: $0.topic, partition: $0.partition, key: $0.key, value: $0.value, headers: $0.headers)
      }
      #expect(got == sent, "seed \(seed)")
    }
  }

  @Test("a key goes to the partition that Java clients choose")
  func partitioner() async throws {
    try await withKafka(partitions: 10) { kafka in
      try await withProducer(kafka.settings) { producer in
        // murmur2("21") = -973932308, Kafka's own test vector.
        let place = try await producer.send(topic: "t", key: Array("21".utf8), value: [])
        #expect(place.partition == Int32((-973_932_308 & 0x7fff_ffff) % 10))
        #expect(try await producer.partitionCount(topic: "t") == 10)
      }
    }
  }
}
