import HTTP
import Runtime
import SyncDomain

/// A PEMS of our own for `dev`, `demo` and tests: both grid dialects, a screen that takes changes, and a plain JSON
/// list over HTTP, with every oddity of domain.md section 1.
///
/// It serves seeded or given records and misbehaves on command, from code or by `POST /simulate` (see
/// ``SimulatedCommand``). Runs until `stop()`.
package final class SimulatedPEMS: Sendable {
  private let server: HTTPServer
  private let state: Locked<SimulatedState>

  /// Binds and serves; port 0 takes a free one.
  package init(
    host: String = "127.0.0.1", port: Int = 0, behaviour: SimulatedBehaviour = SimulatedBehaviour()
  ) throws(HTTPServer.StartError) {
    var initial = SimulatedState()
    initial.behaviour = behaviour
    let state = Locked(initial)
    self.state = state
    server = try HTTPServer(host: host, port: port) { call in await SimulatedPEMS.answer(call, state) }
  }

  /// Base URL, without a path.
  package var url: String { "http://\(server.host):\(server.port)" }

  package func stop() async { await server.stop() }

  // MARK: Records

  /// Replaces an organization's records by `count` generated ones. The same seed gives the same records.
  package func seed(organization: String, records count: Int, seed: UInt64 = 1) {
    let generator = RecordGenerator(seed: seed, organization: organization)
    let rows = (0..<count).map { SimulatedRow(generator.record(index: $0)) }
    state.with { $0.replace(organization, rows) }
  }

  /// Replaces an organization's records.
  package func set(organization: String, rows: [SimulatedRow]) { state.with { $0.replace(organization, rows) } }

  package func rows(organization: String) -> [SimulatedRow] { state.with { $0.rows[organization] ?? [] } }

  /// Changes fields of a record and makes it the newest; false when there is no such record. `data` holds canonical
  /// values.
  @discardableResult
  package func update(organization: String, pfaId: String, data: [JSONValue.Member] = []) -> Bool {
    state.with { state in
      state.update(organization, pfaId) { row in
        guard case .object(let members)? = try? JSONValue(parsing: row.data) else { return }
        row.data = JSONValue.object(members + data).canonical()
      }
    }
  }

  /// Sets the discontinue flag, which is all the deleting PEMS does.
  @discardableResult
  package func discontinue(organization: String, pfaId: String) -> Bool {
    update(organization: organization, pfaId: pfaId, data: [.init("isDiscontinued", .bool(true))])
  }

  /// Makes a record vanish without a trace; false when there is none.
  @discardableResult
  package func remove(organization: String, pfaId: String) -> Bool { state.with { $0.remove(organization, pfaId) } }

  /// Spoils the way one record is served; nil heals it. False when there is none.
  @discardableResult
  package func poison(organization: String, pfaId: String, _ poison: SimulatedPoison?) -> Bool {
    state.with { $0.poison(organization, pfaId, poison) }
  }

  // MARK: Moods

  package func fail(_ fault: SimulatedFault) { state.with { $0.faults.append(fault) } }

  package func behave(_ change: (inout SimulatedBehaviour) -> Void) { state.with { change(&$0.behaviour) } }

  /// Requests for records so far, failed ones included.
  package var requests: Int { state.with { $0.requests } }

  /// Bodies (grid) or paths (web) of the last 1,000 of them.
  package var received: [[UInt8]] { state.with { $0.received } }

  /// The `traceparent` headers of all requests, each once.
  package var traces: Set<String> { state.with { $0.traces } }

  /// Requests for changes so far, failed ones included, with the bodies of the last 1,000 of them; the changes that
  /// were taken; and how often a record was to be changed while it was being changed.
  package var writes: (requests: Int, taken: Int, overlapping: Int, received: [[UInt8]]) {
    state.with { ($0.writeRequests, $0.writesTaken, $0.overlappingWrites, $0.receivedWrites) }
  }

  // MARK: Answers

  private static func answer(_ call: HTTPCall, _ state: Locked<SimulatedState>) async -> HTTPReply {
    if let required = state.with({ $0.behaviour.authorization }), call.path != "/simulate",
      call.headers["Authorization"] != required
    {
      return .json(Array(#"{"ErrorAlert":[{"Message":"Login failed"}]}"#.utf8), status: 401)
    }
    if let trace = call.headers["traceparent"] { state.with { _ = $0.traces.insert(trace) } }
    switch (call.method, call.path) {
    case ("POST", "/axis/restservices/griddata"):
      guard let grid = SimulatedGrid(call, state.with { $0.behaviour }) else {
        return alert("The grid request is not valid", status: 400)
      }
      let fault = state.with { $0.admit(grid.organization, begins: grid.begins, request: call.body) }
      return await spoil(fault) { .json(grid.body(state.with { grid.page(&$0) }, fault: fault)) }
    case ("GET", "/records"):
      guard let web = SimulatedWeb(call) else { return .text("organization is missing\n", status: 400) }
      let fault = state.with { $0.admit(web.organization, begins: web.begins, request: Array(web.path.utf8)) }
      return await spoil(fault) {
        let (headers, body) = state.with { web.reply(&$0) }
        return HTTPReply(status: 200, headers: headers, body: .bytes(body))
      }
    case ("PATCH", let path) where path.hasPrefix(SimulatedScreen.path):
      guard let screen = SimulatedScreen(call) else {
        return SimulatedScreen.alert("The screen request is not valid", status: 400)
      }
      return await write(screen, call.body, state)
    case ("POST", "/simulate"):
      do throws(SimulatedCommand.Fault) {
        try SimulatedCommand(call.body).run(state)
        return .json(Array("{}".utf8))
      } catch {
        return .text(error.message + "\n", status: 400)
      }
    case ("GET", "/simulate"):
      return state.with { state in
        .json(
          Array(
            #"{"requests":\#(state.requests),"writeRequests":\#(state.writeRequests),"writesTaken":\#(state.writesTaken)}"#
              .utf8))
      }
    default: return .text("not found\n", status: 404)
    }
  }

  /// A change, with the fault that is due for it.
  private static func write(
    _ screen: SimulatedScreen, _ body: [UInt8], _ state: Locked<SimulatedState>
  ) async -> HTTPReply {
    let fault = state.with { $0.beginWrite(screen.organization, screen.pfaId, request: body) }
    // Who never answers is not at work any more.
    if fault == .hang || fault == .acceptAndHang { state.with { $0.endWrite(screen.organization, screen.pfaId) } }
    let reply = await spoil(fault) {
      state.with { state in
        switch fault {
        case .stale: _ = state.update(screen.organization, screen.pfaId) { _ in }
        case .confirmation(let message): return SimulatedScreen.question(message)
        default: break
        }
        return screen.write(&state)
      }
    }
    state.with { $0.endWrite(screen.organization, screen.pfaId) }
    return reply
  }

  private static func alert(_ message: String, status: Int = 200) -> HTTPReply {
    SimulatedScreen.alert(message, status: status)
  }

  /// The good answer, spoiled as the fault says. Faults that are a failed call leave the read where it was.
  private static func spoil(_ fault: SimulatedFault.Kind?, _ good: () -> HTTPReply) async -> HTTPReply {
    switch fault {
    case .status(let status, let retryAfter):
      var reply = HTTPReply.text("simulated\n", status: status)
      reply.headers["Retry-After"] = retryAfter
      return reply
    case .errorAlert(let message): return alert(message)
    case .answer(let body): return .json(Array(body.utf8))
    case .hang:
      // Ended by the cancellation that `stop` sends.
      try? await Task.sleep(for: .seconds(3600))
      return HTTPReply(status: 200, body: .hangUp)
    case .hangUp: return HTTPReply(status: 200, body: .hangUp)
    case .acceptAndHang:
      _ = good()
      return await spoil(.hang, good)
    case .acceptAndHangUp:
      _ = good()
      return await spoil(.hangUp, good)
    case .slow(let milliseconds):
      try? await Task.sleep(for: .milliseconds(milliseconds))
      return good()
    case .after(let task):
      await task.value
      return good()
    case .truncate, .cut:
      var reply = good()
      guard case .bytes(let bytes) = reply.body else { return reply }
      let half = Array(bytes.prefix(bytes.count / 2))
      guard fault == .cut else {
        reply.body = .bytes(half)
        return reply
      }
      let isSent = Locked(false)
      reply.body = .stream {
        let first = isSent.with { sent in
          defer { sent = true }
          return !sent
        }
        return first ? .chunk(half) : .abort
      }
      return reply
    case .partial, .emptyPage, .emptyResult, .stale, .confirmation, nil: return good()
    }
  }
}
