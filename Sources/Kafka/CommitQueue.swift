/// Which offsets are to be committed next: the latest per partition, one request at a time. Pure; the consumer's loop
/// sends.
struct CommitQueue: Equatable {
  private(set) var waiting: [TopicPartition: Int64] = [:]
  private(set) var inFlight: [TopicPartition: Int64]?
  /// After a failure that may pass, nothing is sent before this.
  private var notBefore: ContinuousClock.Instant?

  static let retryPause: Duration = .milliseconds(500)

  /// Nothing is waiting and every request was answered.
  var isSettled: Bool { waiting.isEmpty && inFlight == nil }

  /// A later call wins over an earlier one of the same partition, also when it goes back.
  mutating func add(_ offsets: [TopicPartition: Int64]) { waiting.merge(offsets) { $1 } }

  /// The request to send now, if any; offsets of partitions that are not ours are dropped.
  mutating func next(owned: Set<TopicPartition>, now: ContinuousClock.Instant) -> [TopicPartition: Int64]? {
    guard inFlight == nil, !waiting.isEmpty, notBefore.map({ now >= $0 }) ?? true else { return nil }
    let request = waiting.filter { owned.contains($0.key) }
    waiting = [:]
    notBefore = nil
    guard !request.isEmpty else { return nil }
    inFlight = request
    return request
  }

  /// The request was answered; `retriable` partitions wait for another try unless something newer already does.
  mutating func answered(retriable: some Sequence<TopicPartition>, now: ContinuousClock.Instant) {
    guard let sent = inFlight else { return }
    inFlight = nil
    for partition in retriable {
      guard let offset = sent[partition], waiting[partition] == nil else { continue }
      waiting[partition] = offset
      notBefore = now + CommitQueue.retryPause
    }
  }

  /// Nobody is there to answer.
  mutating func giveUp() {
    waiting = [:]
    inFlight = nil
  }

  /// These partitions are not ours any more.
  mutating func drop(_ partitions: some Sequence<TopicPartition>) {
    for partition in partitions { waiting[partition] = nil }
  }
}
