import FoundationEssentials
import Glibc
import Runtime
import TestKit
import Testing

@testable import Operator

/// `syncline dev` in a process of its own, as a developer runs it.
@Suite struct DevTests {
  @Test(
    """
    It says where the data is, a second one repeats its environment, and it ends with exit code 3 and one line when its \
    Postgres ends by itself
    """)
  func postgresEnds() async throws {
    let directory = "/tmp/syncline-devtest-\(UUIDText.random())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try await Self.start(in: directory)
    let home = try #require(Self.line(first, "Postgres keeps its data in "))
    let other = try await Self.start(in: directory)
    #expect(await other.wait() == ExitCode.locked.rawValue)
    for name in ["DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "PEMS_URL"] {
      let printed = Self.line(first, "export \(name)=")
      #expect(printed != nil && Self.line(other, "export \(name)=") == printed, "a second one says it again")
    }
    let text = try readTextFile(home + "/data/postmaster.pid")
    let server = try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
    kill(server, SIGKILL)
    #expect(await first.wait() == ExitCode.unreachable.rawValue)
    let error = try #require(Self.line(first, "error: POSTGRES_ENDED: "))
    #expect(error.contains("\(home)/log") && error.contains("do: 'syncline dev'"))
    #expect(error.contains("read the environment that it prints again, and restart workers and schedulers"))

    let second = try await Self.start(in: directory)
    #expect(Self.line(second, "Postgres keeps its data in ") == home)
    second.signal(SIGTERM)
    #expect(await second.wait() == 0)
  }

  private static func start(in directory: String) async throws -> LeashedProcess {
    let log = "\(directory)/\(UUIDText.random()).log"
    let dev = try LeashedProcess(
      "/bin/sh", ["-c", "cd \"$1\" && exec \"$2\" dev --records 1", "dev", directory, try WorkerProcess.program()],
      environment: ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"], logPath: log)
    try await TestKit.until("it runs") { line(dev, "running; Ctrl-C") != nil || !dev.isRunning }
    return dev
  }

  /// What follows this beginning of a line of its output.
  private static func line(_ dev: LeashedProcess, _ beginning: String) -> String? {
    let text = (try? readTextFile(dev.logPath)) ?? ""
    return text.split(separator: "\n").first { $0.hasPrefix(beginning) }.map { String($0.dropFirst(beginning.count)) }
  }
}
