import CSystem
import Glibc

/// One child process with explicit descriptors: nothing else of ours leaks into it.
package struct ChildProcess: Sendable {
  package let pid: pid_t

  /// Held while a child is made. Until it is another program it has copies of all our descriptors, so that a listener
  /// which is closed meanwhile goes on listening: who closes one and binds its port anew does so with this held.
  package static let making = Locked(())

  /// Starts `path` in a session of its own (a Ctrl-C at the terminal is ours to handle), with no blocked signals and
  /// only descriptors 0, 1, 2 and those in `descriptors` (child number, our descriptor).
  package init(
    _ path: String, _ arguments: [String], environment: [String], descriptors: [(Int32, Int32)]
  ) throws(SystemFailure) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Ours are above 9 here, so that no dup2 overwrites one that is still to be copied.
    let highest = descriptors.map(\.0).max() ?? 2
    let raised = descriptors.map { ($0.0, fcntl($0.1, F_DUPFD_CLOEXEC, highest + 1)) }
    defer { for (_, descriptor) in raised { close(descriptor) } }
    for (number, descriptor) in raised { posix_spawn_file_actions_adddup2(&actions, descriptor, number) }
    csystem_close_from(&actions, highest + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | Int32(CSYSTEM_SPAWN_SETSID)
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let argumentList = ([path] + arguments).map { strdup($0) } + [nil]
    let environmentList = environment.map { strdup($0) } + [nil]
    defer { for text in argumentList + environmentList { free(text) } }
    var pid: pid_t = 0
    let status = ChildProcess.making.with { _ in
      posix_spawn(&pid, path, &actions, &attributes, argumentList, environmentList)
    }
    guard status == 0 else { throw SystemFailure("cannot start \(path): \(systemMessage(status))") }
    self.pid = pid
  }

  /// Blocks until it has ended; its exit code, or 128 and the signal that ended it. Call once.
  @discardableResult
  package func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }

  /// Sends a signal; nothing happens when the process is gone.
  package func signal(_ number: Int32) { kill(pid, number) }
}

/// Both ends close on exec, so that only who is given an end holds it.
package struct Pipe: Sendable {
  package let readEnd: Int32
  package let writeEnd: Int32

  package init() throws(SystemFailure) {
    var ends: [Int32] = [-1, -1]
    guard csystem_pipe(&ends) == 0 else { throw SystemFailure("no pipe: \(systemMessage(errno))") }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }
}

/// The operating system refused something; the message says what and why.
package struct SystemFailure: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
