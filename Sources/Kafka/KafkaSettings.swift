/// How to reach Kafka; shared by consumers, producers and admin clients.
package struct KafkaSettings: Sendable, Hashable, CustomStringConvertible {
  /// host:port list, comma separated.
  package var bootstrapServers: String
  /// The name brokers log for this client.
  package var clientId: String
  /// librdkafka properties by name (TLS, SASL, timeouts, …). They win over every default below; the few that the
  /// wrapper's correctness rests on (`managed`) are refused.
  package var properties: [String: String]
  /// The broker is librdkafka's mock cluster: short fetch waits and timeouts, because the mock sleeps through an empty
  /// fetch.
  package var embedded: Bool

  package init(
    bootstrapServers: String, clientId: String = "syncline", properties: [String: String] = [:], embedded: Bool = false
  ) {
    self.bootstrapServers = bootstrapServers
    self.clientId = clientId
    self.properties = properties
    self.embedded = embedded
  }

  /// Settings for one line of log or `doctor`: secrets appear as `***`.
  package var description: String {
    let shown = properties.sorted { $0.key < $1.key }.map { name, value in
      "\(name)=\(KafkaSettings.isSecret(name) ? "***" : value)"
    }
    return (["bootstrap.servers=\(bootstrapServers)", "client.id=\(clientId)"] + shown).joined(separator: " ")
  }

  /// Whether a property's value must never be printed.
  package static func isSecret(_ name: String) -> Bool {
    let lower = name.lowercased()
    return ["password", "secret", "key", "token", "jaas", "oauthbearer.config"].contains { lower.contains($0) }
  }

  /// Why librdkafka does not take a property's value, without a secret; nil when it does.
  package static func objection(_ name: String, _ value: String) -> String? { KafkaHandle.objection(name, value) }

  /// Properties that cannot be set from outside, with what decides them instead.
  package static let managed: [String: String] = [
    "group.id": "the group is a setting of its own",
    "enable.auto.commit": "offsets are committed after their effects",
    "enable.auto.offset.store": "offsets are committed after their effects",
    "enable.partition.eof": "the end of a partition is no event here",
    "log.queue": "log lines go through the program's log",
  ]

  enum Role {
    case consumer(group: String)
    case producer, admin
  }

  /// Every property for a role, later ones winning; `optional` ones are skipped by a librdkafka that does not know
  /// them.
  func resolved(for role: Role) -> (required: [(String, String)], optional: [(String, String)]) {
    var values: [String: String] = [
      "bootstrap.servers": bootstrapServers,
      "client.id": clientId,
      "log.queue": "true",
      "socket.keepalive.enable": "true",
      "socket.nagle.disable": "true",
      // A broker that comes back is found again within two seconds instead of ten.
      "reconnect.backoff.max.ms": "2000",
      // New topics and partitions are noticed within a minute instead of five.
      "topic.metadata.refresh.interval.ms": embedded ? "1000" : "60000",
    ]
    var optional: [(String, String)] = []
    switch role {
    case .consumer(let group):
      values.merge(consumerDefaults(group: group)) { $1 }
      // How long a full prefetch queue rests before the next fetch; its default of a second is a second of silence.
      optional.append(("fetch.queue.backoff.ms", "20"))
    case .producer: values.merge(producerDefaults) { $1 }
    case .admin: break
    }
    values.merge(properties) { $1 }
    return (values.sorted { $0.key < $1.key }, optional.filter { properties[$0.0] == nil })
  }

  private func consumerDefaults(group: String) -> [String: String] {
    var values = [
      "group.id": group,
      "enable.auto.commit": "false",
      "enable.auto.offset.store": "false",
      "enable.partition.eof": "false",
      "isolation.level": "read_committed",
      // A gap between the stored offset and the log is reported, never jumped over.
      "auto.offset.reset": "error",
      // 16 MB of prefetch instead of 64: the memory of a worker is bounded.
      "queued.max.messages.kbytes": "16384",
      "fetch.max.bytes": "16777216",
      "fetch.wait.max.ms": embedded ? "10" : "500",
    ]
    // Group protocol "consumer" (KIP-848) lets the broker decide these and refuses them here.
    if properties["group.protocol"] != "consumer" {
      values["partition.assignment.strategy"] = "cooperative-sticky"
      // A killed worker's partitions move on after this long. The mock never completes a join with 3000 or less.
      values["session.timeout.ms"] = embedded ? "6000" : "10000"
      values["heartbeat.interval.ms"] = embedded ? "500" : "3000"
    }
    return values
  }

  private var producerDefaults: [String: String] {
    [
      "enable.idempotence": "true",
      "acks": "all",
      "compression.type": "lz4",
      // A relay hands over what it has at once; to wait longer for more only delays a commit.
      "linger.ms": "1",
      // The partition Java clients choose for a key.
      "partitioner": "murmur2_random",
      // A relay that is cut off from the brokers holds up the others for so long.
      "message.timeout.ms": "20000",
      "queue.buffering.max.kbytes": "65536",
    ]
  }
}
