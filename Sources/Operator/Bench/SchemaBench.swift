import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore
import SyncWorker

/// `bench schema`: whether others go on while the schema of a large table changes, at once and in safe steps.
package struct SchemaBench: Sendable {
  /// Rows of the table that is changed.
  package var rows: Int
  package var clients = 4
  /// How long the clients work before a change, to compare with.
  package var spell = Duration.seconds(3)
  package var fsync = true

  private static let project = "bench"
  private static let others = 1_000

  package init(rows: Int) { self.rows = rows }

  /// Runs everything; `say` tells how far it is.
  package func run(_ say: @Sendable (String) -> Void) async throws -> BenchReport {
    let database = try await BenchDatabase.start(fsync: fsync, indexes: .standard)
    do {
      let conditions: [(name: String, value: Cell)] = [("rows", .integer(rows)), ("clients", .integer(clients))]
      var report = BenchReport("schema", database.conditions(fsync: fsync) + conditions)
      for isSafe in [false, true] {
        say("a column of \(rows) rows becomes a bigint, \(isSafe ? "in safe steps" : "at once")")
        let url = try await database.create(isSafe ? "bench_safe" : "bench_at_once")
        report.results += try await measure(url, isSafe: isSafe)
      }
      await database.server.stop()
      return report
    } catch {
      await database.server.stop()
      throw error
    }
  }

  private func measure(_ url: String, isSafe: Bool) async throws -> [BenchResult] {
    let target = try BenchTarget(url: url)
    try await target.make(rows: rows, others: SchemaBench.others)
    let quiet = try await load(target) { try await Task.sleep(for: spell) }
    let began = ContinuousClock.now
    let busy = try await load(target) { try await target.change(isSafe: isSafe) }
    let seconds = began.duration(to: .now).inSeconds
    let how = isSafe ? "safe steps" : "at once"
    let note = "limit: before the change"
    return [
      BenchResult("\(how): the change", "s", seconds),
      BenchResult("\(how): other table, p99", "ms", percentile(busy.other), limit: percentile(quiet.other), note: note),
      BenchResult("\(how): other table, longest", "ms", busy.other.max(), limit: quiet.other.max(), note: note),
      BenchResult("\(how): same table, longest", "ms", busy.same.max(), limit: quiet.same.max(), note: note),
    ]
  }

  /// Milliseconds of each transaction.
  private struct Latencies: Sendable {
    var other: [Double] = []
    var same: [Double] = []
  }

  /// Clients that read and write by key for as long as the body takes; one of them writes the table that is changed.
  private func load(_ target: BenchTarget, while body: () async throws -> Void) async throws -> Latencies {
    let isOver = Locked(false)
    let clients = clients
    return try await withThrowingTaskGroup(of: Latencies.self) { group in
      for client in 0..<clients {
        group.addTask { try await target.client(client, writesBig: client == 0) { isOver.with { $0 } } }
      }
      do {
        try await body()
      } catch {
        isOver.with { $0 = true }
        throw error
      }
      isOver.with { $0 = true }
      return try await group.reduce(into: Latencies()) {
        $0.other += $1.other
        $0.same += $1.same
      }
    }
  }

  private func percentile(_ values: [Double]) -> Double? {
    let sorted = values.sorted()
    return sorted.isEmpty ? nil : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
  }

  /// A project's tables in a database of the benchmark.
  private struct BenchTarget: Sendable {
    let url: String
    let schema: TargetSchema
    private let changes: [SchemaChange]
    private let definition: ProjectSchema

    init(url: String) throws {
      self.url = url
      schema = try DeploymentStore.schema(organization: BenchDatabase.organization)
      let key = #"{"id":"k","type":"integer","primaryKey":true}"#
      let amount = #"{"id":"amount","type":"integer"}"#
      changes = try SchemaChange.read(
        try JSONValue(
          parsing: Array(
            #"""
            [{"type":"add_table","table":{"id":"big","columns":[\#(key),{"id":"number","type":"text"},\#(amount)]}},
             {"type":"add_table","table":{"id":"other","columns":[\#(key),\#(amount)]}}]
            """#.utf8)))
      definition = try ProjectSchema().applying(changes)
    }

    func make(rows: Int, others: Int) async throws {
      let (statements, schema) = (try SchemaPlanner(schema).plan(changes, on: ProjectSchema()).statements, schema)
      try await BenchDatabase.run(url) { session in
        try apply(session, statements, version: 0)
        try session.query(Queries.benchSearchPath, [.text(schema.name)])
        try session.query(Queries.benchSchemaFillBig, [.int4(Int32(rows))])
        try session.query(Queries.benchSchemaFillOther, [.int4(Int32(others))])
        try session.execute("VACUUM ANALYZE")
      }
    }

    /// As a worker does it, without its leases.
    func change(isSafe: Bool) async throws {
      let planner = SchemaPlanner(schema)
      let json = #"{"type":"alter_column_type","table_id":"big","column_id":"amount","new_type":"bigint"}"#
      let changes = try SchemaChange.read(try JSONValue(parsing: Array(json.utf8)))
      let plan = try planner.plan(changes, on: definition)
      var settings = SchemaSettings()
      settings.largeTableBytes = isSafe ? 0 : .max
      let connection = try await PGConnection.open(BenchDatabase.options(url), name: "bench")
      let safe = try await SafeChange.plan(
        changes, planner, from: definition, allowsBlocking: !isSafe, settings: settings, connection)
      if let safe {
        try await safe.run(connection, project: SchemaBench.project, report: { _ in }) {
          try await connection.run { try apply($0, safe.steps.last, version: 1) }
        }
      } else {
        try await connection.run { try apply($0, plan.statements, version: 1) }
      }
      await connection.close()
    }

    func client(_ client: Int, writesBig: Bool, until isOver: @Sendable () -> Bool) async throws -> Latencies {
      let schema = schema
      return try await BenchDatabase.run(url) { session in
        try session.query(Queries.benchSearchPath, [.text(schema.name)])
        var latencies = Latencies()
        var turn = client
        while !isOver() {
          let key: [PGValue] = [.int4(Int32(turn % SchemaBench.others + 1))]
          let began = ContinuousClock.now
          if writesBig {
            try session.query(Queries.benchSchemaWriteBig, key)
            latencies.same.append(began.duration(to: .now).inSeconds * 1000)
          } else {
            try session.query(turn % 2 == 0 ? Queries.benchSchemaReadOther : Queries.benchSchemaWriteOther, key)
            latencies.other.append(began.duration(to: .now).inSeconds * 1000)
          }
          turn += 7
        }
        return latencies
      }
    }

    private func apply(_ session: PGSession, _ statements: [SchemaStatement], version: Int32) throws {
      let limits = TargetStore.Limits(lock: 10_000, statement: 600_000)
      let attempt = TargetStore.Attempt(
        schema: schema, organization: BenchDatabase.organization, project: SchemaBench.project,
        changeId: UUIDText.random(), fromVersion: version, toVersion: version + 1, type: "bench", dropsProject: false)
      try session.transaction {
        try TargetStore.begin(session, attempt, limits, sql: "")
        for statement in statements { try TargetStore.run(session, statement, limits) }
      }
    }
  }
}
