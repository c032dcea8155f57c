import HTTP
import Runtime
import SyncWorker

/// `/metrics`, `/livez` and `/readyz` of a running worker.
struct StatusServer: Sendable {
  let host: String
  let port: UInt16
  let metrics: Metrics
  let health: HealthState
  let log: Log

  var service: Service {
    let running = Locked<HTTPServer?>(nil)
    let (until, end) = AsyncStream.makeStream(of: Never.self)
    return Service(
      "http",
      start: {
        let server = try HTTPServer(host: host, port: Int(port)) { call in answer(call.path) }
        running.with { $0 = server }
        log.info("http", ("address", "http://\(server.host):\(server.port)"))
      },
      drain: {
        await running.with { $0 }?.stop()
        end.finish()
      },
      run: { for await _ in until {} })
  }

  private func answer(_ path: String) -> HTTPReply {
    switch path {
    case "/metrics":
      HTTPReply(
        status: 200, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
        body: .bytes(Array(metrics.render().utf8)))
    case "/livez": health.isAlive ? .text("ok\n") : .text("the consumer's loop stands still\n", status: 503)
    case "/readyz":
      health.missing.isEmpty ? .text("ok\n") : .text(health.missing.joined(separator: "\n") + "\n", status: 503)
    default: .text("not here; try /metrics, /livez or /readyz\n", status: 404)
    }
  }
}
