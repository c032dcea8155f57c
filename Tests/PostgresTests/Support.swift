import Glibc
import Postgres
import Runtime
import TestKit
import Testing

/// A connection to a fresh database, closed after the body.
@discardableResult
func withConnection<R: Sendable>(
  _ change: (inout PGOptions) -> Void = { _ in }, _ body: (PGConnection) async throws -> R
) async throws -> R {
  var options = PGOptions(url: try await TestDatabase.fresh())
  change(&options)
  let connection = try await PGConnection.open(options, name: "test")
  do {
    let result = try await body(connection)
    await connection.close()
    return result
  } catch {
    await connection.close()
    throw error
  }
}

/// Runs the body in one hop on a fresh database.
@discardableResult
func withSession<R: Sendable>(
  _ change: (inout PGOptions) -> Void = { _ in }, _ body: @Sendable (PGSession) throws -> R
) async throws -> R {
  try await withConnection(change) { try await $0.run(body) }
}

/// The PGError that the body throws; anything else fails the test.
func pgError<R>(_ body: () throws -> R) throws -> PGError {
  do { _ = try body() } catch let error as PGError { return error }
  throw Missing(what: "a PGError")
}

func awaitedError<R>(_ body: () async throws -> R) async throws -> PGError {
  do { _ = try await body() } catch let error as PGError { return error }
  throw Missing(what: "a PGError")
}

struct Missing: Error { let what: String }

/// Waits for a fact.
func until(_ what: String, _ fact: () async throws -> Bool) async throws {
  let clock = ContinuousClock()
  let deadline = clock.now + .seconds(120)
  while !(try await fact()) {
    guard clock.now < deadline else { throw Missing(what: what) }
    try await Task.sleep(for: .milliseconds(5))  // the poll of a wait with a deadline
  }
}

let quiet = Log(level: .error)

/// What the body throws; nil when it does not. Outside `#expect`, whose closures may not change captured variables.
func failure<R>(_ body: () throws -> R) -> (any Error)? {
  do { _ = try body() } catch { return error }
  return nil
}
