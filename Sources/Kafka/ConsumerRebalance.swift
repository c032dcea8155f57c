import CLibRDKafka
import Runtime

// The polling thread's part in rebalances: performs what the state machine says.
extension ConsumerLoop {
  func rebalanced(_ event: OpaquePointer) {
    let partitions = PartitionList.rows(rd_kafka_event_topic_partition_list(event)).map(\.topicPartition).sorted()
    let isAssign = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
    if isAssign { isCut = false }
    let lost = !isAssign && rd_kafka_assignment_lost(handle) != 0
    mailbox.update { status in
      status.rebalances += 1
      status.isMember = isAssign || !lost && !wantsClose
    }
    apply(rebalance.handle(isAssign ? .assign(partitions) : .revoke(partitions, lost: lost), now: .now))
  }

  func apply(_ actions: [RebalanceMachine.Action]) {
    for action in actions {
      switch action {
      case .askOffsets(let partitions, let generation): askOffsets(partitions, generation)
      case .assign(let offsets): assign(offsets)
      case .askDrain(let partitions, let lost, let generation, let drain):
        askDrain(partitions, lost, generation, drain)
      case .drainTimedOut:
        asking?.cancel()
        log.warning("Kafka partitions are given up before their work is done: the drain took too long")
      case .unassign(let partitions): unassign(partitions)
      }
    }
  }

  private func askOffsets(_ partitions: [TopicPartition], _ generation: Int) {
    log.debug("Kafka assigns", ("partitions", TopicPartition.list(partitions)), ("generation", String(generation)))
    guard !partitions.isEmpty, !wantsClose, let delegate else {
      return apply(rebalance.handle(.offsets([:], generation: generation), now: .now))
    }
    asking = Task { [mailbox, log] in
      var pause = Duration.milliseconds(100)
      while !Task.isCancelled {
        do {
          let offsets = try await delegate.assigned(partitions, generation: generation)
          mailbox.post(.offsets(offsets, generation: generation))
          return
        } catch {
          log.warning("start offsets are not known yet", ("error", String(describing: error)))
          try? await Task.sleep(for: pause)
          pause = min(pause * 2, .seconds(5))
        }
      }
      mailbox.post(.offsets([:], generation: generation))
    }
  }

  private func askDrain(_ partitions: [TopicPartition], _ lost: Bool, _ generation: Int, _ drain: Int) {
    log.debug("Kafka revokes", ("partitions", TopicPartition.list(partitions)), ("lost", String(lost)))
    if lost { commits.drop(partitions) }
    guard !partitions.isEmpty, let delegate else {
      return apply(rebalance.handle(.drained(drain), now: .now))
    }
    asking = Task { [mailbox] in
      await delegate.revoked(partitions, lost: lost, generation: generation)
      mailbox.post(.drained(drain))
    }
  }

  private func assign(_ offsets: [TopicPartition: Int64]) {
    reader.forget()
    paused.formIntersection(owned.union(offsets.keys))
    // A pause from an earlier assignment is librdkafka's to remember and ours to forget.
    let stale = Set(offsets.keys).subtracting(owned)
    if !stale.isEmpty { _ = PartitionList.with(stale) { rd_kafka_resume_partitions(handle, $0) } }
    if isCooperative {
      acknowledge(PartitionList.with(offsets) { rd_kafka_incremental_assign(handle, $0) })
    } else {
      report("assign", PartitionList.with(offsets) { rd_kafka_assign(handle, $0) })
    }
    owned.formUnion(offsets.keys)
    let held = paused.intersection(offsets.keys)
    if !held.isEmpty { report("pause", PartitionList.with(held) { rd_kafka_pause_partitions(handle, $0) }) }
    publish()
  }

  private func unassign(_ partitions: [TopicPartition]) {
    if isCooperative {
      // Only what was taken can be given up; an owner need not have known the start of every partition.
      acknowledge(PartitionList.with(owned.intersection(partitions)) { rd_kafka_incremental_unassign(handle, $0) })
    } else {
      report("unassign", rd_kafka_assign(handle, nil))
    }
    owned.subtract(partitions)
    paused.subtract(partitions)
    commits.drop(partitions)
    reader.forget()
    publish()
  }

  private func publish() { mailbox.update { $0.assignment = owned } }

  private var isCooperative: Bool {
    rd_kafka_rebalance_protocol(handle).map { String(cString: $0) } == "COOPERATIVE"
  }

  func acknowledge(_ error: OpaquePointer?) {
    guard let error else { return }
    log.warning("Kafka rebalance step failed", ("error", KafkaError(consuming: error).description))
  }
}
