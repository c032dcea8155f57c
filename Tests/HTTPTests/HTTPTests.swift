import Glibc
import HTTP
import Runtime
import Testing

/// Starts a server, runs the body with its base URL, and stops the server whatever happens.
private func withServer(
  limits: HTTPServer.Limits = HTTPServer.Limits(), handler: @escaping @Sendable (HTTPCall) async -> HTTPReply,
  _ body: (String) async throws -> Void
) async throws {
  let server = try HTTPServer(limits: limits, handler: handler)
  do {
    try await body("http://127.0.0.1:\(server.port)")
  } catch {
    await server.stop()
    throw error
  }
  await server.stop()
}

/// The kind of error a call ends in; nil when it is answered.
private func kind(
  _ client: HTTPClient, _ request: HTTPRequest, limit: Int = HTTPClient.defaultBodyLimit
) async -> HTTPError.Kind? {
  do throws(HTTPError) {
    _ = try await client.send(request, limit: limit)
    return nil
  } catch {
    return error.kind
  }
}

@Suite("HTTP") struct HTTPTests {
  @Test("method, path, query, headers and body arrive; status, headers and body come back") func roundTrip()
    async throws
  {
    try await withServer { call in
      let query = call.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
      let text = "\(call.method) \(call.path) \(query) \(call.headers["x-one"] ?? "-") "
      return HTTPReply(
        status: 201, headers: ["X-Back": "yes"], body: .bytes(Array(text.utf8) + call.body))
    } _: { url in
      let answer = try await HTTPClient().send(
        HTTPRequest("POST", url + "/a%20b?q=1%2B1&r=", headers: ["X-One": "eins"], body: Array("body".utf8)))
      #expect(answer.status == 201)
      #expect(answer.headers["x-back"] == "yes")
      #expect(String(decoding: answer.body, as: UTF8.self) == "POST /a b q=1+1;r= eins body")
    }
  }

  @Test("methods without and with an empty body", arguments: ["GET", "HEAD", "POST", "PATCH", "DELETE"])
  func methods(method: String) async throws {
    try await withServer {
      .text($0.method + "\($0.body.count)")
    } _: { url in
      for body in [nil, [UInt8]()] where !(method == "HEAD" && body != nil) {
        let answer = try await HTTPClient().send(HTTPRequest(method, url + "/", body: body))
        #expect(String(decoding: answer.body, as: UTF8.self) == (method == "HEAD" ? "" : "\(method)0"))
      }
    }
  }

  @Test("one client is used again, and by many at once") func concurrency() async throws {
    try await withServer {
      .text($0.path)
    } _: { url in
      let client = HTTPClient()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<50 {
          group.addTask {
            let answer = try await client.send(HTTPRequest("GET", "\(url)/\(index)"))
            return String(decoding: answer.body, as: UTF8.self) == "/\(index)"
          }
        }
        for try await same in group { #expect(same) }
      }
    }
  }

  @Test("a large body goes both ways, chunked in one") func large() async throws {
    var limits = HTTPServer.Limits()
    limits.bodyBytes = 8 << 20
    let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await withServer(limits: limits) { call in
      let rest = Locked(call.body[...])
      return HTTPReply(
        status: 200,
        body: .stream {
          rest.with {
            let chunk = Array($0.prefix(100_000))
            $0 = $0.dropFirst(100_000)
            return chunk.isEmpty ? .end : .chunk(chunk)
          }
        })
    } _: { url in
      let answer = try await HTTPClient().send(HTTPRequest("POST", url + "/", body: sent))
      #expect(answer.body == sent)
      #expect(answer.headers["Transfer-Encoding"] == "chunked")
    }
  }

