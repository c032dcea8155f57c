import Postgres
import Runtime
import SyncStore
import Testing

/// A migrated database with the organizations RIO and RIO2 that belongs to one test case.
///
/// A copy of a template that is migrated once per process. The trait `.syncDatabase` makes it, names it
/// `SyncDatabase.current` and closes its connections.
package final class SyncDatabase: Sendable {
  @TaskLocal private static var scoped: SyncDatabase?

  /// The database of the running test case; throws outside of the trait's scope.
  package static var current: SyncDatabase {
    get throws {
      guard let scoped else { throw Missing() }
      return scoped
    }
  }

  package struct Missing: Error {}

  /// For `PGOptions`, as the superuser.
  package let url: String
  private let connections = Locked<[PGConnection]>([])

  private init(url: String) { self.url = url }

  /// Without the trait: the caller calls `close`.
  package static func fresh() async throws -> SyncDatabase {
    let url = try await TestDatabase.fresh(template: ("sync", { url in try await migrate(url) }))
    // A copy belongs to who made it.
    let connection = try await PGConnection.open(PGOptions(url: url), name: "test-owner")
    try await connection.run { try own($0) }
    await connection.close()
    return SyncDatabase(url: url)
  }

  /// Runs the body in one hop, on a connection that an earlier body has left or a new one.
  package func run<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    let idle = connections.with { $0.popLast() }
    let connection =
      if let idle, await idle.isUsable { idle } else { try await PGConnection.open(options, name: "test") }
    defer { connections.with { $0.append(connection) } }
    return try await connection.run(body)
  }

  /// A connection of one's own; closed with the test at the latest.
  package func connect(_ name: String = "test") async throws -> PGConnection {
    let connection = try await PGConnection.open(options, name: name)
    lent.with { $0.append(connection) }
    return connection
  }

  /// The same of the login that installed, and that workers and commands would use.
  package func connectAsOwner(_ name: String) async throws -> PGConnection {
    let connection = try await PGConnection.open(PGOptions(url: Self.ownerURL(url)), name: name)
    lent.with { $0.append(connection) }
    return connection
  }

  private let lent = Locked<[PGConnection]>([])

  private var options: PGOptions { PGOptions(url: url) }

  package func close() async {
    for list in [connections, lent] {
      for connection in list.with({ $0 }) { await connection.close() }
    }
  }

  fileprivate func scope(_ body: () async throws -> Void) async throws {
    do {
      try await SyncDatabase.$scoped.withValue(self) { try await body() }
    } catch {
      await close()
      throw error
    }
    await close()
  }

  private static let owner = "test_owner"

  /// The same database for the login that installed; the embedded server asks for no password.
  static func ownerURL(_ url: String) -> String { url.replacing("user=postgres", with: "user=\(owner)") }

  /// As the README says: what belongs to a superuser is above row security, and hides what is missing.
  private static func installAsPlainOwner(_ session: PGSession) throws {
    try session.execute(
      """
      DO $$ BEGIN CREATE ROLE \(owner) LOGIN CREATEROLE;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
      """)
    try own(session)
    try session.execute("SET SESSION AUTHORIZATION \(owner)")
  }

  private static func own(_ session: PGSession) throws {
    let database = try session.query("SELECT current_database() AS name").one().string("name")
    try session.execute("ALTER DATABASE \(database) OWNER TO \(owner)")
  }

  private static func migrate(_ url: String) async throws {
    let connection = try await PGConnection.open(PGOptions(url: url), name: "test-migrate")
    try await connection.run { session in
      try installAsPlainOwner(session)
      _ = try Migrator.up(session)
      try session.execute("RESET SESSION AUTHORIZATION")
      try session.execute("INSERT INTO organization (id) VALUES ('RIO'), ('RIO2')")
    }
    // A template may have no guests.
    await connection.close()
  }
}

/// The id of something that a test makes up.
package func randomUUID() -> String { UUIDText.random() }

/// Gives each test case a database of its own; a few at a time, so that a server's connections are enough for all.
package struct SyncDatabaseTrait: SuiteTrait, TestTrait, TestScoping {
  private static let places = Places(6)

  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    await Self.places.take()
    do {
      try await SyncDatabase.fresh().scope(function)
    } catch {
      await Self.places.give()
      throw error
    }
    await Self.places.give()
  }
}

extension Trait where Self == SyncDatabaseTrait {
  /// A fresh migrated database, `SyncDatabase.current`.
  package static var syncDatabase: Self { Self() }
}

/// A counting semaphore for tasks, first come, first served.
private actor Places {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
