import CLibMicroHTTPD
import Glibc
import Runtime

/// A small HTTP server over libmicrohttpd, for metrics, health checks and the simulated upstream.
///
/// One thread does the network; each complete request is answered by a task, so a handler may wait. Runs until
/// `stop()`.
package final class HTTPServer: Sendable {
  package struct Limits: Sendable {
    /// Open connections; more are refused by the network layer. Default: 64.
    package var connections = 64
    /// So many of them are kept for new clients: when only these are left, each new client takes the place of the one
    /// that lets its request, the taking of its answer, or its next request wait longest. Default: 0, nobody's.
    package var reserve = 0
    /// Seconds without traffic before a connection is closed. Default: 30.
    package var idleSeconds = 30
    /// Seconds a client may take for one whole request, and as many for taking the answer, however busy it looks; then
    /// the connection is closed. What the handler takes is not counted. Default: 60.
    package var exchangeSeconds = 60
    /// Bytes of a request's head; above it the answer is 431. Default: 32 KiB.
    package var headBytes = 32 << 10
    /// Bytes of a request's body; above it the answer is 413. Default: 1 MiB.
    package var bodyBytes = 1 << 20

    package init() {}
  }

  package struct StartError: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  package let host: String
  /// The port really bound, also when 0 was asked for.
  package let port: Int
  private let core: Core
  private let daemon: Daemon
  private let patience: Task<Void, Never>

  /// `struct MHD_Daemon *`, whose functions are safe from any thread.
  private struct Daemon: @unchecked Sendable { let pointer: OpaquePointer }

  /// Binds and starts answering before it returns. `host` is a numeric address or `localhost`; port 0 takes a free one.
  package init(
    host: String = "127.0.0.1", port: Int = 0, limits: Limits = Limits(),
    handler: @escaping @Sendable (HTTPCall) async -> HTTPReply
  ) throws(StartError) {
    let core = Core(limits: limits, handler: handler)
    self.host = host
    self.core = core
    // Held by the daemon; given back in `stop`.
    let context = Unmanaged.passRetained(core)
    guard let started = Self.start(host, port, limits, context.toOpaque()) else {
      context.release()
      throw StartError(description: "cannot listen on \(host) port \(port): address in use or not ours")
    }
    daemon = Daemon(pointer: started)
    self.port = Int(shim_mhd_port(started))
    patience = Task {
      while (try? await Task.sleep(for: .seconds(1))) != nil { core.open.close(slowerThan: limits.exchangeSeconds) }
    }
  }

  /// Refuses new requests, cancels handlers, waits until each has returned, then closes all connections. Idempotent.
  package func stop() async {
    guard core.beginStop() else { return }
    patience.cancel()
    await core.drained()
    let daemon = daemon
    await withCheckedContinuation { continuation in
      startThread(name: "http-stop") {
        MHD_stop_daemon(daemon.pointer)
        continuation.resume()
      }
    }
    Unmanaged.passUnretained(core).release()
  }

  private static func start(
    _ host: String, _ port: Int, _ limits: Limits, _ context: UnsafeMutableRawPointer
  ) -> OpaquePointer? {
    guard (0...65535).contains(port) else { return nil }
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else { return nil }
    defer { freeaddrinfo(found) }
    return shim_mhd_start(
      found.pointee.ai_addr, accessCallback, completedCallback, connectionCallback, context,
      UInt32(limits.connections), UInt32(limits.idleSeconds), limits.headBytes)
  }
}

/// What the callbacks share: the handler and the tasks that are answering.
private final class Core: Sendable {
  struct State {
    var stopping = false
    var tasks: [ObjectIdentifier: Task<Void, Never>] = [:]
    var waiter: CheckedContinuation<Void, Never>?
  }

  let limits: HTTPServer.Limits
  let open: OpenConnections
  private let handler: @Sendable (HTTPCall) async -> HTTPReply
  private let state = Locked(State())

  init(limits: HTTPServer.Limits, handler: @escaping @Sendable (HTTPCall) async -> HTTPReply) {
    self.limits = limits
    open = OpenConnections(room: limits.reserve == 0 ? .max : limits.connections - limits.reserve)
    self.handler = handler
  }

  /// False when it was stopping already.
  func beginStop() -> Bool {
    let tasks: [Task<Void, Never>]? = state.with {
      guard !$0.stopping else { return nil }
      $0.stopping = true
      return Array($0.tasks.values)
    }
    guard let tasks else { return false }
    for task in tasks { task.cancel() }
    return true
  }

