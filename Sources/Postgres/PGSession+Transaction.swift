/// How much of other transactions one sees.
package enum PGIsolation: String, Sendable {
  case readCommitted = "READ COMMITTED"
  case repeatableRead = "REPEATABLE READ"
  case serializable = "SERIALIZABLE"
}

extension PGSession {
  /// Runs `body` between BEGIN and COMMIT. nil isolation: the session's default.
  ///
  /// An error of `body` passes through unchanged after a rollback, which cancellation cannot interrupt. A connection
  /// lost during COMMIT is the error kind `commitUnknown`. A body that hides a failed statement's error does not
  /// commit: that is an error too.
  @discardableResult
  package func transaction<R>(
    isolation: PGIsolation? = nil, readOnly: Bool = false, _ body: () throws -> R
  ) throws -> R {
    guard transactionStatus != .inTransaction, transactionStatus != .inError else {
      throw PGError(.protocol, "a transaction inside a transaction; use a savepoint")
    }
    let bounded = boundsSilence
    defer { boundsSilence = bounded }
    let level = isolation.map { " ISOLATION LEVEL \($0.rawValue)" } ?? ""
    try execute("BEGIN\(level)\(readOnly ? " READ ONLY" : "")")
    do {
      let value = try body()
      try commit()
      return value
    } catch {
      rollback()
      throw error
    }
  }

  /// Runs `body` inside the open transaction so that its failure undoes only its own effects. The error passes through.
  @discardableResult
  package func savepoint<R>(_ body: () throws -> R) throws -> R {
    savepoints += 1
    defer { savepoints -= 1 }
    let name = "savepoint_\(savepoints)"
    try execute("SAVEPOINT \(name)")
    do {
      let value = try body()
      if transactionStatus == .inError { throw PGError(.protocol, "a failed statement's error was hidden") }
      try execute("RELEASE SAVEPOINT \(name)")
      return value
    } catch {
      shielded("ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)")
      throw error
    }
  }

  /// Ends whatever transaction is open without effect; a connection that cannot even do that is given up.
  func rollback() {
    if transactionStatus != .idle { shielded("ROLLBACK") }
  }

  private func shielded(_ sql: String) {
    guard !wire.isBroken else { return }
    wire.isShielded = true
    defer { wire.isShielded = false }
    do { try execute(sql) } catch { wire.markBroken() }
  }

  private func commit() throws {
    switch transactionStatus {
    case .inTransaction: break
    case .inError: throw PGError(.protocol, "a failed statement's error was hidden; the transaction is rolled back")
    case .idle: throw PGError(.protocol, "the body has ended the transaction itself")
    default: throw wire.lost()
    }
    // The last moment at which a cancellation or a lost connection surely means "not committed".
    if wire.interrupt?.isRaised == true { throw CancellationError() }
    guard wire.isAlive() else { throw wire.lost() }
    wire.isShielded = true
    defer { wire.isShielded = false }
    do {
      try execute("COMMIT")
    } catch let error as PGError where error.kind == .connection {
      var unknown = error
      unknown.kind = .commitUnknown
      throw unknown
    }
  }
}
