import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Runs the body in one hop on the test's database, as the superuser.
@discardableResult
func onDatabase<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
  try await SyncDatabase.current.run(body)
}

/// The `PGError` that the body throws; anything else fails the test.
func pgError(_ body: () throws -> Void) throws -> PGError {
  do { try body() } catch let error as PGError { return error }
  throw Unexpected(what: "no PGError was thrown")
}

struct Unexpected: Error { let what: String }

/// Waits for a fact.
func until(_ what: String, _ fact: () async throws -> Bool) async throws {
  let clock = ContinuousClock()
  let deadline = clock.now + .seconds(30)
  while !(try await fact()) {
    guard clock.now < deadline else { throw Unexpected(what: "waited in vain: \(what)") }
    try await Task.sleep(for: .milliseconds(2))  // the poll of a fact
  }
}

/// A generator whose seed is printed, so that a failure can be repeated.
func seeded(_ name: String, seed: UInt64 = .random(in: 0...0xFFFF_FFFF)) -> SplitMix64 {
  print("seed of \(name): \(seed)")
  return SplitMix64(seed: seed)
}

/// Runs a whole transaction again when it lost against another one: a deadlock, a key that two inserted at once.
@discardableResult
func repeating<R>(_ transaction: () throws -> R) throws -> R {
  while true {
    do {
      return try transaction()
    } catch let error as PGError where error.isConflict || error.sqlstate == "23505" {
      continue
    }
  }
}

extension PGSession {
  /// One row of one text; nil when there is no row or it is null.
  func value(_ sql: String, _ parameters: [PGValue] = []) throws -> String? {
    try query(sql, parameters).first?[0].text
  }

  func count(_ sql: String, _ parameters: [PGValue] = []) throws -> Int {
    Int(try query(sql, parameters).one()[0].int ?? -1)
  }

  /// Rows as texts, nulls as `∅`.
  func table(_ sql: String, _ parameters: [PGValue] = []) throws -> [[String]] {
    let result = try query(sql, parameters)
    return result.rows.map { row in result.columns.indices.map { row[$0].text ?? "∅" } }
  }

  /// The first column.
  func list(_ sql: String, _ parameters: [PGValue] = []) throws -> [String] {
    try table(sql, parameters).map { $0[0] }
  }
}
