import Glibc
import HTTP
import Runtime
import Testing

/// Clients that are slow, flood or ask for too much: they are sent away, and others are answered meanwhile.
@Suite struct AbuseTests {
  @Test("A client that never finishes its request loses its connection, however busy it looks; others are answered")
  func slow() async throws {
    var limits = HTTPServer.Limits()
    limits.exchangeSeconds = 1
    limits.idleSeconds = 60
    limits.connections = 8
    try await withServer(limits) { port in
      // One place is left for the others.
      let slow = try (0..<7).map { _ in try RawClient(port) }
      for client in slow { client.send("GET / HTTP/1.1\r\nHost: a\r\nX-") }
      let answer = try await HTTPClient().send(HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
      #expect(answer.status == 200)
      for client in slow {
        let said = await client.sendUntilClosed("a")
        #expect(said.isEmpty, "closed without an answer")
      }
    }
  }

  @Test("Slow clients that take every place lose them to new ones, the slowest first; who is quick is answered")
  func crowd() async throws {
    // Nobody's time ends: only the reserve lets others in.
    var limits = HTTPServer.Limits()
    limits.exchangeSeconds = 600
    limits.idleSeconds = 600
    limits.connections = 12
    limits.reserve = 4
    try await withServer(limits) { port in
      var slow: [RawClient] = []
      for _ in 0..<4 {
        for _ in 0..<10 {
          let client = try RawClient(port)
          client.send("GET / HTTP/1.1\r\nHost: a\r\nX-")
          slow.append(client)
        }
        let answer = try await HTTPClient().send(HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
        #expect(answer.status == 200)
      }
      let said = await slow[0].sendUntilClosed("a")
      #expect(said.isEmpty, "the first one's place was given away")
      // The last one is quick now, and has kept its place.
      slow[slow.count - 1].send("a: b\r\n\r\n")
      let answer = await slow[slow.count - 1].readUntilQuiet()
      #expect(answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("A client that never takes its answer loses its connection")
  func greedy() async throws {
    var limits = HTTPServer.Limits()
    limits.exchangeSeconds = 1
    let ended = Locked(false)
    let server = try HTTPServer(limits: limits) { _ in
      let guardian = Guardian { ended.with { $0 = true } }
      return HTTPReply(
        status: 200,
        body: .stream {
          _ = guardian
          return .chunk([UInt8](repeating: 0x61, count: 60_000))
        })
    }
    let client = try RawClient(server.port)
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    try await reached("the endless answer was given up") { ended.with { $0 } }
    await server.stop()
  }

  @Test("Heads above the limit are 431, bodies above it 413, nonsense 400; the server goes on")
  func floods() async throws {
    var limits = HTTPServer.Limits()
    limits.headBytes = 8 << 10
    limits.bodyBytes = 1 << 10
    try await withServer(limits) { port in
      let header = "X-A: " + String(repeating: "a", count: 200) + "\r\n"
      let flood = "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: header, count: 1_000)
      let cases = [
        (flood, ["431", "413", ""]),
        ("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\n\r\n", ["414", "431", "413", ""]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", ["413"]),
        ("\u{1}\u{2}\u{3}\r\n\r\n", ["400", ""]),
      ]
      for (request, expected) in cases {
        let client = try RawClient(port)
        client.send(request)
        let said = await client.readUntilQuiet()
        let status = said.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        #expect(expected.contains(status), "\(request.prefix(20)): \(said.prefix(80))")
      }
      let answer = try await HTTPClient().send(HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
      #expect(answer.status == 200)
    }
  }

  private func withServer(_ limits: HTTPServer.Limits, _ body: (Int) async throws -> Void) async throws {
    let server = try HTTPServer(limits: limits) { _ in .text("ok") }
    do {
      try await body(server.port)
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  private func reached(_ what: String, _ fact: () -> Bool) async throws {
    let deadline = Deadline(after: .seconds(30))
    while !fact() {
      if deadline.hasPassed { throw SystemFailure("waited in vain: \(what)") }
      try await Task.sleep(for: .milliseconds(20))  // the poll of a fact
    }
  }
}

/// Says when nobody holds it any more.
private final class Guardian: Sendable {
  private let ended: @Sendable () -> Void
  init(_ ended: @escaping @Sendable () -> Void) { self.ended = ended }
  deinit { ended() }
}

/// A socket that says what it is told, whatever HTTP asks for.
private final class RawClient: Sendable {
  private let descriptor: Int32

  init(_ port: Int) throws {
    let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    descriptor = opened
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(opened, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw SystemFailure("cannot connect: \(systemMessage(errno))") }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// What the other side does not take any more is dropped.
  @discardableResult
  func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// One byte now and then, until the other side has closed; what it said.
  func sendUntilClosed(_ byte: String) async -> String {
    await onThread { client in
      var limit = timeval(tv_sec: 0, tv_usec: 100_000)
      setsockopt(client.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      var all: [UInt8] = []
      var some = [UInt8](repeating: 0, count: 4_096)
      let deadline = Deadline(after: .seconds(30))
      while !deadline.hasPassed {
        let count = recv(client.descriptor, &some, some.count, 0)
        if count > 0 { all += some[..<count] }
        if count == 0 || (count < 0 && errno != EAGAIN) { return String(decoding: all, as: UTF8.self) }
        client.send(byte)
      }
      return "still open"
    }
  }

  /// Everything until the other side closes or says nothing for a while.
  func readUntilQuiet() async -> String {
    await onThread { client in
      var all: [UInt8] = []
      var some = [UInt8](repeating: 0, count: 4_096)
      while all.isEmpty {
        let count = recv(client.descriptor, &some, some.count, 0)
        guard count > 0 else { break }
        all += some[..<count]
      }
      return String(decoding: all, as: UTF8.self)
    }
  }

  private func onThread(_ body: @escaping @Sendable (RawClient) -> String) async -> String {
    await withCheckedContinuation { continuation in
      startThread(name: "raw-client") { continuation.resume(returning: body(self)) }
    }
  }
}
