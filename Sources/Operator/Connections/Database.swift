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
    try await connected(to: settings.databaseURL, limit: limit, body)
  }

  private static func connected<R: Sendable>(
    to url: Secret?, limit: Duration?, _ body: (PGConnection) async throws -> R
  ) async throws -> R {
    let options = PGOptions(url: url?.reveal(), applicationName: "syncline command", statementTimeout: limit)
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

  /// The same for reports, which may be as old as a replica is: on the one that SYNCLINE_READ_DATABASE_URL names, where
  /// there is one.
  static func report<R: Sendable>(
    _ invocation: Invocation, limit: Duration? = .seconds(30), _ body: @Sendable (PGSession) throws -> R
  ) async throws -> R {
    let settings = try invocation.settings()
    if let report = try await onReplica(
      settings, limit: limit, { session in try session.reading { try body(session) } })
    {
      return report
    }
    return try await read(invocation, limit: limit, body)
  }

  /// Runs the body on the read replica; nil when there is none. An unreachable one is named as what it is.
  static func onReplica<R: Sendable>(
    _ settings: Settings, limit: Duration? = .seconds(30), _ body: @Sendable (PGSession) throws -> R
  ) async throws -> R? {
    guard let url = settings.readDatabaseURL else { return nil }
    do {
      return try await connected(to: url, limit: limit) { try await $0.run(body) }
    } catch let error as PGError where error.isUnreachable {
      let cause = error.description.split(separator: "\n").first.map(String.init) ?? error.description
      throw CommandError(
        .unreachable, "REPLICA_UNREACHABLE", "the read replica can not be reached: \(cause)",
        hint: "check \(SettingDefinition.readDatabaseURL.name), or unset it to read from the primary")
    }
  }
}
