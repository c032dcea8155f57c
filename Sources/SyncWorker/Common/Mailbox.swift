import Kafka
import Runtime

/// The messages of one partition between the polling thread and the lane that applies them; bounded by pausing the
/// partition.
package final class Mailbox: Sendable {
  package typealias Flow = MailboxQueue.Flow

  private struct State {
    var queue: MailboxQueue
    var waiter: CheckedContinuation<Void, Never>?

    mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
      defer { waiter = nil }
      return waiter
    }
  }

  private let state: Locked<State>

  /// `limit`: bytes above which the partition should be paused.
  package init(limit: Int) { state = Locked(State(queue: MailboxQueue(limit: limit))) }

  /// Adds messages; never blocks. Messages for a closed mailbox are dropped: their offsets were not applied.
  package func push(_ messages: [KafkaMessage]) -> Flow {
    let (flow, waiter) = state.with { ($0.queue.push(messages), $0.queue.isClosed ? nil : $0.takeWaiter()) }
    waiter?.resume()
    return flow
  }

  /// The next messages in order, waiting for the first; nil once the mailbox is closed, whatever it still holds.
  package func take() async -> (messages: [KafkaMessage], flow: Flow)? {
    while true {
      if let result = state.with({ state -> (messages: [KafkaMessage], flow: Flow)?? in
        if state.queue.isClosed { return .some(nil) }
        return state.queue.take().map { .some($0) }
      }) {
        return result
      }
      await withCheckedContinuation { continuation in
        let resumeNow = state.with { state in
          if state.queue.isClosed || !state.queue.isEmpty { return true }
          state.waiter = continuation
          return false
        }
        if resumeNow { continuation.resume() }
      }
    }
  }

  /// Waits until everything that was pushed has been taken, or the mailbox is closed.
  package func drained() async {
    while state.with({ !$0.queue.isClosed && !$0.queue.isEmpty }) {
      if (try? await Task.sleep(for: .milliseconds(50))) == nil { return }
    }
  }

  /// Drops what waits; `take` returns nil from now on.
  package func close() {
    let waiter = state.with { state in
      state.queue.close()
      return state.takeWaiter()
    }
    waiter?.resume()
  }
}
