import Glibc

/// What ties a process to the one that started it: the reading end of a pipe whose writing end only the parent holds.
///
/// The kernel closes the parent's end however the parent ends, `kill -9` included.
package struct Leash: Sendable {
  /// The environment variable with the number of the inherited descriptor.
  package static let variable = "SYNCLINE_LEASH"

  private let descriptor: Int32

  /// Nil when the environment names no descriptor that is open.
  package init?(_ environment: [String: String]) {
    guard let number = environment[Leash.variable].flatMap({ Int32($0) }), fcntl(number, F_GETFD) >= 0 else {
      return nil
    }
    // Programs that this one starts have nothing to do with it.
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    descriptor = number
  }

  /// Returns when the parent has let go or has died, or when the task is cancelled. Call once.
  package func wait() async {
    let (ended, end) = AsyncStream.makeStream(of: Never.self)
    let descriptor = descriptor
    startThread(name: "leash") {
      var byte: UInt8 = 0
      while true {
        let count = read(descriptor, &byte, 1)
        if count > 0 || (count < 0 && errno == EINTR) { continue }
        return end.finish()
      }
    }
    for await _ in ended {}
  }

  /// Ends the group it is part of when the parent is gone.
  package var service: Service { Service("leash") { await wait() } }
}
