import Glibc

/// Blocking sockets on this machine; whoever gets a descriptor closes it.
package enum Loopback {
  /// Listens on a free port of 127.0.0.1.
  static func listen() throws -> (descriptor: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    var address = ipv4("127.0.0.1", 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withSocketAddress(&address) { bind(listener, $0, length) == 0 && Glibc.listen(listener, 64) == 0 }
    guard bound, withSocketAddress(&address, { getsockname(listener, $0, &length) }) == 0 else {
      close(listener)
      throw FaultProxyError(message: "cannot listen: \(String(cString: strerror(errno)))")
    }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// `host`: a numeric IPv4 address. nil when nobody answers.
  package static func connect(host: String = "127.0.0.1", port: Int) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    var address = ipv4(host, port)
    let status = withSocketAddress(&address) {
      Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
    return checked(descriptor, status)
  }

  static func connect(path: String) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix($0.count - 1)) }
    let status = withSocketAddress(&address) {
      Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
    return checked(descriptor, status)
  }

  /// Whether what this process accepted from the connection sends small packets at once; nil: nobody accepted it yet.
  package static func isAnsweredAtOnce(_ connection: Int32) -> Bool? {
    guard let port = port(of: connection, getsockname) else { return nil }
    for other in Int32(3)..<4096 where port == self.port(of: other, getpeername) {
      var value: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(other, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length) == 0 else { continue }
      return value != 0
    }
    return nil
  }

  private static func port(
    of descriptor: Int32,
    _ ask: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) -> UInt16? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard withSocketAddress(&address, { ask(descriptor, $0, &length) }) == 0, address.sin_family == AF_INET else {
      return nil
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func checked(_ descriptor: Int32, _ status: Int32) -> Int32? {
    if status == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  // A C macro that is not imported.
  private static let closeOnExec: Int32 = 0o2000000

  private static func ipv4(_ host: String, _ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    return address
  }

  private static func withSocketAddress<Address, Result>(
    _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
  ) -> Result {
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
    }
  }
}
