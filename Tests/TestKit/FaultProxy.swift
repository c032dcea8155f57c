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
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    self.listener = listener
    var address = ipv4("127.0.0.1", 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withSocketAddress(&address) { bind(listener, $0, length) == 0 && listen(listener, 64) == 0 }
    guard bound, withSocketAddress(&address, { getsockname(listener, $0, &length) }) == 0 else {
      close(listener)
      throw FaultProxyError(message: "cannot listen: \(String(cString: strerror(errno)))")
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    startThread(name: "fault-proxy") { [upstream, gate] in FaultProxy.serve(listener, upstream, gate) }
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
    let descriptor: Int32
    let status: Int32
    switch upstream {
    case .unix(let path):
      descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix($0.count - 1)) }
      status = withSocketAddress(&address) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    case .tcp(let host, let port):
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
      var address = ipv4(host, port)
      status = withSocketAddress(&address) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if status == 0 { return descriptor }
    close(descriptor)
    return nil
  }
}

package struct FaultProxyError: Error { package let message: String }

// A C macro that is not imported.
private let closeOnExec: Int32 = 0o2000000

private func ipv4(_ host: String, _ port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  inet_pton(AF_INET, host, &address.sin_addr)
  return address
}

private func withSocketAddress<Address, Result>(
  _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
) -> Result {
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
  }
}
