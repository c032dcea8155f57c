import CLibRDKafka
import Runtime

// What the polling thread does when another thread asked for it.
extension ConsumerLoop {
  func perform(_ command: ConsumerMailbox.Command) {
    switch command {
    case .pause(let partitions): pause(partitions)
    case .resume(let partitions): resume(partitions)
    case .seek(let offsets, let continuation): continuation.resume(with: Result { try seek(offsets) })
    case .commit(let offsets): commits.add(offsets)
    case .offsets(let offsets, let generation):
      apply(rebalance.handle(.offsets(offsets, generation: generation), now: .now))
    case .drained(let number): apply(rebalance.handle(.drained(number), now: .now))
    case .close:
      wantsClose = true
      // An owner that has not said yet where partitions start need not say it any more.
      if !rebalance.starting.isEmpty {
        asking?.cancel()
        apply(rebalance.handle(.offsets([:], generation: rebalance.generation), now: .now))
      }
    }
  }

  private func pause(_ partitions: [TopicPartition]) {
    let known = Set(partitions).intersection(owned.union(rebalance.starting)).subtracting(paused)
    paused.formUnion(known)
    let ours = known.intersection(owned)
    if !ours.isEmpty { report("pause", PartitionList.with(ours) { rd_kafka_pause_partitions(handle, $0) }) }
  }

  private func resume(_ partitions: [TopicPartition]) {
    let known = paused.intersection(partitions)
    paused.subtract(known)
    let ours = known.intersection(owned)
    if !ours.isEmpty { report("resume", PartitionList.with(ours) { rd_kafka_resume_partitions(handle, $0) }) }
  }

  private func seek(_ offsets: [TopicPartition: Int64]) throws {
    if let stranger = offsets.keys.first(where: { !owned.contains($0) }) {
      throw KafkaError(RD_KAFKA_RESP_ERR__STATE, "\(stranger) is not assigned to this consumer")
    }
    let rows = try PartitionList.with(offsets) { list in
      if let error = rd_kafka_seek_partitions(handle, list, 5_000) { throw KafkaError(consuming: error) }
      return PartitionList.rows(list)
    }
    for row in rows {
      guard let error = row.error else { continue }
      // A partition that stands still after an offset out of range cannot be sought in; taken anew, it starts.
      guard error.code == RD_KAFKA_RESP_ERR__STATE.rawValue else { throw error }
      try restart(row.topicPartition, at: offsets[row.topicPartition] ?? row.offset)
    }
  }

  private func restart(_ partition: TopicPartition, at offset: Int64) throws {
    // Within a rebalance librdkafka would take this for the answer it waits for.
    guard rebalance.isIdle else { throw KafkaError(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS) }
    try PartitionList.with([partition: offset]) { list in
      if let error = rd_kafka_incremental_unassign(handle, list) { throw KafkaError(consuming: error) }
      if let error = rd_kafka_incremental_assign(handle, list) { throw KafkaError(consuming: error) }
      if paused.contains(partition) { report("pause", rd_kafka_pause_partitions(handle, list)) }
    }
  }

  func report(_ action: String, _ error: rd_kafka_resp_err_t) {
    guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    log.warning("Kafka \(action) failed", ("error", KafkaError(error).description))
  }
}
