import Postgres
import Runtime
import SyncStore

/// The database of one command: opened from its settings, closed when the body is done.
///
/// Errors of the database pass through; `ErrorRules` makes command errors of them.
enum Database {
  /// Lends a connection. nil limit: statements may take as long as they need (a verification of millions of records).
  static func connected<R: Sendable>(
    _ invocation: Invocation, limit: Duration? = .seconds(30), _ body: (PGConnection) async throws -> R
  ) async throws -> R {
    try await connected(try invocation.settings(), limit: limit, body)
  }

  static func connected<R: Sendable>(
    _ settings: Settings, limit: Duration? = .seconds(30), _ body: (PGConnection) async throws -> R
  ) async throws -> R {
    let options = PGOptions(
      url: settings.databaseURL?.reveal(), applicationName: "syncline command", statementTimeout: limit)
    let connection = try await PGConnection.open(options, name: "command")
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Runs the body as the login itself, outside of any transaction.
  static func run<R: Sendable>(
    _ invocation: Invocation, limit: Duration? = .seconds(30), _ body: @Sendable (PGSession) throws -> R
  ) async throws -> R {
    try await connected(invocation, limit: limit) { try await $0.run(body) }
  }

  /// Runs the body in one snapshot of all organizations that it can not change.
  static func read<R: Sendable>(
    _ invocation: Invocation, limit: Duration? = .seconds(30), _ body: @Sendable (PGSession) throws -> R
  ) async throws -> R {
    try await run(invocation, limit: limit) { session in try session.reading { try body(session) } }
  }
}
