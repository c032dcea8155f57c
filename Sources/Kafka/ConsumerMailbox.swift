import CLibRDKafka
import Runtime

/// What other threads ask of a consumer's polling thread, and what they may see of it.
final class ConsumerMailbox: Sendable {
  enum Command: Sendable {
    case pause([TopicPartition])
    case resume([TopicPartition])
    case seek([TopicPartition: Int64], CheckedContinuation<Void, any Error>)
    case commit([TopicPartition: Int64])
    case offsets([TopicPartition: Int64], generation: Int)
    case drained(Int)
    case close
  }

  struct Status: Sendable {
    var assignment: Set<TopicPartition> = []
    var lastPoll = ContinuousClock.now
    var isMember = false
    var rebalances = 0
  }

  private struct State {
    var commands: [Command] = []
    var status = Status()
    var queue: KafkaHandle.Pointer?
    var isFinished = false
  }

  private let state: Locked<State>

  /// `queue` is woken at each command, until `finish`.
  init(queue: KafkaHandle.Pointer) {
    var initial = State()
    initial.queue = queue
    state = Locked(initial)
  }

  var status: Status { state.with { $0.status } }

  /// False when the thread has ended and nobody will look.
  @discardableResult
  func post(_ command: Command) -> Bool {
    state.with { state in
      guard !state.isFinished else { return false }
      state.commands.append(command)
      // Under the lock, so that the queue cannot be freed meanwhile; it only sets a flag and wakes the thread.
      if let queue = state.queue { rd_kafka_queue_yield(queue.raw) }
      return true
    }
  }

  /// What was posted since the last call, in order; also records that the thread went round.
  func take() -> [Command] {
    let now = ContinuousClock.now
    return state.with { state in
      state.status.lastPoll = now
      guard !state.commands.isEmpty else { return [] }
      defer { state.commands = [] }
      return state.commands
    }
  }

  func update(_ change: (inout Status) -> Void) { state.with { change(&$0.status) } }

  /// Runs `body`, which must be short, unless the thread has ended; until then the handle exists.
  func whileOpen<Value>(_ body: () -> Value?) -> Value? { state.with { $0.isFinished ? nil : body() } }

  /// The thread ends: returns what nobody will do any more.
  func finish() -> [Command] {
    state.with { state in
      state.isFinished = true
      state.queue = nil
      state.status.assignment = []
      state.status.isMember = false
      defer { state.commands = [] }
      return state.commands
    }
  }
}
