import Glibc
import Kafka
import Runtime

/// A listener in front of the embedded Kafka that asks for a name and a password: SASL PLAIN with Kafka's handshake.
///
/// It names itself instead of the cluster's one broker in every answer, so that no client gets around it. What it does
/// not answer itself goes through unchanged, once the client has logged in.
package final class SASLBroker: Sendable {
  /// What a broker says of a wrong login: Kafka's own words.
  package static let refusal = "Authentication failed: Invalid username or password"

  private struct State {
    var open: Set<Int32> = []
    var logins = 0
    var refused = 0
    var stopped = false
  }

  private let listener: Int32
  private let state: Locked<State>
  /// host:port of this listener.
  package let bootstrapServers: String

  package init(_ cluster: EmbeddedKafka, user: String, password: String) throws {
    let behind = try Self.port(of: cluster)
    let (listener, port) = try Loopback.listen()
    let state = Locked(State())
    (self.listener, self.state) = (listener, state)
    bootstrapServers = "127.0.0.1:\(port)"
    let front = SASLExchange(login: "\0\(user)\0\(password)", front: port, behind: behind)
    startThread(name: "sasl-broker") {
      while true {
        let client = accept(listener, nil, nil)
        if client < 0 {
          if errno == EINTR || errno == ECONNABORTED { continue }
          close(listener)
          return
        }
        guard let server = Loopback.connect(port: behind) else {
          close(client)
          continue
        }
        SASLBroker.serve(client, server, front, state)
      }
    }
  }

  deinit { stop() }

  /// How often a client logged in, and how often one was refused.
  package var logins: (taken: Int, refused: Int) { state.with { ($0.logins, $0.refused) } }

  /// Cuts everything and accepts no more. Later calls do nothing.
  package func stop() {
    state.with { state in
      guard !state.stopped else { return }
      state.stopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  private static func port(of cluster: EmbeddedKafka) throws -> Int {
    guard let port = cluster.bootstrapServers.split(separator: ":").last.flatMap({ Int($0) }),
      !cluster.bootstrapServers.contains(",")
    else { throw FaultProxyError(message: "a cluster of one broker is needed") }
    return port
  }

  /// Two threads, one for each direction; the one that ends last closes both descriptors.
  private static func serve(_ client: Int32, _ server: Int32, _ exchange: SASLExchange, _ state: Locked<State>) {
    let mayStay = state.with { state in
      state.open.formUnion([client, server])
      return !state.stopped
    }
    let pumps = Locked(2)
    // The places of answers that tell which requests the broker knows.
    let versions = Locked<[Int32: Int16]>([:])
    let end = { @Sendable in
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(server, Int32(SHUT_RDWR))
      let isLast = pumps.with { left in
        left -= 1
        return left == 0
      }
      guard isLast else { return }
      state.with { state in
        state.open.subtract([client, server])
        close(client)
        close(server)
      }
    }
    startThread(name: "sasl-up") {
      defer { end() }
      var isIn = false
      while mayStay, let request = KafkaFrame.read(client) {
        switch exchange.answer(request, isIn: isIn) {
        case .forward:
          if request.api == KafkaFrame.apiVersions { versions.with { $0[request.correlation] = request.version } }
          guard KafkaFrame.write(server, request.bytes) else { return }
        case .reply(let bytes): guard KafkaFrame.write(client, bytes) else { return }
        case .letIn(let bytes):
          isIn = true
          state.with { $0.logins += 1 }
          guard KafkaFrame.write(client, bytes) else { return }
        case .refuse(let bytes):
          state.with { $0.refused += 1 }
          _ = KafkaFrame.write(client, bytes)
          return
        case .hangUp: return
        }
      }
    }
    startThread(name: "sasl-down") {
      defer { end() }
      while mayStay, let answer = KafkaFrame.read(server) {
        let version = versions.with { $0.removeValue(forKey: answer.answered) }
        guard KafkaFrame.write(client, exchange.disguised(answer.bytes, versions: version)) else { return }
      }
    }
  }
}
