import HTTP
import Runtime
import SyncWorker

/// `/metrics`, `/livez` and `/readyz` of a running process, and the status page of a worker.
struct StatusServer: Sendable {
  let host: String
  let port: UInt16
  let metrics: Metrics
  let health: HealthState
  let log: Log
  /// nil: a process without one.
  var site: StatusSite?
  /// Nobody has asked for this port: when it is taken, as by another process on this machine, a free one does as well.
  var mayMove = false

  /// Nobody who only looks needs more, and whoever takes more keeps the others from looking.
  static let limits: HTTPServer.Limits = {
    var limits = HTTPServer.Limits()
    limits.reserve = 16
    limits.idleSeconds = 10
    limits.exchangeSeconds = 10
    limits.headBytes = 16 << 10
    limits.bodyBytes = 16 << 10
    return limits
  }()

  var service: Service {
    let running = Locked<HTTPServer?>(nil)
    let (until, end) = AsyncStream.makeStream(of: Never.self)
    return Service(
      "http",
      start: {
        let server = try listen()
        running.with { $0 = server }
        log.info("http", ("address", "http://\(server.host):\(server.port)"))
      },
      drain: {
        await running.with { $0 }?.stop()
        await site?.reader.close()
        end.finish()
      },
      run: { for await _ in until {} })
  }

  private func listen() throws(HTTPServer.StartError) -> HTTPServer {
    do {
      return try HTTPServer(host: host, port: Int(port), limits: StatusServer.limits) { await answer($0) }
    } catch {
      // Where no other port is to be had either, the first error names what is wrong.
      guard mayMove,
        let server = try? HTTPServer(host: host, port: 0, limits: StatusServer.limits, handler: { await answer($0) })
      else { throw error }
      log.warning(
        "the HTTP port is taken, a free one is used; set SYNCLINE_HTTP_PORT to choose", ("cause", error.description),
        ("address", "http://\(server.host):\(server.port)"))
      return server
    }
  }

  func answer(_ call: HTTPCall) async -> HTTPReply {
    if let reply = probe(call.path) { return reply }
    if let reply = await site?.answer(call) { return reply }
    return .text("not here; try \(site == nil ? "" : "/, ")/metrics, /livez or /readyz\n", status: 404)
  }

  /// What machines ask; nil for another path. Never waits for anybody.
  private func probe(_ path: String) -> HTTPReply? {
    switch path {
    case "/metrics":
      HTTPReply(
        status: 200, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
        body: .bytes(Array(metrics.render().utf8)))
    case "/livez": health.isAlive ? .text("ok\n") : .text("the consumer's loop stands still\n", status: 503)
    case "/readyz":
      health.missing.isEmpty ? .text("ok\n") : .text(health.missing.joined(separator: "\n") + "\n", status: 503)
    default: nil
    }
  }
}
