import Kafka
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Messages that can not be applied are kept, published and passed (contract 4.6).
@Suite("Dead letters")
struct DeadLetterTests {
  @Test(
    "contract 4.6: an undecodable message is kept as it came, goes to the .dlq topic, and the partition goes on"
  )
  func keptAndPublished() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      let good = Events.changed(Events.record(1))
      let data = Events.payload(Events.record(2))
      let cases: [(code: String, organization: String, message: OutgoingMessage)] = [
        ("INVALID_JSON", "RIO", world.message(Array("{not json".utf8), headers: Events.headers())),
        ("INVALID_JSON", "RIO", world.message([0xFF, 0x00, 0xFE], headers: Events.headers(), key: "odd")),
        ("INVALID_ENVELOPE", "∅", world.message(data, headers: [])),
        ("INVALID_ENVELOPE", "∅", world.message(data, headers: Events.headers(["ce_id": nil]))),
        ("UNSUPPORTED_SPECVERSION", "∅", world.message(data, headers: Events.headers(["ce_specversion": "0.3"]))),
        ("UNKNOWN_TYPE", "RIO", world.message(data, headers: Events.headers(["ce_type": "pems.something.else"]))),
        ("ORGANIZATION_MISMATCH", "∅", world.message(data, headers: Events.headers(["ce_organization": "RIO2"]))),
        (
          "UNKNOWN_ORGANIZATION", "NOWHERE",
          world.message(
            Events.payload(Events.record(3, organization: "NOWHERE"), organization: "NOWHERE"),
            headers: Events.headers(["ce_organization": nil]))
        ),
        ("INVALID_MESSAGE", "RIO", world.message(Array(#"{"organization":"RIO"}"#.utf8), headers: Events.headers())),
        (
          "INVALID_MESSAGE", "RIO",
          world.message(
            Array(#"{"organization":"RIO","mode":"sideways","source":"sim"}"#.utf8),
            headers: Events.headers(["ce_type": "pems.read-sync.requested"]))
        ),
        ("INVALID_JSON", "RIO", world.message([], headers: Events.headers())),
      ]
      var messages = [world.message(good, key: "RIO/1")]
      for entry in cases { messages.append(entry.message) }
      messages.append(world.message(Events.changed(Events.record(4)), key: "RIO/4"))
      // Others' headers may hold any bytes.
      messages[1].headers.append(KafkaHeader(name: "x-raw", value: [0xFF, 0x00]))
      messages[1].headers.append(KafkaHeader(name: "x-nothing", value: nil))
      try await world.apply(messages)

      #expect(try await world.count("pfa_mirror") == 2)
      let kept = try await world.lines(
        "SELECT code, organization_id, status FROM dead_letter ORDER BY kafka_offset")
      #expect(kept == cases.map { "\($0.code)|\($0.organization)|open" })
      let values = try await world.connection.run { session in
        try session.query(
          "SELECT message_key, message_value, kafka_offset, partition, topic, cause FROM dead_letter ORDER BY kafka_offset"
        )
        .rows.map { row in
          (
            try row.bytea("message_key"), try row.bytea("message_value"), try row.integer("kafka_offset"),
            try row.string("topic"), try row.string("cause")
          )
        }
      }
      for (index, entry) in cases.enumerated() {
        #expect(values[index].0 == entry.message.key && values[index].1 == entry.message.value)
        #expect(
          values[index].2 == Int64(index + 1) && values[index].3 == world.topics.readSync && !values[index].4.isEmpty)
      }
      let headers = try await world.lines("SELECT headers FROM dead_letter ORDER BY kafka_offset LIMIT 1")
      #expect(headers[0].contains(#"["x-raw", {"base64": "/wA="}]"#) && headers[0].contains(#"["x-nothing", null]"#))

      let reader = try TopicReader(world.topics.readSync + ".dlq", settings: world.kafka.settings)
      try await until("all dead letters are on the topic") { reader.all.count >= cases.count }
      for message in reader.all {
        let offset = try #require(message.header("__connect.errors.offset").flatMap { Int($0) })
        let entry = cases[offset - 1]
        #expect(message.value == entry.message.value && message.key == entry.message.key)
        #expect(message.header("__connect.errors.exception.class.name") == entry.code)
        #expect(message.header("__connect.errors.topic") == world.topics.readSync)
        #expect(message.header("__connect.errors.partition") == "0")
        #expect(message.header("__connect.errors.exception.message")?.isEmpty == false)
        // As received: its own headers are still there, in front.
        #expect(Array(message.headers.prefix(messages[offset].headers.count)) == messages[offset].headers)
      }
      try await until("the outbox is empty") { try await world.count("outbox") == 0 }
      await reader.close()
    }
  }
}
