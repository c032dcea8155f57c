import CLibPQ
import Glibc

/// The owner of one `PGconn` and the only place that waits for it: non-blocking libpq calls, `poll`, silence limits,
/// cancellation.
///
/// Lives on its connection's thread.
final class Wire {
  private(set) var connection: OpaquePointer?
  /// The connection is of no further use: lost, given up, or closed.
  private(set) var isBroken = false
  /// The cancellation of the running body, if it can be cancelled.
  var interrupt: Interrupt?
  /// While true the interrupt waits: rollback and COMMIT are never cancelled.
  var isShielded = false
  let wake: Wake

  private let grace: Int64
  private var cancellation: Cancellation?
  private var isAbandoned = false
  private var silenceLimit: Int64?
  private var silenceEnd = Int64.max
  private let notices = NoticeSink()

  /// The pursuit of one cancelled statement: PQcancel until it ends, because a request that arrives before the
  /// statement has started is ignored.
  private struct Cancellation {
    var request: CancelRequest?
    var attempts = 0
    var nextAttempt: Int64
    let giveUp: Int64
  }

  /// Connects; blocks for at most the connect timeout per address.
  init(_ options: PGOptions) throws(PGError) {
    wake = try Wake()
    grace = options.answerGrace.inMilliseconds
    let keywords = try options.keywords()
    let raw = withCStrings(keywords.map(\.0)) { names in
      withCStrings(keywords.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
    }
    guard let raw else { throw PGError(.connection, "out of memory") }
    connection = raw
    guard PQstatus(raw) == CONNECTION_OK else {
      defer { close() }
      throw lost()
    }
    PQsetnonblocking(raw, 1)
    notices.attach(to: raw)
  }

  deinit { close() }

  var onNotice: ((PGNotice) -> Void)? {
    get { notices.handler }
    set { notices.handler = newValue }
  }

  /// Says goodbye to the server. Does not wait for it.
  func close() {
    isBroken = true
    if let connection { PQfinish(connection) }
    connection = nil
  }

  func live() throws(PGError) -> OpaquePointer {
    guard let connection, !isBroken else { throw PGError(.connection, "the connection is closed or lost") }
    return connection
  }

  /// Gives the connection up. The reason is libpq's unless given.
  func lost(_ reason: String? = nil) -> PGError {
    let text = reason ?? connection.map { trimmed(String(cString: PQerrorMessage($0))) } ?? "closed"
    isBroken = true
    return PGError(.connection, text.isEmpty ? "the connection is lost" : text)
  }

  func markBroken() { isBroken = true }

  // MARK: One statement

  /// Throws when the body was cancelled or the connection is lost; then opens a statement that may stay silent for
  /// `limit` milliseconds.
  func begin(silenceLimit limit: Int64?) throws -> OpaquePointer {
    let raw = try live()
    if !isShielded, interrupt?.isRaised == true { throw CancellationError() }
    silenceLimit = limit.map { $0 + grace }
    resetSilence()
    return raw
  }

  /// Closes the statement: waits until no cancel request is under way any more.
  func end() {
    defer {
      cancellation = nil
      isAbandoned = false
    }
    while let pursuit = cancellation, let request = pursuit.request, !request.isDone {
      let left = pursuit.giveUp - monotonicMilliseconds()
      if left <= 0 {
        // It would hit whatever runs next. Its key dies with the connection.
        isBroken = true
        return
      }
      pollOnce(socketEvents: 0, timeout: left)
    }
  }

  /// The statement is to be cancelled by the server, whoever asked.
  func abandon() { isAbandoned = true }

  /// True when the running statement is being cancelled because the body was.
  var isCancelling: Bool { cancellation != nil && !isAbandoned }

  // MARK: Steps

  /// Sends what libpq has buffered, reading meanwhile so that neither side can block the other.
  func flush() throws {
    let raw = try live()
    while true {
      switch PQflush(raw) {
      case 0: return
      case 1:
        try wait(POLLIN | POLLOUT)
        if PQconsumeInput(raw) == 0 { throw lost() }
      default: throw lost()
      }
    }
  }

  /// The next result of what was sent; nil at the end of a statement, and after the error that told of a lost
  /// connection.
  func nextResult(columns: RawResult.Columns? = nil) throws -> RawResult? {
    guard let raw = connection, !isBroken else { return nil }
    while PQisBusy(raw) == 1 {
      try wait(POLLIN)
      // libpq turns a lost connection into a last result, with what the server said before it went.
      if PQconsumeInput(raw) == 0 { break }
    }
    return PQgetResult(raw).map { RawResult($0, columns: columns) }
  }

  /// The error of a failed result; marks the connection when it is lost.
  func error(of result: RawResult) -> PGError {
    let error = result.error(connectionLost: connection.map { PQstatus($0) != CONNECTION_OK } ?? true)
    if error.kind == .connection { isBroken = true }
    return error
  }

  /// Blocks until the socket is ready, at most `timeout` milliseconds; false when the time is over first.
  @discardableResult
  func wait(_ events: Int32, timeout: Int64? = nil) throws -> Bool {
    let end = timeout.map { monotonicMilliseconds() + $0 } ?? .max
    while true {
      var until = min(end, silenceEnd)
      if isAbandoned || (!isShielded && interrupt?.isRaised == true) { until = min(until, try pursueCancel()) }
      let left = until == .max ? -1 : max(0, until - monotonicMilliseconds())
      if pollOnce(socketEvents: events, timeout: left) {
        resetSilence()
        return true
      }
      let now = monotonicMilliseconds()
      if now >= end { return false }
      if now >= silenceEnd { throw lost("no answer from the server for \((silenceLimit ?? 0) / 1000) s") }
    }
  }

  /// Takes in what the server has sent without being asked; false when it has closed the connection.
  func isAlive() -> Bool {
    guard let connection, !isBroken else { return false }
    while !isBroken, pollOnce(socketEvents: POLLIN, timeout: 0) {
      if PQconsumeInput(connection) == 0 { isBroken = true }
    }
    if PQstatus(connection) != CONNECTION_OK { isBroken = true }
    return !isBroken
  }

  /// Blocks without a statement under way until the server sends something; false after `timeout` milliseconds.
  func waitIdle(timeout: Int64) throws -> Bool {
    let raw = try live()
    let end = monotonicMilliseconds() + timeout
    while true {
      if interrupt?.isRaised == true { throw CancellationError() }
      let left = end - monotonicMilliseconds()
      if pollOnce(socketEvents: POLLIN, timeout: max(0, left)) {
        if PQconsumeInput(raw) == 0 { throw lost() }
        return true
      }
      if left <= 0 { return false }
    }
  }

  /// Begins the permitted silence anew; the caller was busy itself.
  func resetSilence() { silenceEnd = silenceLimit.map { monotonicMilliseconds() + $0 } ?? .max }

  // MARK: Private

  /// Sends or repeats the cancel request; returns when to look again.
  private func pursueCancel() throws -> Int64 {
    guard let connection else { return .max }
    let now = monotonicMilliseconds()
    var pursuit = cancellation ?? Cancellation(nextAttempt: now, giveUp: now + grace)
    defer { cancellation = pursuit }
    if now >= pursuit.giveUp {
      _ = lost("the server did not end a cancelled statement")
      throw CancellationError()
    }
    if let request = pursuit.request, request.isDone {
      pursuit.request = nil
      pursuit.nextAttempt = now + 100 << min(pursuit.attempts, 5)
    }
    if pursuit.request == nil, now >= pursuit.nextAttempt {
      pursuit.request = CancelRequest(connection, wake)
      pursuit.attempts += 1
    }
    return pursuit.request == nil ? min(pursuit.nextAttempt, pursuit.giveUp) : pursuit.giveUp
  }

  /// One `poll` on the socket and the wake-up; true when the socket is ready. `timeout` in milliseconds, -1 for ever.
  @discardableResult
  private func pollOnce(socketEvents: Int32, timeout: Int64) -> Bool {
    // A negative descriptor is skipped: no socket is left once libpq has noticed the loss.
    let socket = socketEvents == 0 ? -1 : connection.map { PQsocket($0) } ?? -1
    if socketEvents != 0 && socket < 0 { return true }
    var entries = (
      pollfd(fd: socket, events: Int16(socketEvents), revents: 0),
      pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
    )
    let status = withUnsafeMutableBytes(of: &entries) {
      poll($0.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, Int32(min(timeout, Int64(Int32.max))))
    }
    if status <= 0 { return false }
    if entries.1.revents != 0 { wake.drain() }
    return entries.0.revents != 0
  }
}

/// `strings` as a null-terminated array of C strings, valid during the call.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies.map { UnsafePointer($0) } + [nil])
}
