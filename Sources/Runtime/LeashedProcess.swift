import Glibc

/// A child process with a ``Leash``: it learns that this process is gone however that ended. Its output goes to a file.
package final class LeashedProcess: Sendable {
  package let pid: Int32
  /// Standard output and error of the child.
  package let logPath: String

  private struct State {
    /// Our end of the leash; nil once it was let go.
    var leash: Int32?
    var status: Int32?
    var waiters: [CheckedContinuation<Int32, Never>] = []
  }

  private let state: Locked<State>

  /// Starts `path`; `environment` is all the child sees, beside the leash's own variable. Throws when there is no such
  /// program or the log can not be written.
  package init(
    _ path: String, _ arguments: [String], environment: [String: String], logPath: String
  ) throws(SystemFailure) {
    let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else { throw SystemFailure("cannot write \(logPath): \(systemMessage(errno))") }
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let leash = try Pipe()
    defer { for descriptor in [log, null, leash.readEnd] { close(descriptor) } }
    let variables = environment.merging([Leash.variable: "3"]) { _, ours in ours }
    let child: ChildProcess
    do {
      child = try ChildProcess(
        path, arguments, environment: variables.map { "\($0.key)=\($0.value)" },
        descriptors: [(0, null), (1, log), (2, log), (3, leash.readEnd)])
    } catch {
      close(leash.writeEnd)
      throw error
    }
    pid = child.pid
    self.logPath = logPath
    state = Locked(State(leash: leash.writeEnd))
    startThread(name: "child") { [self] in ended(child.wait()) }
  }

  /// Sends a signal; nothing happens once the process has ended.
  package func signal(_ number: Int32) {
    state.with { state in
      if state.status == nil { _ = kill(pid, number) }
    }
  }

  package var isRunning: Bool { state.with { $0.status == nil } }

  /// The exit code once it has ended, or 128 and the signal that ended it.
  package func wait() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = state.with { state in
        if state.status == nil { state.waiters.append(continuation) }
        return state.status
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  /// SIGTERM, and SIGKILL when that was not enough in time; returns when the process is gone.
  package func stop(within limit: Duration = .seconds(10)) async {
    signal(SIGTERM)
    let impatience = Task {
      try await Task.sleep(for: limit)
      signal(SIGKILL)
    }
    _ = await wait()
    impatience.cancel()
  }

  private func ended(_ status: Int32) {
    let (leash, waiters) = state.with { state in
      defer { (state.leash, state.waiters) = (nil, []) }
      state.status = status
      return (state.leash, state.waiters)
    }
    if let leash { close(leash) }
    for waiter in waiters { waiter.resume(returning: status) }
  }
}

/// The file this process runs.
package func executablePath() throws(SystemFailure) -> String {
  var bytes = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &bytes, bytes.count)
  guard count > 0 else { throw SystemFailure("cannot find this program's file: \(systemMessage(errno))") }
  return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
