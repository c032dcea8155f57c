import Glibc

/// What the fault proxy is told to do, and where its threads wait for it to change.
final class Gate: @unchecked Sendable {
  struct State {
    var mode = FaultProxy.Mode.pass
    var trigger: FaultProxy.Trigger?
    var links: [ObjectIdentifier: ProxyLink] = [:]
    var accepted = 0
    var stopped = false
  }

  private var state = State()
  private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let condition: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func read<Result>(_ body: (State) -> Result) -> Result { change { body($0) } }

  @discardableResult
  func change<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// False when the proxy has been stopped.
  func add(_ link: ProxyLink) -> Bool {
    change { state in
      if !state.stopped { state.links[ObjectIdentifier(link)] = link }
      return !state.stopped
    }
  }

  func remove(_ link: ProxyLink) { change { $0.links[ObjectIdentifier(link)] = nil } }

  func cutAll() {
    // Inside the lock, so that no link closes its descriptors meanwhile.
    change { state in
      for link in state.links.values { link.shutDown() }
    }
  }

  /// Blocks while nothing may move; returns the mode, or nil when the link is cut.
  func pass(_ link: ProxyLink) -> FaultProxy.Mode? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !link.isCut {
      switch state.mode {
      case .stall, .blackHole: pthread_cond_wait(condition, mutex)
      default: return state.mode
      }
    }
    return nil
  }
}

/// One proxied connection and its two pumps.
final class ProxyLink: @unchecked Sendable {
  enum Direction { case up, down }

  private let client: Int32
  private let server: Int32
  // Everything below is touched under the gate's lock only.
  private(set) var isCut = false
  private var losesReply = false
  private var pumps = 2

  init(client: Int32, server: Int32) {
    self.client = client
    self.server = server
  }

  /// Before the pumps run.
  func cut() {
    close(client)
    close(server)
  }

  /// Both sides see the end; under the gate's lock.
  func shutDown() {
    isCut = true
    shutdown(client, Int32(SHUT_RDWR))
    shutdown(server, Int32(SHUT_RDWR))
  }

  /// Moves bytes one way until an end.
  func pump(_ direction: Direction, _ gate: Gate) {
    let (source, sink) = direction == .up ? (client, server) : (server, client)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    // A text may arrive in two reads.
    var tail: [UInt8] = []
    while true {
      let count = read(source, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0, let mode = gate.pass(self) else { break }
      if direction == .up {
        tail = tail.suffix(64) + buffer[0..<count]
        if !fire(gate, tail) { break }
      } else {
        if gate.change({ _ in losesReply }) { break }
        if mode == .swallowReplies { continue }
      }
      guard send(sink, buffer, count) else { break }
    }
    gate.change { _ in
      shutDown()
      pumps -= 1
      if pumps == 0 { cut() }
    }
    gate.remove(self)
  }

  /// False when what the client has just sent must not arrive.
  private func fire(_ gate: Gate, _ bytes: [UInt8]) -> Bool {
    gate.change { state in
      switch state.trigger {
      case .cutBefore(let text)? where contains(bytes, text):
        state.trigger = nil
        return false
      case .cutReply(let text)? where contains(bytes, text):
        state.trigger = nil
        losesReply = true
        return true
      default: return true
      }
    }
  }

  private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
  }

  private func send(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Bool {
    var done = 0
    while done < count {
      let sent = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + done }, count - done, Int32(MSG_NOSIGNAL))
      }
      if sent < 0 && errno == EINTR { continue }
      if sent <= 0 { return false }
      done += sent
    }
    return true
  }
}
