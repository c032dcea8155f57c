import Kafka
import Testing

@Suite("Kafka settings")
struct SettingsTests {
  @Test("a description shows no secret")
  func masking() {
    let settings = KafkaSettings(
      bootstrapServers: "b:9092",
      properties: [
        "sasl.username": "me", "sasl.password": "p1", "ssl.key.password": "p2", "ssl.key.pem": "p3",
        "sasl.oauthbearer.client.secret": "p4", "security.protocol": "SASL_SSL", "sasl.oauthbearer.config": "p5",
      ])
    let text = "\(settings)"
    #expect(text.contains("sasl.username=me"))
    #expect(text.contains("security.protocol=SASL_SSL"))
    #expect(text.contains("sasl.password=***"))
    for secret in ["p1", "p2", "p3", "p4", "p5"] { #expect(!text.contains(secret)) }
  }

  @Test("an unknown property is refused by name")
  func unknownProperty() throws {
    let settings = KafkaSettings(bootstrapServers: "b:9092", properties: ["no.such.thing": "1"])
    let error = #expect(throws: KafkaError.self) { try KafkaProducer(settings: settings, log: quiet) }
    #expect(error?.reason.contains("no.such.thing") == true)
  }

  @Test("a malformed secret is not repeated in the error")
  func malformedSecret() throws {
    let settings = KafkaSettings(
      bootstrapServers: "b:9092", properties: ["security.protocol": "ssl", "ssl.key.pem": "hunter2"])
    let error = #expect(throws: KafkaError.self) { try KafkaProducer(settings: settings, log: quiet) }
    #expect(error.map { "\($0)".contains("hunter2") } == false)
  }

  @Test("properties that correctness rests on cannot be set", arguments: ["enable.auto.commit", "group.id"])
  func managedProperty(name: String) throws {
    let settings = KafkaSettings(bootstrapServers: "b:9092", properties: [name: "true"])
    let error = #expect(throws: KafkaError.self) {
      try KafkaConsumer(settings: settings, group: "g", topics: ["t"], delegate: Recorder(), log: quiet)
    }
    #expect(error?.reason.contains(name) == true)
  }

  @Test("TLS and SASL are a matter of properties")
  func security() async throws {
    let settings = KafkaSettings(
      bootstrapServers: "127.0.0.1:1",
      properties: [
        "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u", "sasl.password": "p",
        "ssl.endpoint.identification.algorithm": "https",
      ])
    await (try KafkaProducer(settings: settings, log: quiet)).close()
    let consumer = try KafkaConsumer(
      settings: settings, group: "g", topics: ["t"], delegate: Recorder(), log: quiet)
    await consumer.close()
  }

  @Test("without a server to talk to nothing starts")
  func noServers() {
    #expect(throws: KafkaError.self) { try KafkaProducer(settings: KafkaSettings(bootstrapServers: ""), log: quiet) }
  }

  @Test("properties win over defaults")
  func override() async throws {
    let bad = KafkaSettings(bootstrapServers: "b:9092", properties: ["acks": "1", "enable.idempotence": "true"])
    #expect(throws: KafkaError.self) { try KafkaProducer(settings: bad, log: quiet) }
    let good = KafkaSettings(bootstrapServers: "b:9092", properties: ["acks": "1", "enable.idempotence": "false"])
    await (try KafkaProducer(settings: good, log: quiet)).close()
  }
}

@Suite("Kafka values")
struct KafkaValueTests {
  @Test("the last header of a name counts, whatever its case")
  func header() {
    let message = KafkaMessage(
      topic: "t", partition: 0, offset: 0, value: nil,
      headers: [KafkaHeader("ce_id", "1"), KafkaHeader("CE_ID", "2"), KafkaHeader(name: "none", value: nil)])
    #expect(message.header("Ce_Id") == "2")
    #expect(message.header("none") == nil)
    #expect(message.header("absent") == nil)
  }

  @Test("partitions sort by topic, then number")
  func order() {
    let a2 = TopicPartition(topic: "a", partition: 2)
    let a10 = TopicPartition(topic: "a", partition: 10)
    let b0 = TopicPartition(topic: "b", partition: 0)
    #expect([b0, a10, a2].sorted() == [a2, a10, b0])
    #expect("\(a10)" == "a[10]")
  }

  @Test("many partitions are one short text: by topic, neighbours together")
  func listed() {
    let some = [("b", 0), ("a", 3), ("a", 1), ("a", 7), ("a", 2)].map {
      TopicPartition(topic: $0.0, partition: Int32($0.1))
    }
    #expect(TopicPartition.list(some) == "a[1-3,7] b[0]" && TopicPartition.list([]) == "")
  }

  @Test("errors know their kind")
  func errors() {
    #expect(KafkaError(code: -195).name == "_TRANSPORT")
    #expect(KafkaError(code: -195).isUnreachable)
    #expect(KafkaError(code: -195).isRetriable)
    #expect(KafkaError(code: 1).isOffsetOutOfRange)
    #expect(!KafkaError(code: 1).isRetriable)
    #expect(KafkaError(code: 3).isUnknownTopic)
    #expect(!KafkaError(code: 29).isUnreachable)
  }
}
