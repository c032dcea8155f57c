import FoundationEssentials
import Glibc
import Runtime

/// A real worker in a process of its own: this program again, as `syncline worker`.
///
/// A shell holds it on a pipe, so that it ends with this process, however that ends.
final class BenchWorker: Sendable {
  let pid: Int32
  private let shell: ChildProcess
  private let leash: Locked<Int32?>

  /// Standard input is the leash: its end, or a line, stops the worker as SIGTERM does.
  private static let script = """
    exec 3<&0
    "$@" </dev/null 3<&- &
    trap '' TERM
    read -r _ <&3
    kill -TERM $! 2>/dev/null
    wait $!
    """

  /// The path of the program that runs.
  static var ownExecutable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/proc/self/exe"
  }

  /// `flags`: of `syncline worker`. `environment`: what the worker needs beside the path. Its log goes to our standard
  /// error.
  init(executable: String, flags: [String] = [], environment: [String: String]) async throws {
    let pipe = try Pipe()
    defer { close(pipe.readEnd) }
    var variables = environment
    variables["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    do {
      shell = try ChildProcess(
        "/bin/sh", ["-c", BenchWorker.script, "syncline-bench", executable, "worker"] + flags,
        environment: variables.map { "\($0.key)=\($0.value)" },
        descriptors: [(0, pipe.readEnd), (1, 2), (2, 2)])
    } catch {
      close(pipe.writeEnd)
      throw error
    }
    leash = Locked(pipe.writeEnd)
    let deadline = Deadline(after: .seconds(10))
    while true {
      if let child = ProcessUsage.children(of: shell.pid).first {
        pid = child
        return
      }
      guard !deadline.hasPassed else { throw TimedOut(limit: .seconds(10)) }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  var cpuSeconds: Double { ProcessUsage.cpuSeconds(pid) }
  var peakMemory: Int64 { ProcessUsage.peakMemory(pid) ?? 0 }
  var isRunning: Bool { ProcessUsage.peakMemory(pid) != nil }

  /// Drains the worker and returns when it is gone.
  func stop() async {
    guard let leash = leash.with({ $0.take() }) else { return }
    close(leash)
    let shell = shell
    await withCheckedContinuation { continuation in
      startThread(name: "bench-stop") {
        shell.wait()
        continuation.resume()
      }
    }
  }

  deinit {
    if let leash = leash.with({ $0.take() }) { close(leash) }
  }
}
