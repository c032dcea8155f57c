import Runtime

/// One database connection with its own thread, where blocking calls starve nobody.
///
/// Close it with `close()`; dropping the last reference closes it too, without waiting.
package actor PGConnection {
  package nonisolated let name: String
  private let executor: ThreadExecutor
  private var session: PGSession?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Connects. The name is the thread's (15 bytes of it). Throws `PGError` of kind connection.
  package static func open(_ options: PGOptions, name: String) async throws -> PGConnection {
    let connection = PGConnection(name: name)
    do {
      try await connection.connect(options)
      return connection
    } catch {
      connection.executor.stop()
      throw error
    }
  }

  private init(name: String) {
    self.name = name
    executor = ThreadExecutor(name: name)
  }

  deinit { executor.stop() }

  /// Runs the whole body on the connection's thread; bodies run one after another.
  ///
  /// When the calling task is cancelled, the running statement is cancelled in the server and the body's call throws
  /// `CancellationError`; no other statement is ever hit. A transaction that the body leaves open is rolled back.
  @discardableResult
  package func run<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    try await perform { session in
      defer { session.rollback() }
      return try body(session)
    }
  }

  /// `body` decides itself what becomes of an open transaction.
  func perform<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    try Task.checkCancellation()
    guard let session else { throw PGError(.connection, "the connection is closed") }
    let interrupt = Interrupt(session.wire.wake)
    return try await withTaskCancellationHandler {
      // The call of an isolated method keeps the closure on this actor: one that does not capture `self` would leave
      // for the shared pool.
      try self.serve(session, interrupt, body)
    } onCancel: {
      interrupt.raise()
    }
  }

  private func serve<R>(_ session: PGSession, _ interrupt: Interrupt, _ body: (PGSession) throws -> R) rethrows -> R {
    session.wire.interrupt = interrupt
    defer { session.wire.interrupt = nil }
    return try body(session)
  }

  /// False once the connection is lost or closed.
  package var isUsable: Bool { session?.isUsable ?? false }

  /// Closes after the body that is running, if any. Calling it again does nothing.
  package func close() {
    session?.close()
    session = nil
    executor.stop()
  }

  private func connect(_ options: PGOptions) throws {
    session = try PGSession(options)
  }
}
