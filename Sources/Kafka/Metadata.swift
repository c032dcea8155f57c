import CLibRDKafka

/// What the cluster says about itself.
package struct KafkaMetadata: Sendable, Hashable {
  package struct Broker: Sendable, Hashable {
    package let id: Int32
    package let host: String
    package let port: Int32
  }
  package struct Partition: Sendable, Hashable {
    package let id: Int32
    /// nil while the partition has no leader.
    package let leader: Int32?
    package let replicas: Int
    package let inSync: Int
  }
  package struct Topic: Sendable, Hashable {
    package let name: String
    /// By number.
    package let partitions: [Partition]
  }

  package let brokers: [Broker]
  /// By name; topics that may not be described are left out.
  package let topics: [Topic]
}

/// Metadata requests; each blocks up to its timeout in milliseconds.
enum Metadata {
  /// The brokers and all topics.
  static func cluster(_ handle: OpaquePointer, timeout: Int32) throws -> KafkaMetadata {
    try query(handle, topic: nil, timeout: timeout) { raw in
      let topics = (0..<Int(raw.topic_cnt)).compactMap { try? topic(raw.topics[$0]) }
      let brokers = (0..<Int(raw.broker_cnt)).map { index in
        let broker = raw.brokers[index]
        return KafkaMetadata.Broker(id: broker.id, host: String(cString: broker.host), port: broker.port)
      }
      return KafkaMetadata(
        brokers: brokers.sorted { $0.id < $1.id }, topics: topics.sorted { $0.name < $1.name })
    }
  }

  /// One topic; throws when it does not exist. A broker that creates topics on demand may create it.
  static func topic(_ handle: OpaquePointer, _ name: String, timeout: Int32) throws -> KafkaMetadata.Topic {
    guard let reference = rd_kafka_topic_new(handle, name, nil) else { throw KafkaError(rd_kafka_last_error()) }
    defer { rd_kafka_topic_destroy(reference) }
    return try query(handle, topic: reference, timeout: timeout) { raw in
      guard raw.topic_cnt == 1 else { throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) }
      let topic = try topic(raw.topics[0])
      guard !topic.partitions.isEmpty else { throw KafkaError(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) }
      return topic
    }
  }

  private static func query<Value>(
    _ handle: OpaquePointer, topic: OpaquePointer?, timeout: Int32, _ read: (rd_kafka_metadata) throws -> Value
  ) throws -> Value {
    var raw: UnsafePointer<rd_kafka_metadata>?
    let error = rd_kafka_metadata(handle, topic == nil ? 1 : 0, topic, &raw, timeout)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let raw else { throw KafkaError(error) }
    defer { rd_kafka_metadata_destroy(raw) }
    return try read(raw.pointee)
  }

  private static func topic(_ raw: rd_kafka_metadata_topic) throws -> KafkaMetadata.Topic {
    guard raw.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(raw.err) }
    let partitions = (0..<Int(raw.partition_cnt)).map { index in
      let partition = raw.partitions[index]
      return KafkaMetadata.Partition(
        id: partition.id, leader: partition.leader < 0 ? nil : partition.leader, replicas: Int(partition.replica_cnt),
        inSync: Int(partition.isr_cnt))
    }
    return KafkaMetadata.Topic(
      name: String(cString: raw.topic), partitions: partitions.sorted { $0.id < $1.id })
  }
}
