import Kafka

/// What waits in a mailbox, and when its partition is paused and resumed: pure.
package struct MailboxQueue: Sendable {
  /// What the caller has to do about the partition's flow.
  package enum Flow: Sendable, Equatable { case keep, pause, resume }

  /// A batch holds no more messages than this.
  package static let batchMessages = 1_000
  /// Nor more bytes, unless a single message does: a page fills a batch, small events share one.
  package static let batchBytes = 900_000

  private let limit: Int
  private var queue: [KafkaMessage] = []
  /// Of everything that waits.
  package private(set) var bytes = 0
  package private(set) var isPaused = false
  package private(set) var isClosed = false

  /// `limit`: bytes above which the partition should be paused.
  package init(limit: Int) { self.limit = limit }

  package var isEmpty: Bool { queue.isEmpty }

  /// Adds messages; once closed they are dropped: their offsets were not applied.
  package mutating func push(_ messages: [KafkaMessage]) -> Flow {
    guard !isClosed else { return .keep }
    queue += messages
    bytes += messages.reduce(0) { $0 + MailboxQueue.size($1) }
    guard bytes > limit, !isPaused else { return .keep }
    isPaused = true
    return .pause
  }

  /// The next messages in order; nil when there is none.
  package mutating func take() -> (messages: [KafkaMessage], flow: Flow)? {
    guard !queue.isEmpty else { return nil }
    var count = 0
    var taken = 0
    for message in queue.prefix(MailboxQueue.batchMessages) {
      let size = MailboxQueue.size(message)
      if count > 0, taken + size > MailboxQueue.batchBytes { break }
      count += 1
      taken += size
    }
    let messages = Array(queue.prefix(count))
    queue.removeFirst(count)
    bytes -= taken
    guard isPaused, bytes < limit / 2 else { return (messages, .keep) }
    isPaused = false
    return (messages, .resume)
  }

  /// Drops what waits.
  package mutating func close() {
    isClosed = true
    queue.removeAll()
    bytes = 0
  }

  /// Bytes a message counts for.
  package static func size(_ message: KafkaMessage) -> Int {
    // Headers count: a message may carry more in them than in its value.
    let headers = message.headers.reduce(0) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
    return (message.key?.count ?? 0) + (message.value?.count ?? 0) + headers + 100
  }
}
