import CLibRDKafka
import Runtime

/// librdkafka's mock cluster: a Kafka in this process that any client on this machine can use. Nothing survives `stop`.
///
/// It keeps 5 MiB or 100,000 batches a partition and drops the rest silently; unknown topics appear with 4 partitions.
package final class EmbeddedKafka: Sendable {
  /// Requests whose next answers can be errors, with their number in Kafka's protocol.
  package enum Request: Int16, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case offsetFetch = 9
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case leaveGroup = 13
    case syncGroup = 14
  }

  private struct Cluster: @unchecked Sendable {
    let handle: OpaquePointer
    let cluster: OpaquePointer
  }

  private let state: Locked<Cluster?>
  /// host:port list of the brokers, numbered from 1.
  package let bootstrapServers: String

  package init(brokers: Int = 1) throws {
    var text = [CChar](repeating: 0, count: 256)
    let configuration = rd_kafka_conf_new()
    // The handle only carries the cluster and talks to nobody; it would warn about that.
    rd_kafka_conf_set_log_cb(configuration, nil)
    guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaError(rd_kafka_last_error(), KafkaHandle.string(text))
    }
    guard let cluster = rd_kafka_mock_cluster_new(handle, Int32(clamping: brokers)) else {
      rd_kafka_destroy(handle)
      throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, "the embedded Kafka could not be started")
    }
    bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    state = Locked(Cluster(handle: handle, cluster: cluster))
    answerAtOnce()
  }

  /// Settings for clients of this cluster.
  package var settings: KafkaSettings { KafkaSettings(bootstrapServers: bootstrapServers, embedded: true) }

  /// Throws when the topic is there already or has no partition.
  package func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws {
    try check { rd_kafka_mock_topic_create($0, name, Int32(clamping: partitions), Int32(clamping: replication)) }
  }

  /// The next answers to requests of this kind, by whatever broker, are these codes, one each; then all is well again.
  package func failNext(_ request: Request, with codes: [Int32]) {
    let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
    use { rd_kafka_mock_push_request_errors_array($0, request.rawValue, errors.count, errors) }
  }

  /// Forgets the errors that were not given yet.
  package func clearFailures(_ request: Request) {
    use { rd_kafka_mock_clear_request_errors($0, request.rawValue) }
  }

  /// Each answer about this topic is this code, until 0.
  package func failTopic(_ topic: String, with code: Int32) {
    use { rd_kafka_mock_topic_set_error($0, topic, rd_kafka_resp_err_t(rawValue: code)) }
  }

  /// The broker closes its connections and refuses new ones.
  /// The broker keeps its port.
  package func setBrokerDown(_ broker: Int) throws {
    // The mock closes its listener and makes another on the same port; where it can not, it ends the process.
    try ChildProcess.making.with { _ in try check { rd_kafka_mock_broker_set_down($0, Int32(clamping: broker)) } }
  }

  package func setBrokerUp(_ broker: Int) throws {
    try check { rd_kafka_mock_broker_set_up($0, Int32(clamping: broker)) }
    answerAtOnce()
  }

  /// Each answer of the broker takes this much longer; 0 ends it.
  package func setRoundTrip(_ broker: Int, milliseconds: Int) throws {
    try check { rd_kafka_mock_broker_set_rtt($0, Int32(clamping: broker), Int32(clamping: milliseconds)) }
  }

  package func moveLeader(_ partition: TopicPartition, to broker: Int) throws {
    try check {
      rd_kafka_mock_partition_set_leader($0, partition.topic, partition.partition, Int32(clamping: broker))
    }
  }

  package func moveCoordinator(group: String, to broker: Int) throws {
    try check { rd_kafka_mock_coordinator_set($0, "group", group, Int32(clamping: broker)) }
  }

  /// The member whose heartbeat comes next is told to join again, as when somebody comes or goes.
  package func rebalance() { failNext(.heartbeat, with: [RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS.rawValue]) }

  /// The member whose heartbeat comes next is told that the group does not know it: its partitions are lost.
  package func expelMember() { failNext(.heartbeat, with: [RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID.rawValue]) }

  /// Ends the cluster; clients see their connections close. Blocks for moments. Later calls do nothing.
  package func stop() {
    let cluster = state.with { state in
      defer { state = nil }
      return state
    }
    guard let cluster else { return }
    rd_kafka_mock_cluster_destroy(cluster.cluster)
    rd_kafka_destroy(cluster.handle)
  }

  /// As a broker does. The mock leaves Nagle's algorithm on: its second answer waited until the first was acknowledged,
  /// which a client's kernel puts off for 40 ms.
  private func answerAtOnce() {
    let ports = bootstrapServers.split(separator: ",").compactMap {
      $0.split(separator: ":").last.flatMap { UInt16($0) }
    }
    ListeningSockets.disableNagle(ports: Set(ports))
  }

  private func use(_ body: (OpaquePointer) -> Void) {
    state.with { state in
      if let state { body(state.cluster) }
    }
  }

  private func check(_ body: (OpaquePointer) -> rd_kafka_resp_err_t) throws {
    let error = state.with { $0.map { body($0.cluster) } ?? RD_KAFKA_RESP_ERR__DESTROY }
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }
}
