import FoundationEssentials
import Glibc
import Postgres
import Runtime
import TestKit
import Testing

@Suite("Embedded PostgreSQL")
struct EmbeddedTests {
  @Test("Stopping removes everything; a kept cluster survives, with its data, its URL and its password")
  func keep() async throws {
    let home = "/tmp/syncline-kept-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: home) }
    let first = try await EmbeddedPostgres.start(directory: home, keep: true)
    try await run(first.url()) { try $0.execute("CREATE TABLE t AS SELECT 42 AS n") }
    await first.stop()
    await first.stop()
    #expect(first.serverPID == nil)
    let port = try FaultProxy.freePort()
    let second = try await EmbeddedPostgres.start(
      directory: home, port: port, settings: ["work_mem": "7MB"], keep: true)
    #expect(second.directory == first.directory)
    let tcp = try #require(second.tcpURL())
    try await run(tcp) { session in
      #expect(try session.query("SELECT n FROM t").first?.int("n") == 42)
      #expect(try session.query("SHOW work_mem").first?[0].text == "7MB")
      #expect(try session.query("SHOW fsync").first?[0].text == "on")
      try session.execute("CHECKPOINT")
    }
    // kill -9 of the server: the same directory starts again, with what was committed.
    let pid = try #require(second.serverPID)
    kill(pid, SIGKILL)
    // Its end is noticed.
    await second.ended()
    await second.stop()
    await second.ended()
    let third = try await EmbeddedPostgres.start(directory: home, keep: true)
    try await run(third.url()) { try $0.execute("SELECT n FROM t") }
    await third.stop()

    let temporary = try await EmbeddedPostgres.start()
    #expect(access(temporary.directory, F_OK) == 0)
    await temporary.stop()
    #expect(access(temporary.directory, F_OK) != 0)
  }

  @Test("A server that cannot start says why, and leaves nothing")
  func cannotStart() async throws {
    let error = try await awaitedError { try await EmbeddedPostgres.start(settings: ["shared_buffers": "nonsense"]) }
    #expect(error.kind == .connection)
    #expect(error.message.contains("shared_buffers"))
  }

  @Test("A directory whose path is too long for a socket, and with odd characters")
  func longPath() async throws {
    let home = "/tmp/syncline long 'ü'-\(getpid())/" + String(repeating: "d", count: 100)
    defer { try? FileManager.default.removeItem(atPath: String(home.prefix { $0 != "d" })) }
    let server = try await EmbeddedPostgres.start(directory: home)
    try await server.createDatabase("odd \"name\"")
    try await run(server.url(database: "odd \"name\"")) { try $0.execute("SELECT 1") }
    await server.stop()
    #expect(access(home, F_OK) != 0)
  }

  private static let helperVariable = "SYNCLINE_EMBEDDED_HELPER"

  @Test("kill -9 of the parent leaves neither process nor directory")
  func killedParent() async throws {
    // The parent is this very program, run again to execute only the helper below.
    let report = "/tmp/syncline-helper-\(getpid())"
    defer { unlink(report) }
    let helper = try spawnHelper(report)
    try await until("the helper's server") { (try? String(contentsOfFile: report, encoding: .utf8))?.last == "\n" }
    let lines = try String(contentsOfFile: report, encoding: .utf8).split(separator: "\n").map(String.init)
    let server = try #require(Int32(lines[0]))
    #expect(kill(server, 0) == 0)
    #expect(access(lines[1], F_OK) == 0)
    kill(helper, SIGKILL)
    var status: Int32 = 0
    waitpid(helper, &status, 0)
    try await until("the server's end") { kill(server, 0) != 0 && errno == ESRCH }
    try await until("the directory's end") { access(lines[1], F_OK) != 0 }
  }

  @Test(
    "helper of the test above",
    .enabled(if: getenv(EmbeddedTests.helperVariable) != nil, "runs in a process of its own"))
  func helper() async throws {
    let report = try #require(getenv(EmbeddedTests.helperVariable).map { String(cString: $0) })
    let server = try await EmbeddedPostgres.start()
    let pid = try #require(server.serverPID)
    try "\(pid)\n\(server.directory)\n".write(toFile: report, atomically: true, encoding: .utf8)
    // Until the kill.
    try await Task.sleep(for: .seconds(600))  // no wait: this process is to be killed
    await server.stop()
  }

  private func spawnHelper(_ report: String) throws -> pid_t {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let arguments = [program, "--testing-library", "swift-testing", "--filter", "EmbeddedTests/helper"]
    let list = arguments.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = []
    for entry in sequence(
      state: environ,
      next: { pointer in
        defer { pointer = pointer.advanced(by: 1) }
        return pointer.pointee
      })
    { environment.append(strdup(entry)) }
    environment += [strdup("\(EmbeddedTests.helperVariable)=\(report)"), nil]
    defer { for text in list + environment { free(text) } }
    // Should this process die, nobody waits for the end of what the helper prints.
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var pid: pid_t = 0
    let status = ChildProcess.making.with { _ in posix_spawn(&pid, program, &actions, nil, list, environment) }
    try #require(status == 0)
    return pid
  }
}
