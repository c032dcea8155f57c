import Runtime

/// A bounded set of connections that are lent to one body at a time.
///
/// The rules are `PoolState`'s; this performs its actions. No session state may be left on a pooled connection: LISTEN,
/// session settings and session locks belong on a connection of their own.
package final class PGPool: Sendable {
  private struct Shared {
    var state: PoolState
    var connections: [Int: PGConnection] = [:]
    var waiting: [Int: CheckedContinuation<Lease, any Error>] = [:]
    var timers: [Int: Task<Void, Never>] = [:]
    var nextWaiter = 0
    /// Why the last attempt to connect failed.
    var openError: (any Error)?
    var closers: [CheckedContinuation<Void, Never>] = []
  }

  private struct Lease: Sendable {
    let id: Int
    let connection: PGConnection
  }

  private let shared: Locked<Shared>
  private let options: PGOptions
  private let name: String
  private let log: Log
  private let acquireTimeout: Duration
  private let lifetime: Duration

  /// Opens nothing yet. A connection is replaced after `lifetime`, less up to a fifth of it so that not all go at once.
  package init(
    _ options: PGOptions, size: Int, name: String, log: Log, acquireTimeout: Duration = .seconds(30),
    lifetime: Duration = .seconds(1800)
  ) {
    shared = Locked(Shared(state: PoolState(size: size)))
    self.options = options
    self.name = name
    self.log = log
    self.acquireTimeout = acquireTimeout
    self.lifetime = lifetime
  }

  /// Connections lent out now.
  package var inUse: Int { shared.with { $0.state.inUse } }
  /// Tasks that wait for a connection now.
  package var waiters: Int { shared.with { $0.state.waiters } }

  /// Runs the body on a connection's thread. Throws kind `poolTimeout` when none becomes free in time, and what
  /// connecting threw when that fails.
  ///
  /// A connection that the server has closed while it was idle is replaced before the body sees it. A transaction left
  /// open is rolled back.
  @discardableResult
  package func run<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    while true {
      let lease = try await acquire()
      let outcome: Outcome<R>
      do {
        outcome = try await lease.connection.perform { session in PGPool.use(session, body) }
      } catch {
        release(lease, reusable: await lease.connection.isUsable)
        throw error
      }
      if outcome.leftOpen {
        log.warning("a transaction was left open and is rolled back", ("pool", name))
      }
      release(lease, reusable: outcome.reusable)
      switch outcome.result {
      case .success(let value): return value
      case .failure(let error) where error is LostWhileIdle: continue
      case .failure(let error): throw error
      }
    }
  }

  /// Runs the body in a transaction, and again from the start, on any connection, when it meets a serialization failure
  /// or a deadlock (40001, 40P01) or a statement that a schema change made stale; at most `retries` more times, with a
  /// growing random pause. The body must be repeatable when `retries` is not 0. A COMMIT of unknown outcome is never
  /// repeated.
  @discardableResult
  package func transaction<R: Sendable>(
    retries: Int = 0, isolation: PGIsolation? = nil, readOnly: Bool = false,
    _ body: @Sendable (PGSession) throws -> R
  ) async throws -> R {
    var attempt = 0
    while true {
      do {
        return try await run { session in
          try session.transaction(isolation: isolation, readOnly: readOnly) { try body(session) }
        }
      } catch let error as PGError where (error.isConflict || error.isStaleStatement) && attempt < retries {
        attempt += 1
        log.debug("transaction runs again", ("pool", name), ("code", error.sqlstate ?? ""), ("attempt", "\(attempt)"))
        try await Task.sleep(for: PGPool.pause(attempt))
      }
    }
  }

  /// Refuses new work and waiters, closes idle connections, and returns when the lent ones have come back and are
  /// closed.
  package func close() async {
    perform { $0.close() }
    await withCheckedContinuation { continuation in
      let done = shared.with { shared in
        if !shared.state.isEmpty { shared.closers.append(continuation) }
        return shared.state.isEmpty
      }
      if done { continuation.resume() }
    }
  }

  // MARK: One lease

  private struct LostWhileIdle: Error {}

  private struct Outcome<R: Sendable>: Sendable {
    var result: Result<R, any Error>
    var reusable: Bool
    var leftOpen = false
  }

  private static func use<R: Sendable>(_ session: PGSession, _ body: (PGSession) throws -> R) -> Outcome<R> {
    guard session.wire.isAlive() else { return Outcome(result: .failure(LostWhileIdle()), reusable: false) }
    var outcome = Outcome(result: Result { try body(session) }, reusable: true)
    switch session.transactionStatus {
    case .idle: break
    case .inTransaction, .inError:
      outcome.leftOpen = true
      session.rollback()
    case .active, .unknown: outcome.reusable = false
    }
    session.onNotice = nil
    outcome.reusable = outcome.reusable && session.isUsable
    return outcome
  }

  private static func pause(_ attempt: Int) -> Duration {
    let ceiling = 10 << min(attempt, 7)
    return .milliseconds(Int.random(in: ceiling / 2...ceiling))
  }

  private func acquire() async throws -> Lease {
    try Task.checkCancellation()
    let waiter = shared.with { shared in
      shared.nextWaiter += 1
      return shared.nextWaiter
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        shared.with { $0.waiting[waiter] = continuation }
        perform { $0.acquire(waiter, now: monotonicMilliseconds()) }
        // The handler may have run before there was anything to cancel.
        if Task.isCancelled { perform { $0.giveUp(waiter, .cancelled) } }
        startTimer(waiter)
      }
    } onCancel: {
      perform { $0.giveUp(waiter, .cancelled) }
    }
  }

  private func startTimer(_ waiter: Int) {
    shared.with { shared in
      guard shared.waiting[waiter] != nil else { return }
      shared.timers[waiter] = Task { [self] in
        // Cancelled when the waiter has been served.
        guard (try? await Task.sleep(for: acquireTimeout)) != nil else { return }
        perform { $0.giveUp(waiter, .timeout) }
      }
    }
  }

  private func release(_ lease: Lease, reusable: Bool) {
    perform { $0.released(lease.id, reusable: reusable, now: monotonicMilliseconds()) }
  }

  // MARK: Actions

  /// Feeds the machine one event and does what it says.
  private func perform(_ event: (inout PoolState) -> [PoolState.Action]) {
    let effects = shared.with { shared in
      let actions = event(&shared.state)
      return actions.map { effect($0, &shared) } + closersIfEmpty(&shared)
    }
    for effect in effects { effect() }
  }

  /// What to do for an action once the lock is free.
  private func effect(_ action: PoolState.Action, _ shared: inout Shared) -> @Sendable () -> Void {
    switch action {
    case .lend(let id, let waiter):
      shared.timers.removeValue(forKey: waiter)?.cancel()
      guard let continuation = shared.waiting.removeValue(forKey: waiter), let connection = shared.connections[id]
      else { return {} }
      return { continuation.resume(returning: Lease(id: id, connection: connection)) }
    case .open(let id):
      return { [self] in Task { await open(id) } }
    case .close(let id):
      let connection = shared.connections.removeValue(forKey: id)
      return { [self] in
        Task {
          await connection?.close()
          perform { $0.closed(id) }
        }
      }
    case .refuse(let waiter, let reason):
      shared.timers.removeValue(forKey: waiter)?.cancel()
      guard let continuation = shared.waiting.removeValue(forKey: waiter) else { return {} }
      let error = refusal(reason, shared)
      return { continuation.resume(throwing: error) }
    }
  }

  private func closersIfEmpty(_ shared: inout Shared) -> [@Sendable () -> Void] {
    guard shared.state.isClosed, shared.state.isEmpty else { return [] }
    defer { shared.closers.removeAll() }
    return shared.closers.map { closer in { closer.resume() } }
  }

  private func open(_ id: Int) async {
    do {
      let connection = try await PGConnection.open(options, name: "\(name)-\(id)")
      let jitter = Double.random(in: 0.8...1)
      let expiry = monotonicMilliseconds() + Int64(Double(lifetime.inMilliseconds) * jitter)
      shared.with { $0.connections[id] = connection }
      perform { $0.opened(id, expiry: expiry) }
    } catch {
      shared.with { $0.openError = error }
      perform { $0.openFailed(id) }
    }
  }

  private func refusal(_ reason: PoolState.Refusal, _ shared: Shared) -> any Error {
    switch reason {
    case .cancelled: return CancellationError()
    case .closed: return PGError(.protocol, "the pool is closed")
    case .openFailed: return shared.openError ?? PGError(.connection, "connecting failed")
    case .timeout:
      let state = shared.state
      return PGError(
        .poolTimeout,
        "no connection became free in \(acquireTimeout): \(state.inUse) in use, \(state.waiters) others waiting")
    }
  }
}
