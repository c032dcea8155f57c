import CLibPQ
import Glibc
import Runtime

/// Wakes a connection's thread out of `poll`.
final class Wake: Sendable {
  let descriptor: Int32

  init() throws(PGError) {
    descriptor = pq_eventfd()
    if descriptor < 0 { throw PGError(.connection, "no file descriptor left (errno \(errno))") }
  }

  deinit { close(descriptor) }

  func signal() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  func drain() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}

/// The cancellation of one `run`, raised from any thread.
final class Interrupt: Sendable {
  private let raised = Locked(false)
  private let wake: Wake

  init(_ wake: Wake) { self.wake = wake }

  var isRaised: Bool { raised.with { $0 } }

  func raise() {
    raised.with { $0 = true }
    wake.signal()
  }
}

/// One `PQcancel`, on a thread of its own because nothing bounds how long it takes; wakes the connection's thread when
/// it has returned.
///
/// The connection stays with its statement until then: a cancel request still under way when the next statement starts
/// would hit that one.
final class CancelRequest: Sendable {
  private final class Handle: @unchecked Sendable {
    let raw: OpaquePointer
    init?(_ connection: OpaquePointer) {
      guard let raw = PQgetCancel(connection) else { return nil }
      self.raw = raw
    }
    deinit { PQfreeCancel(raw) }
  }

  private let done = Locked(false)

  init(_ connection: OpaquePointer, _ wake: Wake) {
    guard let handle = Handle(connection) else {
      done.with { $0 = true }
      return
    }
    startThread(name: "pg-cancel") { [done] in
      // PQcancel writes without MSG_NOSIGNAL.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      var message = [CChar](repeating: 0, count: 256)
      // A refused request is repeated by the waiting connection, so its result does not matter here.
      _ = withExtendedLifetime(handle) { PQcancel(handle.raw, &message, 256) }
      done.with { $0 = true }
      wake.signal()
    }
  }

  var isDone: Bool { done.with { $0 } }
}

/// Milliseconds on a clock that never jumps.
func monotonicMilliseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
