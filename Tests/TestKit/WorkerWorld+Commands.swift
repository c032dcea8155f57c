import Glibc
import Runtime

/// A run of the program that ended by itself.
package struct CommandRun: Sendable {
  package let line: String
  package let code: Int32
  package let data: String
  package let messages: String
}

extension WorkerWorld {
  /// Runs the program as an operator types it, in a process of its own; what stands between single quotes is one word.
  package func syncline(_ line: String) async throws -> CommandRun {
    let words = line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
    let (data, messages) = (try Pipe(), try Pipe())
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let child: ChildProcess
    do {
      defer { for descriptor in [null, data.writeEnd, messages.writeEnd] { Glibc.close(descriptor) } }
      child = try ChildProcess(
        try WorkerProcess.program(), words, environment: try environment(),
        descriptors: [(0, null), (1, data.writeEnd), (2, messages.writeEnd)])
    }
    async let written = WorkerWorld.drain(data.readEnd)
    async let told = WorkerWorld.drain(messages.readEnd)
    let (text, complaints) = (await written, await told)
    let code = await withCheckedContinuation { continuation in
      startThread(name: "command") { continuation.resume(returning: child.wait()) }
    }
    return CommandRun(line: line, code: code, data: text, messages: complaints)
  }

  /// Everything until the other end is closed.
  private static func drain(_ descriptor: Int32) async -> String {
    await withCheckedContinuation { continuation in
      startThread(name: "drain") {
        var all: [UInt8] = []
        var some = [UInt8](repeating: 0, count: 64 << 10)
        while true {
          let count = read(descriptor, &some, some.count)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { break }
          all += some[..<count]
        }
        Glibc.close(descriptor)
        continuation.resume(returning: String(decoding: all, as: UTF8.self))
      }
    }
  }
}