  /// Returns when no task is answering. libmicrohttpd must not be stopped while a connection is suspended.
  func drained() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.with {
        if !$0.tasks.isEmpty { $0.waiter = continuation }
        return $0.tasks.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }

  /// Called on the server's thread: once with the head, once for each piece of body, once at the end, once more when
  /// the reply is there.
  func access(_ connection: OpaquePointer, _ exchange: HTTPExchange, method: String, path: String) -> MHD_Result {
    if exchange.isTooLarge { return HTTPReply.text("the body is too large\n", status: 413).send(on: connection) }
    if let reply = exchange.reply.with({ $0 }) { return reply.send(on: connection) }
    guard !exchange.isStarted else { return .NO }
    exchange.isStarted = true
    let call = HTTPCall(
      method: method, path: path, query: values(connection, .GET_ARGUMENT_KIND).map { ($0.name, $0.value) },
      headers: headers(connection), body: exchange.body)
    let suspended = Connection(pointer: connection)
    return state.with { state -> MHD_Result in
      guard !state.stopping else { return HTTPReply.text("stopping\n", status: 503).send(on: connection) }
      MHD_suspend_connection(connection)
      open.isWorking(connection)
      state.tasks[ObjectIdentifier(exchange)] = Task {
        let reply = await self.handler(call)
        exchange.reply.with { $0 = reply }
        self.open.begins(suspended.pointer)
        MHD_resume_connection(suspended.pointer)
        self.finished(exchange)
      }
      return .YES
    }
  }

  func headers(_ connection: OpaquePointer) -> HTTPHeaders {
    var headers = HTTPHeaders()
    for field in values(connection, .HEADER_KIND) { headers.add(field.name, field.value) }
    return headers
  }

  private func finished(_ exchange: HTTPExchange) {
    let waiter: CheckedContinuation<Void, Never>? = state.with { state in
      state.tasks[ObjectIdentifier(exchange)] = nil
      guard state.stopping, state.tasks.isEmpty else { return nil }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  private func values(_ connection: OpaquePointer, _ kind: MHD_ValueKind) -> [HTTPHeaders.Field] {
    var collected: [HTTPHeaders.Field] = []
    withUnsafeMutablePointer(to: &collected) { list in
      _ = MHD_get_connection_values(
        connection, kind,
        { context, _, name, value in
          guard let context, let name else { return .YES }
          context.assumingMemoryBound(to: [HTTPHeaders.Field].self).pointee.append(
            HTTPHeaders.Field(name: String(cString: name), value: value.map { String(cString: $0) } ?? ""))
          return .YES
        }, list)
    }
    return collected
  }

  private struct Connection: @unchecked Sendable { let pointer: OpaquePointer }
}

private let accessCallback: MHD_AccessHandlerCallback = {
  context, connection, path, method, _, upload, uploadSize, slot in
  guard let context, let connection, let path, let method, let uploadSize, let slot else { return .NO }
  let core = Unmanaged<Core>.fromOpaque(context).takeUnretainedValue()
  guard let held = slot.pointee else {
    let exchange = HTTPExchange()
    slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
    // Refused before the body is read; libmicrohttpd takes an answer at this point.
    if let length = core.headers(connection)["Content-Length"].flatMap({ Int($0) }), length > core.limits.bodyBytes {
      exchange.refuse()
      return core.access(connection, exchange, method: "", path: "")
    }
    return .YES
  }
  let exchange = Unmanaged<HTTPExchange>.fromOpaque(held).takeUnretainedValue()
  if uploadSize.pointee > 0 {
    exchange.receive(UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee), limit: core.limits.bodyBytes)
    uploadSize.pointee = 0
    return .YES
  }
  return core.access(connection, exchange, method: String(cString: method), path: String(cString: path))
}

private let completedCallback: MHD_RequestCompletedCallback = { context, connection, slot, _ in
  // The client's time for its next request begins.
  if let context, let connection {
    Unmanaged<Core>.fromOpaque(context).takeUnretainedValue().open.begins(connection)
  }
  guard let slot, let held = slot.pointee else { return }
  slot.pointee = nil
  Unmanaged<HTTPExchange>.fromOpaque(held).release()
}

/// MHD_CONNECTION_NOTIFY_STARTED is 0.
private let connectionCallback: MHD_NotifyConnectionCallback = { context, connection, _, event in
  guard let context, let connection else { return }
  let open = Unmanaged<Core>.fromOpaque(context).takeUnretainedValue().open
  if event.rawValue == 0 { open.add(connection) } else { open.remove(connection) }
}
