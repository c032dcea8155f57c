import FoundationEssentials
import Glibc
import HTTP
import Runtime

/// `syncline worker`, or another service, in a process of its own, to be killed, stopped and woken.
package final class WorkerProcess: Sendable {
  private let child: ChildProcess
  private let ending: Task<Int32, Never>
  /// What it wrote to standard error.
  package let logPath: String

  package struct NotBuilt: Error, CustomStringConvertible {
    package let description = "the program syncline is not beside the test bundle; build it with the tests"
  }

  init(_ command: String = "worker", _ arguments: [String] = [], environment: [String]) throws {
    let logPath = "/tmp/syncline-worker-\(UUIDText.random()).log"
    let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { for descriptor in [log, null] { close(descriptor) } }
    self.logPath = logPath
    let child = try ChildProcess(
      try WorkerProcess.program(), [command] + arguments, environment: environment,
      descriptors: [(0, null), (1, log < 0 ? null : log), (2, log < 0 ? null : log)])
    self.child = child
    let (stream, end) = AsyncStream.makeStream(of: Int32.self)
    startThread(name: "reaper") {
      end.yield(child.wait())
      end.finish()
    }
    ending = Task {
      for await status in stream { return status }
      return -1
    }
  }

  deinit { unlink(logPath) }

  package var pid: Int32 { child.pid }

  package func signal(_ number: Int32) { child.signal(number) }

  /// Its exit code, or 128 and the signal that ended it, once it has ended.
  package func wait() async -> Int32 { await ending.value }

  /// `kill -9`, and waits until it is gone.
  package func kill() async {
    child.signal(SIGKILL)
    _ = await wait()
  }

  /// What it has written so far.
  package var log: String { (try? readTextFile(logPath, limit: .max)) ?? "" }

  /// Where its HTTP port is, `http://127.0.0.1:PORT`; it tells so in its log.
  package func address() async throws -> String {
    try await eventually("the worker tells the address of its HTTP port") { () -> String? in
      let log = log
      guard let start = log.firstRange(of: "http://127.0.0.1:") else { return nil }
      return String(log[start.lowerBound...].prefix { !" \"\n".contains($0) })
    }
  }

  /// What its HTTP port answers at a path.
  package func get(_ path: String) async throws -> (status: Int, text: String) {
    let response = try await HTTPClient().send(HTTPRequest("GET", try await address() + path))
    return (response.status, String(decoding: response.body, as: UTF8.self))
  }

  /// What its `/metrics` says.
  package func metrics() async throws -> String { try await get("/metrics").text }

  /// The program stands beside the test bundle.
  package static func program() throws -> String {
    var places: [String] = []
    if let me = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { places.append(me) }
    places += CommandLine.arguments.filter { $0.hasSuffix(".xctest") || $0.contains(".xctest/") }
    for place in places {
      var directory = place[...]
      while let slash = directory.lastIndex(of: "/") {
        directory = directory[..<slash]
        let candidate = "\(directory)/syncline"
        if access(candidate, X_OK) == 0, !directory.isEmpty, directory.contains(".build") { return candidate }
      }
    }
    throw NotBuilt()
  }
}
