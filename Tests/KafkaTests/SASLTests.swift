import Glibc
import Kafka
import Runtime
import TestKit
import Testing

/// Whom a broker with SASL lets in, and what is said of it.
@Suite("Kafka SASL")
struct SASLTests {
  private static let password = "geheim42"

  @Test("With the right name and password messages go there and come back")
  func right() async throws {
    try await withKafka(partitions: 2) { kafka in
      let broker = try SASLBroker(kafka, user: "syncline", password: Self.password)
      defer { broker.stop() }
      let settings = Self.settings(broker)
      let admin = try KafkaAdmin(settings: settings, log: quiet)
      #expect(try await admin.metadata().topics.map(\.name) == ["t"])
      let messages = (0..<10).map {
        OutgoingMessage(topic: "t", partition: 0, key: nil, value: Array(String($0).utf8))
      }
      let sent = try await withProducer(settings) { try await $0.sendAll(messages) }
      #expect(sent == (0..<10).map { .success($0) })
      #expect(try await admin.watermarks(partition(0)).high == 10)
      await admin.close()
      let recorder = Recorder()
      try await withConsumer(kafka, recorder, settings: settings) { _ in
        try await until("all are there") { recorder.count == 10 }
      }
      #expect(texts(recorder.messages) == (0..<10).map(String.init))
      #expect(broker.logins.taken >= 3 && broker.logins.refused == 0)
    }
  }

  @Test(
    "A wrong password, name or mechanism is refused, and the error says so without the password",
    arguments: [
      ("syncline", "wrong-42", "PLAIN"), ("nobody", Self.password, "PLAIN"),
      ("syncline", Self.password, "SCRAM-SHA-256"),
    ])
  func wrong(_ user: String, _ password: String, _ mechanism: String) async throws {
    try await withKafka { kafka in
      let broker = try SASLBroker(kafka, user: "syncline", password: Self.password)
      defer { broker.stop() }
      let settings = Self.settings(broker, user: user, password: password, mechanism: mechanism)
      let path = "/tmp/syncline-test-\(UUIDText.random()).log"
      let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      defer {
        close(file)
        unlink(path)
      }
      let log = Log(level: .debug, descriptor: file)
      let admin = try KafkaAdmin(settings: settings, log: log, timeout: .seconds(3))
      let producer = try KafkaProducer(settings: settings, log: log)
      let errors = [
        await #expect(throws: KafkaError.self) { try await admin.metadata() },
        await #expect(throws: KafkaError.self) {
          try await producer.partitionCount(topic: "t", within: .seconds(3))
        },
      ]
      await admin.close()
      await producer.close()
      for error in errors {
        let error = try #require(error)
        #expect(error.isUnreachable && error.isLoginRefused, "\(error)")
        #expect(mechanism != "PLAIN" || error.reason.contains(SASLBroker.refusal), "\(error)")
        #expect(!error.description.contains(password))
      }
      #expect(broker.logins.taken == 0 && (mechanism != "PLAIN" || broker.logins.refused >= 1))
      let logged = try readTextFile(path)
      #expect(!logged.isEmpty && !logged.contains(password))
      #expect(!settings.description.contains(password))
    }
  }

  private static func settings(
    _ broker: SASLBroker, user: String = "syncline", password: String = SASLTests.password, mechanism: String = "PLAIN"
  ) -> KafkaSettings {
    KafkaSettings(
      bootstrapServers: broker.bootstrapServers,
      properties: [
        "security.protocol": "sasl_plaintext", "sasl.mechanism": mechanism, "sasl.username": user,
        "sasl.password": password,
      ], embedded: true)
  }
}
