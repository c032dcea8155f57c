/// What a consumer tells its owner.
///
/// `received` and `failed` are called on the consumer's polling thread, one after the other, and must not block.
/// `assigned` and `revoked` run in a task of their own while the polling thread goes on; there is one of them at a
/// time.
package protocol KafkaConsumerDelegate: AnyObject, Sendable {
  /// The group gave us these partitions, at least one. Returns where each starts: an absolute offset, the next one to
  /// read; a partition left out is ours but never read. Nothing arrives before it returned. `generation` rises with
  /// each assignment; what an earlier generation of a partition still produces is stale. A throw is logged and the call
  /// repeated after a growing pause, with the same generation; the task is cancelled when the consumer closes.
  func assigned(_ partitions: [TopicPartition], generation: Int) async throws -> [TopicPartition: Int64]

  /// Finish or drop what is in work for these partitions and `commit` it: they are given up only after this returned
  /// and the commits were answered, bounded by `KafkaConsumer.drainDeadline` (then the task is cancelled and the
  /// partitions go). `lost`: somebody else may own them already; commit nothing. `generation` is that of the last
  /// `assigned`.
  func revoked(_ partitions: [TopicPartition], lost: Bool, generation: Int) async

  /// What one round of polling brought, in order within each partition.
  func received(_ messages: [KafkaMessage])

  /// A broker, a connection or a partition is in trouble; librdkafka goes on by itself unless `error.isFatal`. With
  /// `error.isOffsetOutOfRange` the partition stands still until it is sought to an offset that exists.
  func failed(_ error: KafkaError, partition: TopicPartition?)
}
