import Kafka
import Runtime

/// The messages of one partition between the polling thread and the lane that applies them; bounded by pausing the
/// partition.
package final class Mailbox: Sendable {
  /// What the caller has to do about the partition's flow.
  package enum Flow: Sendable, Equatable { case keep, pause, resume }

  struct State {
    var queue: [KafkaMessage] = []
    var bytes = 0
    var isPaused = false
    var isClosed = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  /// A batch holds no more messages than this.
  package static let batchMessages = 1_000
  /// Nor more bytes, unless a single message does: a page fills a batch, small events share one.
  package static let batchBytes = 900_000

  private let limit: Int
  private let state = Locked(State())

  /// `limit`: bytes above which the partition should be paused.
  package init(limit: Int) { self.limit = limit }

  /// Adds messages; never blocks. Messages for a closed mailbox are dropped: their offsets were not applied.
  package func push(_ messages: [KafkaMessage]) -> Flow {
    let (flow, waiter) = state.with { state -> (Flow, CheckedContinuation<Void, Never>?) in
      guard !state.isClosed else { return (.keep, nil) }
      state.queue += messages
      state.bytes += messages.reduce(0) { $0 + Mailbox.size($1) }
      let waiter = state.waiter
      state.waiter = nil
      guard state.bytes > limit, !state.isPaused else { return (.keep, waiter) }
      state.isPaused = true
      return (.pause, waiter)
    }
    waiter?.resume()
    return flow
  }

  /// The next messages in order, waiting for the first; nil once the mailbox is closed, whatever it still holds.
  package func take() async -> (messages: [KafkaMessage], flow: Flow)? {
    while true {
      if let result = state.with({ state -> (messages: [KafkaMessage], flow: Flow)?? in
        if state.isClosed { return .some(nil) }
        guard !state.queue.isEmpty else { return nil }
        return .some(Mailbox.take(&state, limit))
      }) {
        return result
      }
      await withCheckedContinuation { continuation in
        let resumeNow = state.with { state in
          if state.isClosed || !state.queue.isEmpty { return true }
          state.waiter = continuation
          return false
        }
        if resumeNow { continuation.resume() }
      }
    }
  }

  /// Waits until everything that was pushed has been taken, or the mailbox is closed.
  package func drained() async {
    while state.with({ !$0.isClosed && !$0.queue.isEmpty }) {
      if (try? await Task.sleep(for: .milliseconds(50))) == nil { return }
    }
  }

  /// Drops what waits; `take` returns nil from now on.
  package func close() {
    let waiter = state.with { state in
      state.isClosed = true
      state.queue.removeAll()
      state.bytes = 0
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  private static func take(_ state: inout State, _ limit: Int) -> (messages: [KafkaMessage], flow: Flow) {
    var count = 0
    var bytes = 0
    for message in state.queue.prefix(batchMessages) {
      let size = Mailbox.size(message)
      if count > 0, bytes + size > batchBytes { break }
      count += 1
      bytes += size
    }
    let messages = Array(state.queue.prefix(count))
    state.queue.removeFirst(count)
    state.bytes -= bytes
    guard state.isPaused, state.bytes < limit / 2 else { return (messages, .keep) }
    state.isPaused = false
    return (messages, .resume)
  }

  private static func size(_ message: KafkaMessage) -> Int {
    // Headers count: a message may carry more in them than in its value.
    let headers = message.headers.reduce(0) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
    return (message.key?.count ?? 0) + (message.value?.count ?? 0) + headers + 100
  }
}
