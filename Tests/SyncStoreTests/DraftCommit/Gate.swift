import Postgres
import TestKit

/// A place in other sessions' transactions at which they wait until the test lets them go on.
struct Gate {
  private let keeper: PGConnection
  private let number: Int32

  /// `number`: tells two gates of a test apart.
  init(_ number: Int32 = 7) async throws {
    self.number = number
    keeper = try await SyncDatabase.current.connect("gate")
    try await keeper.run { _ = try $0.query("SELECT pg_advisory_lock($1)", [.int(Int64(number))]) }
  }

  func open() async throws {
    try await keeper.run { [number] in _ = try $0.query("SELECT pg_advisory_unlock($1)", [.int(Int64(number))]) }
  }

  /// Waits until so many sessions stand there.
  func reached(by sessions: Int = 1) async throws {
    try await until("\(sessions) at the gate") {
      try await keeper.run { [number] in
        try $0.count(
          """
          SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::int::oid AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          """, [.int4(number)]) == sessions
      }
    }
  }

  /// Waits until the session of that process waits for another one's lock.
  func blocked(_ process: Int32) async throws {
    try await until("\(process) waits") {
      try await keeper.run { try $0.value("SELECT cardinality(pg_blocking_pids($1))", [.int4(process)]) != "0" }
    }
  }
}

extension PGSession {
  func waitAtGate(_ number: Int32 = 7) throws {
    try query("SELECT pg_advisory_xact_lock_shared($1)", [.int(Int64(number))])
  }
}
