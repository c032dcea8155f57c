import Glibc
import HTTP
import Runtime
import SyncWorker
import TestKit
import Testing

@testable import Operator

/// Several processes of a machine, each with its HTTP port.
struct StatusPortTests {
  /// The lines that a server logs while it starts on a port, and while it answers there; throws when it does not start.
  private func start(_ port: Int, mayMove: Bool) async throws -> String {
    let pipe = try Pipe()
    let health = HealthState()
    let server = StatusServer(
      host: "127.0.0.1", port: UInt16(port), metrics: Metrics.ofProcess(), health: health,
      log: Log(descriptor: pipe.writeEnd), mayMove: mayMove)
    let service = server.service
    do {
      try await service.start()
    } catch {
      for end in [pipe.readEnd, pipe.writeEnd] { close(end) }
      throw error
    }
    await service.drain?()
    close(pipe.writeEnd)
    var all: [UInt8] = []
    var some = [UInt8](repeating: 0, count: 4096)
    while case let count = read(pipe.readEnd, &some, some.count), count > 0 { all += some[..<count] }
    close(pipe.readEnd)
    return String(decoding: all, as: UTF8.self)
  }

  @Test("A port that nobody chose gives way to a free one, with a warning; a chosen one that is taken is an error")
  func taken() async throws {
    let other = try HTTPServer { _ in .text("somebody else") }
    let lines = try await start(other.port, mayMove: true).split(separator: "\n").map(String.init)
    #expect(lines.count == 2, "\(lines)")
    #expect(lines.first?.contains("WARNING") == true && lines.first?.contains("port \(other.port)") == true, "\(lines)")
    let last = try #require(lines.last)
    let port = Int((last.split(separator: "http://127.0.0.1:").last ?? "").prefix { $0.isNumber })
    #expect(port != nil && port != other.port && port != 0, "\(lines)")
    await #expect(throws: HTTPServer.StartError.self) { try await start(other.port, mayMove: false) }
    await other.stop()
  }

  @Test("The port that nobody chose is taken where it is free; an address that is not ours stays an error")
  func free() async throws {
    let free = try HTTPServer { _ in .text("") }
    let port = free.port
    await free.stop()
    let lines = try await start(port, mayMove: true)
    #expect(lines.contains("http://127.0.0.1:") && lines.split(separator: "\n").count <= 2)
    let away = StatusServer(
      host: "192.0.2.1", port: 0, metrics: Metrics.ofProcess(), health: HealthState(), log: Log(level: .error),
      mayMove: true)
    await #expect(throws: HTTPServer.StartError.self) { try await away.service.start() }
  }
}
