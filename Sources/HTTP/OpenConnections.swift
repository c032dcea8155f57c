import CLibMicroHTTPD
import Glibc
import Runtime

/// The server's connections, each with the time its client has had for the part of an exchange that is the client's:
/// sending a request, taking an answer.
///
/// libmicrohttpd closes connections on which nothing moves; a client that sends a byte now and then would keep its
/// place for ever, and a few dozen of them all places.
final class OpenConnections: Sendable {
  private struct Open {
    let socket: Int32
    /// nil while the handler has the request.
    var since: ContinuousClock.Instant?
    /// Shut down by us; libmicrohttpd has not cleaned up yet.
    var isEnded = false

    mutating func end() {
      shutdown(socket, Int32(SHUT_RDWR))
      isEnded = true
    }
  }

  private let connections = Locked<[OpaquePointer: Open]>([:])
  /// More than this many at once, and the slowest client has to go.
  private let room: Int

  init(room: Int) { self.room = room }

  /// A new client gets a place as long as others keep theirs by being slow: who has had the longest turn makes room.
  func add(_ connection: OpaquePointer) {
    let open = Open(socket: shim_mhd_socket(connection), since: .now)
    connections.with { connections in
      let waiting = connections.filter { !$0.value.isEnded }
      connections[connection] = open
      guard waiting.count >= room else { return }
      let slowest = waiting.compactMap { key, open in open.since.map { (key, $0) } }.min { $0.1 < $1.1 }
      if let slowest { connections[slowest.0]?.end() }
    }
  }

  /// Before libmicrohttpd closes the socket, so that its number is not yet somebody else's.
  func remove(_ connection: OpaquePointer) { connections.with { _ = $0.removeValue(forKey: connection) } }

  /// The client's turn begins anew.
  func begins(_ connection: OpaquePointer) { connections.with { $0[connection]?.since = .now } }

  /// It is the handler's turn.
  func isWorking(_ connection: OpaquePointer) { connections.with { $0[connection]?.since = nil } }

  /// Ends connections whose clients have taken longer; libmicrohttpd's thread finds them at their end and cleans up.
  func close(slowerThan seconds: Int) {
    let limit = ContinuousClock.now - .seconds(seconds)
    connections.with { connections in
      for (key, open) in connections where open.since.map({ $0 < limit }) ?? false { connections[key]?.end() }
    }
  }
}
