import CLibRDKafka
import Runtime

// Kafka's own committed offsets, which follow what was applied.
extension ConsumerLoop {
  func sendCommits(_ now: ContinuousClock.Instant) {
    guard let offsets = commits.next(owned: owned, now: now) else { return }
    let error = PartitionList.with(offsets) { rd_kafka_commit_queue(handle, $0, queue, nil, nil) }
    guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    report("commit", error)
    commits.answered(retriable: KafkaError(error).isRetriable ? Array(offsets.keys) : [], now: now)
  }

  func committed(_ event: OpaquePointer) {
    let error = rd_kafka_event_error(event)
    let rows = PartitionList.rows(rd_kafka_event_topic_partition_list(event))
    var retriable: [TopicPartition] = []
    for row in rows {
      guard let fault = row.error ?? (error == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(error)) else { continue }
      // Sent just before a rebalance ended: what stays ours is committed under the new generation, the rest is dropped
      // with its partition.
      let isLate = fault.code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION.rawValue
      if fault.isRetriable || isLate { retriable.append(row.topicPartition) }
      log.info(
        "Kafka commit failed", ("partition", row.topicPartition.description), ("error", fault.description),
        ("retry", String(fault.isRetriable || isLate)))
    }
    commits.answered(retriable: retriable, now: .now)
  }
}
