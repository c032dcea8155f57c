import CSystem
import Glibc

/// A request to stop that came as a signal.
package struct StopSignal: Sendable, Equatable {
  /// SIGINT or SIGTERM.
  package let number: Int32
  /// 1 for the first one this process received, 2 for the second, …
  package let ordinal: Int

  package init(number: Int32, ordinal: Int) {
    self.number = number
    self.ordinal = ordinal
  }

  package var name: String {
    switch number {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    default: "signal \(number)"
    }
  }
}

/// SIGINT and SIGTERM as values.
///
/// The handler writes one byte into a pipe and a thread of its own reads it, so no thread's signal mask changes and
/// programs started by this one keep the default actions. Until `stops()` is called for the first time the signals end
/// the process as usual.
package enum Signals {
  private struct State {
    var received = 0
    var listeners: [Int: AsyncStream<StopSignal>.Continuation] = [:]
    var nextListener = 0
  }

  private static let state = Locked(State())
  /// Set up once, by whoever asks first.
  private static let isInstalled: Bool = install()

  /// Every SIGINT and SIGTERM from now on, to each caller. Returns at once; the stream never ends by itself.
  package static func stops() -> AsyncStream<StopSignal> {
    let (stream, continuation) = AsyncStream.makeStream(of: StopSignal.self)
    let key = state.with { state in
      state.nextListener += 1
      state.listeners[state.nextListener] = continuation
      return state.nextListener
    }
    continuation.onTermination = { @Sendable _ in state.with { _ = $0.listeners.removeValue(forKey: key) } }
    _ = isInstalled
    return stream
  }

  /// Makes a write to a closed pipe or socket fail with EPIPE instead of ending the process.
  package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

  private static func install() -> Bool {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (reading, writing) = (ends[0], ends[1])
    // A handler must never block.
    _ = fcntl(writing, F_SETFL, O_NONBLOCK)
    startThread(name: "signals") { deliver(from: reading) }
    return csystem_forward_signal(SIGINT, writing) == 0 && csystem_forward_signal(SIGTERM, writing) == 0
  }

  private static func deliver(from descriptor: Int32) {
    var byte: UInt8 = 0
    while true {
      let count = read(descriptor, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { return }
      let (signal, listeners) = state.with { state in
        state.received += 1
        return (StopSignal(number: Int32(byte), ordinal: state.received), Array(state.listeners.values))
      }
      for listener in listeners { listener.yield(signal) }
    }
  }
}
