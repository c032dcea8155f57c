import Glibc
import Runtime

/// A TCP proxy on 127.0.0.1 that breaks connections on command: breaks the network, not the code.
package final class FaultProxy: Sendable {
  package enum Upstream: Sendable {
    case unix(String)
    /// A numeric IPv4 address.
    case tcp(String, Int)
  }

  package enum Mode: Sendable {
    case pass
    /// Connections stay open and nothing moves in either direction; what was held moves on when the mode changes.
    case stall
    /// Half-open: requests arrive, replies are lost.
    case swallowReplies
    /// New connections are accepted and never served; existing ones stall.
    case blackHole
    /// New connections are closed at once; existing ones pass.
    case refuse
  }

  /// A one-shot fault for the first connection whose client sends a certain text.
  package enum Trigger: Sendable {
    /// The text never arrives.
    case cutBefore(String)
    /// The text arrives and is served, the reply is lost, then the connection is cut.
    case cutReply(String)
  }

  package let port: Int
  private let listener: Int32
  private let upstream: Upstream
  private let gate: Gate

  package static func start(_ upstream: Upstream) throws -> FaultProxy { try FaultProxy(upstream) }

  private init(_ upstream: Upstream) throws {
    self.upstream = upstream
    gate = Gate()
    (listener, port) = try Loopback.listen()
    startThread(name: "fault-proxy") { [upstream, gate, listener] in FaultProxy.serve(listener, upstream, gate) }
  }

  deinit { stop() }

  /// A TCP port of 127.0.0.1 that nobody has at this moment.
  package static func freePort() throws -> Int {
    let proxy = try start(.unix("/nowhere"))
    defer { proxy.stop() }
    return proxy.port
  }

  package func set(_ mode: Mode) { gate.change { $0.mode = mode } }

  /// Arms a one-shot fault; it replaces one that has not fired.
  package func arm(_ trigger: Trigger) { gate.change { $0.trigger = trigger } }

  /// Cuts every open connection now.
  package func cut() { gate.cutAll() }

  /// Connections accepted so far.
  package var accepted: Int { gate.read { $0.accepted } }

  /// Cuts everything and accepts no more.
  package func stop() {
    guard
      gate.change({ state in
        defer { state.stopped = true }
        return !state.stopped
      })
    else { return }
    // Wakes the accepting thread, which closes it.
    shutdown(listener, Int32(SHUT_RDWR))
    gate.cutAll()
  }

  // MARK: Threads

  private static func serve(_ listener: Int32, _ upstream: Upstream, _ gate: Gate) {
    defer { close(listener) }
    while true {
      let client = accept(listener, nil, nil)
      if client < 0 {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      let mode = gate.change { state in
        state.accepted += 1
        return state.mode
      }
      guard mode != .refuse, let server = connect(upstream) else {
        close(client)
        continue
      }
      let link = ProxyLink(client: client, server: server)
      guard gate.add(link) else { return link.cut() }
      startThread(name: "proxy-up") { link.pump(.up, gate) }
      startThread(name: "proxy-down") { link.pump(.down, gate) }
    }
  }

  private static func connect(_ upstream: Upstream) -> Int32? {
    switch upstream {
    case .unix(let path): Loopback.connect(path: path)
    case .tcp(let host, let port): Loopback.connect(host: host, port: port)
    }
  }
}

package struct FaultProxyError: Error { package let message: String }
