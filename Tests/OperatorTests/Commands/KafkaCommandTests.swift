import Kafka
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

@testable import Operator

@Suite struct KafkaCommandTests {
  private func environment(_ kafka: EmbeddedKafka) -> [String: String] {
    [
      "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1",
      "SYNCLINE_TOPIC_PREFIX": "t.",
    ]
  }

  @Test("topics: none there, create makes all, create again leaves them alone")
  func topics() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    try kafka.createTopic("t.pems.read-sync.v1", partitions: 2)
    let before = await program(["topics", "list"], environment: environment(kafka))
    #expect(before.code == .ok)
    #expect(try before.objects.count == 11)
    #expect(try before.objects[0]["topic"]?.string == "t.pems.read-sync.v1")
    #expect(try before.objects[0]["partitions"]?.integer == 2)
    #expect(try before.objects[1]["partitions"]?.isNull == true)
    #expect(before.messages.contains("topics create"))
    let created = await program(["topics", "create", "--partitions", "4"], environment: environment(kafka))
    #expect(created.code == .ok)
    #expect(try created.objects.map { $0["outcome"]?.string } == ["existed"] + Array(repeating: "created", count: 10))
    let again = await program(["topics", "create"], environment: environment(kafka))
    #expect(try again.objects.allSatisfy { $0["outcome"]?.string == "existed" })
    #expect(await program(["topics", "create", "--partitions", "0"], environment: environment(kafka)).code == .usage)
  }

  @Test("Job events are compacted, dead letters are kept for long, work for a week")
  func plan() {
    var plan = TopicPlan()
    plan.partitions = 6
    let specs = plan.specs(Topics(prefix: "p."))
    let byName = Dictionary(uniqueKeysWithValues: specs.map { ($0.name, $0) })
    #expect(specs.count == 11 && specs.allSatisfy { $0.partitions == 6 && $0.replication == nil })
    #expect(byName["p.pfa.job-events.v1"]?.config == ["cleanup.policy": "compact"])
    #expect(byName["p.pems.read-sync.v1"]?.config["retention.ms"] == "604800000")
    #expect(byName["p.pems.read-sync.v1.dlq"]?.config["retention.ms"] == "31536000000")
  }

  @Test(
    "S2-31 lag: end and applied offset per partition, what is odd about them, and the backlog of analysis",
    .syncDatabase)
  func lag() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    try kafka.createTopic("t.pems.read-sync.v1", partitions: 2)
    let producer = try KafkaProducer(settings: kafka.settings, log: Log(level: .error))
    for _ in 0..<3 {
      _ = try await producer.send(topic: "t.pems.read-sync.v1", partition: 0, key: nil, value: [1], headers: [])
    }
    await producer.close()
    try await sql(
      """
      INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset, owner) VALUES
        ('syncline', 't.pems.read-sync.v1', 0, 2, 'w1'), ('syncline', 't.gone.v1', 0, 5, NULL),
        ('other', 't.pems.read-sync.v1', 1, 9, NULL)
      """)
    let ran = try await syncline(["lag"], environment: environment(kafka))
    #expect(ran.code == .ok)
    let rows = try ran.objects.map { row in
      [row["topic"]?.string ?? ""]
        + ["partition", "end_offset", "applied_offset", "lag"].map { row[$0]?.digits ?? "-" }
    }
    #expect(
      rows == [
        ["t.gone.v1", "0", "-", "5", "-"], ["t.pems.read-sync.v1", "0", "3", "2", "1"],
        ["t.pems.read-sync.v1", "1", "0", "-", "0"],
      ])
    #expect(try ran.objects[0]["note"]?.string == "Kafka has no such partition")
    #expect(ran.messages.contains("Kafka has no topic t.pfa.draft-commit.v1"))
    #expect(!ran.messages.contains("roll-ups"))
    try await sql(
      """
      INSERT INTO kpi_change (organization_id, cause, cause_id, plan_cost, forecast_cost, actual_cost, record_count, actualized_count,
        changed_at) VALUES ('RIO', 'event', 'x', 1, 1, 1, 1, 0, now() - interval '90 s')
      """)
    let behind = try await syncline(["lag"], environment: environment(kafka)).messages
    #expect(behind.contains("the roll-ups of 1 organization are behind, by 9"))
  }

  @Test("A partition's lag counts from where its log begins, and is never negative")
  func arithmetic() {
    func lag(_ start: Int64?, _ end: Int64?, _ applied: Int64?) -> PartitionLag {
      PartitionLag(topic: "t", partition: 0, start: start, end: end, applied: applied)
    }
    #expect(lag(10, 30, nil).lag == 20 && lag(10, 30, nil).note == "never consumed")
    #expect(lag(0, 0, nil).note == nil)
    #expect(lag(10, 30, 25).lag == 5 && lag(10, 30, 25).note == nil)
    #expect(lag(10, 30, 4).lag == 20 && lag(10, 30, 4).note == "offsets 4 to 9 are gone before they were applied")
    #expect(lag(0, 3, 7).lag == 0 && lag(0, 3, 7).note?.contains("beyond the end") == true)
    #expect(lag(nil, nil, 7).lag == nil)
  }

  @Test("Kafka that does not answer is exit code 3, without brokers it is a usage error")
  func unreachable() async throws {
    let ran = await program(["topics", "list", "-o", "json", "--bootstrap-servers", "127.0.0.1:1"])
    #expect(ran.code == .unreachable && ran.data.isEmpty)
    #expect(try JSONValue(parsing: Array(ran.messages.utf8))["code"]?.string == "KAFKA_UNREACHABLE")
    #expect(await program(["topics", "list"]).code == .usage)
  }

  @Test("A login that Kafka refuses is exit code 3 and says which settings to look at, not what they hold")
  func refused() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let broker = try SASLBroker(kafka, user: "syncline", password: "geheim42")
    defer { broker.stop() }
    var settings = environment(kafka).merging(
      [
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers, "SYNCLINE_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "SYNCLINE_KAFKA_SASL_MECHANISM": "PLAIN", "SYNCLINE_KAFKA_SASL_USERNAME": "syncline",
        "SYNCLINE_KAFKA_SASL_PASSWORD": "geheim42",
      ]) { $1 }
    #expect(await program(["topics", "list"], environment: settings).code == .ok)
    settings["SYNCLINE_KAFKA_SASL_PASSWORD"] = "wrong-42"
    let ran = await program(["topics", "list", "-o", "json"], environment: settings)
    #expect(ran.code == .unreachable && ran.data.isEmpty)
    let error = try JSONValue(parsing: Array(ran.messages.utf8))
    #expect(error["code"]?.string == "KAFKA_LOGIN_REFUSED")
    #expect(error["message"]?.string?.contains(SASLBroker.refusal) == true, "\(ran.messages)")
    #expect(error["hint"]?.string?.contains("SYNCLINE_KAFKA_SASL_PASSWORD") == true)
    let doctor = await program(
      ["doctor"], environment: settings.merging(["DATABASE_URL": "postgresql:///?port=1"]) { $1 })
    #expect(doctor.code == .unreachable && doctor.data.contains("Kafka refuses the login"), "\(doctor.data)")
    #expect(!(ran.messages + doctor.data + doctor.messages).contains("wrong-42"))
  }
}