  @Test("gzip is asked for and undone; the limit counts what comes out") func gzip() async throws {
    // printf 'aaaa…' (1000 times) | gzip -n
    let zipped: [UInt8] = [
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C, 0x1C, 0x05, 0xA3, 0x60, 0x14, 0x0C, 0x77, 0, 0, 3, 0xDA, 0x38,
      0x9A, 0xE8, 3, 0, 0,
    ]
    try await withServer { call in
      guard call.headers["Accept-Encoding"] == "gzip" else { return .text("no", status: 500) }
      return HTTPReply(status: 200, headers: ["Content-Encoding": "gzip"], body: .bytes(zipped))
    } _: { url in
      let client = HTTPClient()
      let answer = try await client.send(HTTPRequest("GET", url + "/"))
      #expect(answer.body == Array(repeating: 0x61, count: 1000))
      #expect(
        await kind(client, HTTPRequest("GET", url), limit: 999) == .tooLarge)
    }
  }

  @Test("R22 an answer above the limit is tooLarge, and the client goes on") func tooLarge() async throws {
    try await withServer { call in
      call.path == "/small" ? .text("ok") : .text(String(repeating: "x", count: 100_000))
    } _: { url in
      let client = HTTPClient()
      #expect(
        await kind(client, HTTPRequest("GET", url), limit: 99_999)
          == .tooLarge)
      let answer1 = try await client.send(HTTPRequest("GET", url), limit: 100_000)
      #expect(answer1.body.count == 100_000)
      let answer2 = try await client.send(HTTPRequest("GET", url + "/small"), limit: 2)
      #expect(answer2.status == 200)
    }
  }

  @Test("R10 no answer in time is a timeout") func timeout() async throws {
    try await withServer { _ in
      try? await Task.sleep(for: .seconds(600))  // Ended by the server's stop.
      return .text("late")
    } _: { url in
      let request = HTTPRequest("GET", url, timeout: .milliseconds(50))
      #expect(await kind(HTTPClient(), request) == .timeout)
    }
  }

  @Test("cancelling the task ends the call") func cancel() async throws {
    let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
    try await withServer { _ in
      arrival.yield()
      try? await Task.sleep(for: .seconds(600))  // no wait: the server never answers
      return .text("late")
    } _: { url in
      let task = Task { await kind(HTTPClient(), HTTPRequest("GET", url)) }
      for await _ in arrived { break }
      task.cancel()
      #expect(await task.value == .cancelled)
    }
  }

  @Test("connection refused, broken answers and closed connections are told apart") func broken() async throws {
    let server = try HTTPServer { call in
      switch call.path {
      case "/hangup": return HTTPReply(status: 200, body: .hangUp)
      default:
        let steps = Locked(0)
        return HTTPReply(
          status: 200,
          body: .stream {
            steps.with {
              $0 += 1
              return $0 == 1 ? .chunk([1, 2, 3]) : .abort
            }
          })
      }
    }
    let url = "http://127.0.0.1:\(server.port)"
    let client = HTTPClient()
    for path in ["/hangup", "/cut"] {
      #expect(
        await kind(client, HTTPRequest("GET", url + path)) == .interrupted)
    }
    await server.stop()
    #expect(await kind(client, HTTPRequest("GET", url)) == .connect)
  }

  @Test("a redirect is followed on the same host only, and not for ever") func redirects() async throws {
    let other = try HTTPServer { _ in .text("stolen") }
    try await withServer { call in
      let target =
        switch call.path {
        case "/same": "/end"
        case "/loop": "/loop"
        case "/other": "http://127.0.0.1:\(other.port)/"
        default: ""
        }
      guard !target.isEmpty else { return .text(call.method + String(decoding: call.body, as: UTF8.self)) }
      return HTTPReply(status: call.method == "GET" ? 302 : 307, headers: ["Location": target], body: .bytes([1]))
    } _: { url in
      let client = HTTPClient()
      let answer3 = try await client.send(HTTPRequest("GET", url + "/same"))
      #expect(answer3.body == Array("GET".utf8))
      let answer4 = try await client.send(HTTPRequest("POST", url + "/same", body: [0x21]))
      #expect(answer4.body == Array("POST!".utf8))
      for path in ["/loop", "/other"] {
        #expect(
          await kind(client, HTTPRequest("GET", url + path)) == .redirected)
      }
    }
    await other.stop()
  }

  @Test("W12 an error names neither credentials nor the query") func secrets() async throws {
    let request = HTTPRequest(
      "GET", "http://user:geheim@127.0.0.1:1/p?key=geheim", headers: ["Authorization": "geheim"])
    do throws(HTTPError) {
      _ = try await HTTPClient().send(request)
      Issue.record("port 1 answered")
    } catch {
      #expect(error.kind == .connect)
      #expect(error.message.hasPrefix("GET http://127.0.0.1:1/p: "))
      #expect(!"\(error)".contains("geheim"))
    }
  }

  @Test(
    "invalid requests are refused before anything is sent",
    arguments: [
      HTTPRequest("GET", "file:///etc/passwd"), HTTPRequest("GET", "nonsense geheim"), HTTPRequest("GET", ""),
      HTTPRequest("GE T", "http://127.0.0.1:1"), HTTPRequest("GET", "gopher://127.0.0.1:1/geheim"),
      HTTPRequest("GET", "http://127.0.0.1:1", headers: ["A": "x\r\nB: geheim"]),
      HTTPRequest("GET", "http://127.0.0.1:1", headers: ["A:B": "geheim"]),
    ])
  func invalid(request: HTTPRequest) async {
    do throws(HTTPError) {
      _ = try await HTTPClient().send(request)
      Issue.record("sent \(request)")
    } catch {
      #expect(error.kind == .invalidRequest)
      #expect(!error.message.contains("geheim"))
    }
  }

  @Test("the server refuses bodies above its limit, declared or not") func serverLimit() async throws {
    var limits = HTTPServer.Limits()
    limits.bodyBytes = 10
    try await withServer(limits: limits) {
      .text("\($0.body.count)")
    } _: { url in
      let client = HTTPClient()
      let fits = try await client.send(HTTPRequest("POST", url, body: Array(repeating: 1, count: 10)))
      #expect(fits.body == Array("10".utf8))
      let answer5 = try await client.send(HTTPRequest("POST", url, body: Array(repeating: 1, count: 11)))
      #expect(answer5.status == 413)
      let chunked = HTTPRequest(
        "POST", url, headers: ["Transfer-Encoding": "chunked"], body: Array(repeating: 1, count: 50_000))
      let answer6 = try await client.send(chunked)
      #expect(answer6.status == 413)
    }
  }

  @Test("a server that cannot bind says so; stop is idempotent") func binding() async throws {
    let first = try HTTPServer { _ in .text("") }
    #expect(throws: HTTPServer.StartError.self) { try HTTPServer(port: first.port) { _ in .text("") } }
    #expect(throws: HTTPServer.StartError.self) { try HTTPServer(host: "192.0.2.1") { _ in .text("") } }
    await first.stop()
    await first.stop()
  }

  @Test("credentials become a Basic header") func basic() {
    var headers = HTTPHeaders()
    headers.setBasicAuth(user: "Aladdin", password: "open sesame")
    #expect(headers["authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
  }

  @Test("origins compare scheme, host and port with their defaults") func origins() {
    #expect(HTTPOrigin("http://A.example/x") == HTTPOrigin("http://a.example:80/y?z"))
    #expect(HTTPOrigin("http://a.example") != HTTPOrigin("https://a.example"))
    #expect(HTTPOrigin("http://a.example:81") != HTTPOrigin("http://a.example"))
    #expect(HTTPOrigin("/relative") == nil)
    #expect(HTTPOrigin.withoutSecrets("https://u:p@h/a?b#c") == "https://h:443/a")
  }
}
