import Postgres
import Runtime
import SQLCatalog
import SyncStore

/// A durable PostgreSQL server for one benchmark, with a migrated template that every measurement starts from.
struct BenchDatabase: Sendable {
  /// Which indexes of the mirror exist; every ratio depends on it.
  enum IndexSet: String, CaseIterable, Sendable {
    /// All that the migrations make.
    case standard = "default"
    /// The two keys and the two that filters use most.
    case lean
    /// What the apply itself needs.
    case keys

    /// Names of what stays; nil: everything.
    var kept: [String]? {
      switch self {
      case .standard: nil
      case .lean: ["pfa_mirror_pkey", "pfa_mirror_key", "pfa_mirror_group", "pfa_mirror_group_forecast"]
      case .keys: ["pfa_mirror_pkey", "pfa_mirror_key"]
      }
    }
  }

  static let organization = "BENCH"
  private static let template = "bench_template"

  let server: EmbeddedPostgres
  let version: String
  let indexes: [String]

  /// Settings that both sides get, and that the report prints. No checkpoint falls into a measurement: each begins with
  /// one.
  static func settings(fsync: Bool) -> [String: String] {
    [
      "fsync": fsync ? "on" : "off", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "4GB",
      "wal_buffers": "64MB", "max_wal_size": "16GB", "min_wal_size": "8GB", "checkpoint_timeout": "30min", "jit": "off",
      "work_mem": "16MB", "maintenance_work_mem": "256MB", "effective_cache_size": "12GB",
    ]
  }

  /// `wal`: bytes of log that one measurement writes. Its files are made beforehand, as on a server that has run for a
  /// while: else whoever is measured first pays for filling them with zeros, and the others use them again.
  static func start(fsync: Bool, indexes set: IndexSet, wal: Int = 0) async throws -> BenchDatabase {
    let server = try await EmbeddedPostgres.start(settings: settings(fsync: fsync))
    do {
      try await server.createDatabase(template)
      let facts = try await run(server.url(database: template)) { session in
        _ = try Migrator.up(session)
        try session.asSystem { _ = try OrganizationStore.add(session, id: organization, name: "") }
        var names = try session.query(Queries.benchIndexes).rows.map { try $0.string("name") }
        if let kept = set.kept {
          for name in names where !kept.contains(name) { try session.execute("DROP INDEX \(quotedIdentifier(name))") }
          names = kept
        }
        for _ in 0..<(min(wal, 7 << 30) >> 20) { try session.query(Queries.benchFillWal) }
        return (try session.query(Queries.benchVersion).one().string("version"), names)
      }
      return BenchDatabase(server: server, version: facts.0, indexes: facts.1)
    } catch {
      await server.stop()
      throw error
    }
  }

  /// The machine, the server, its settings and indexes, for a report.
  func conditions(fsync: Bool) -> [(name: String, value: Cell)] {
    let settings = BenchDatabase.settings(fsync: fsync).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return MachineFacts.conditions + [
      ("postgres", .text(version)), ("settings", .text(settings.joined(separator: " "))),
      ("indexes", .text(indexes.joined(separator: " "))),
    ]
  }

  /// A new copy of the template, its pages on disk; returns its URL.
  func create(_ name: String) async throws -> String {
    try await server.createDatabase(name, template: BenchDatabase.template)
    let url = server.url(database: name)
    try await BenchDatabase.run(url) { try $0.execute("CHECKPOINT") }
    return url
  }

  /// What was filled, and not what is empty still: of a table that is known to be empty any index is as good as
  /// another, and it would be read by the wrong one until autovacuum comes by.
  static func analyze(_ session: PGSession) throws {
    try session.execute("ANALYZE pfa_mirror, kpi_slot, organization, org_permission")
  }

  func drop(_ name: String) async throws {
    try await BenchDatabase.run(server.url()) { try $0.execute("DROP DATABASE \(quotedIdentifier(name)) WITH (FORCE)") }
  }

  /// Processor seconds of the server and all of its processes so far.
  var cpuSeconds: Double { server.serverPID.map { ProcessUsage.cpuSeconds($0, children: true) } ?? 0 }

  /// One connection for one body; no statement is too long for a benchmark.
  static func run<R: Sendable>(_ url: String, _ body: @Sendable (PGSession) throws -> R) async throws -> R {
    let connection = try await PGConnection.open(options(url), name: "bench")
    do {
      let result = try await connection.run(body)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  static func options(_ url: String) -> PGOptions {
    PGOptions(
      url: url, applicationName: "syncline-bench", statementTimeout: nil, idleInTransactionTimeout: nil,
      sessionSettings: ["plan_cache_mode": "force_generic_plan"])
  }
}
