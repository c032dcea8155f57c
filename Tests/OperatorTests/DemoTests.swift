import FoundationEssentials
import Glibc
import Runtime
import TestKit
import Testing

@testable import Operator

/// The demo in a process of its own, as an operator runs it; what does not wait for its end keeps it up, however late
/// the test comes to look.
@Suite struct DemoTests {
  @Test("S1-30 The demo's checks hold, and nothing of it is left")
  func story() async throws {
    let demo = try RunningDemo("--records", "8000")
    let status = await demo.wait()
    #expect(status == 0, "\(demo.messages)")
    #expect(demo.messages.contains("== everything was as it should be"))
    #expect(demo.messages.contains("ok: every record applied once: received 8,000 = inserted 8,000"))
    #expect(demo.workers.count == 2)
    #expect(demo.isGone)
  }

  @Test("Each command of the tour works as it is pasted; kill -9 of the demo leaves no worker and nothing on disk")
  func tourAndKill() async throws {
    let demo = try RunningDemo("--records", "8000", "--keep")
    try await demo.untilWorkersRun()
    #expect(!demo.isGone)
    try await TestKit.until("the story is told") { demo.messages.contains("running; Ctrl-C") }
    let commands = demo.tour
    #expect(commands.contains("syncline doctor"))
    #expect(commands.contains { $0.hasPrefix("syncline dead-letters discard ") })
    for command in commands {
      let (code, said) = try await demo.paste(command)
      // `doctor` tells what the tour has left.
      #expect(code == 0 || (code == 4 && command == "syncline doctor"), "\(command): \(said)")
    }
    demo.signal(SIGKILL)
    #expect(await demo.wait() == 128 + SIGKILL)
    try await TestKit.until("its workers end, and its directory goes") { demo.isGone }
  }

  @Test("Ctrl-C ends the demo, in the middle with exit code 130, and leaves nothing")
  func interrupted() async throws {
    let demo = try RunningDemo("--records", "8000", "--keep")
    try await demo.untilWorkersRun()
    demo.signal(SIGINT)
    // Once the story is told Ctrl-C is how it ends.
    let expected: ExitCode = demo.messages.contains("running; Ctrl-C") ? .ok : .interrupted
    #expect(await demo.wait() == expected.rawValue, "\(demo.messages)")
    #expect(demo.isGone)
  }
}

/// `syncline demo` with its output in a file, and a temporary directory that nobody else uses.
private final class RunningDemo: Sendable {
  private let process: LeashedProcess
  private let directory: String

  init(_ options: String...) throws {
    directory = "/tmp/syncline-demo-\(UUIDText.random())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    process = try LeashedProcess(
      try WorkerProcess.program(), ["demo"] + options,
      environment: ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"], logPath: directory + "/output")
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// Both are started, and at least one runs. Throws with what the demo said when that is not so in time.
  func untilWorkersRun() async throws {
    do {
      try await TestKit.until("two workers run") { workers.count == 2 && workers.contains(where: RunningDemo.runs) }
    } catch {
      Issue.record("workers \(workers), running \(workers.filter(RunningDemo.runs)): \(messages)")
      throw error
    }
  }

  /// The commands that its tour prints, in order.
  var tour: [String] {
    let lines = messages.split(separator: "\n")
    return lines.drop { !$0.contains("an operator's tour") }.filter { $0.hasPrefix("     syncline ") }
      .map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
  }

  /// Runs a command with the environment that `--keep` prints.
  func paste(_ command: String) async throws -> (code: Int32, said: String) {
    var environment = ["PATH": "/usr/bin:/bin", "USER": "tourist", "SWIFT_BACKTRACE": "enable=no"]
    for line in messages.split(separator: "\n") where line.hasPrefix("export ") {
      let pair = line.dropFirst(7).split(separator: "=", maxSplits: 1)
      if pair.count == 2, pair[0] != "PATH" { environment[String(pair[0])] = String(pair[1].dropFirst().dropLast()) }
    }
    let words = command.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
    let log = "\(directory)/paste-\(UUIDText.random())"
    let process = try LeashedProcess(
      try WorkerProcess.program(), Array(words.dropFirst()), environment: environment, logPath: log)
    return (await process.wait(), try readTextFile(log))
  }

  func signal(_ number: Int32) { process.signal(number) }
  func wait() async -> Int32 { await process.wait() }

  var messages: String { (try? readTextFile(process.logPath)) ?? "" }

  /// The processes that it said it started.
  var workers: [Int32] {
    messages.split(separator: "\n").compactMap { line in
      line.contains("syncline worker &") ? line.split(separator: " ").last.flatMap { Int32($0) } : nil
    }
  }

  /// Its workers have ended, and the directory that their environment named is away.
  var isGone: Bool { !workers.contains(where: RunningDemo.runs) && leftovers.isEmpty }

  static func runs(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

  /// Directories in /tmp with a log of one of its workers.
  private var leftovers: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
    return names.filter { $0.hasPrefix("syncline-pg-") }.flatMap { name in
      let below = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp/" + name)) ?? []
      return below.filter { $0.hasPrefix("demo-\(process.pid)-") }
    }
  }
}
