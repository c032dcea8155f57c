import Postgres
import Runtime
import SyncDomain
import SyncStore

/// The steps of changes of large tables that come before their transaction, with their progress.
package struct SafeChange: Sendable {
  package let steps: SafeSteps
  let schema: TargetSchema
  /// Of the large tables.
  let sizes: [SchemaID: TableSize]
  let settings: SchemaSettings

  /// Where a change in safe steps is.
  package struct Progress: Sendable, Equatable {
    /// From 1; the last one makes the changes.
    package let step: Int
    package let steps: Int
    package let table: String?
    /// That the step has changed, and that the table has, as far as that is known.
    package let rows: Int64
    package let tableRows: Int64?
  }

  /// Nil: no large table would be kept from anybody for long, or one would, there are no safe steps, and that is
  /// allowed. Throws ``SchemaFault`` TABLE_TOO_LARGE where it is not.
  package static func plan(
    _ changes: [SchemaChange], _ planner: SchemaPlanner, from before: ProjectSchema, allowsBlocking: Bool,
    settings: SchemaSettings, _ connection: PGConnection
  ) async throws -> SafeChange? {
    let costly = try planner.costlyTables(changes, on: before)
    if costly.isEmpty { return nil }
    let schema = planner.names.schema
    let all = try await connection.run { session in
      var sizes: [SchemaID: TableSize] = [:]
      for table in costly { sizes[table] = try TargetReports.size(session, schema, table) }
      return sizes
    }
    let sizes = all.filter { $0.value.bytes >= settings.largeTableBytes }
    guard let steps = try planned(changes, planner, before, Set(sizes.keys), allowsBlocking) else { return nil }
    return SafeChange(steps: steps, schema: schema, sizes: sizes, settings: settings)
  }

  private static func planned(
    _ changes: [SchemaChange], _ planner: SchemaPlanner, _ before: ProjectSchema, _ large: Set<SchemaID>,
    _ allowsBlocking: Bool
  ) throws(SchemaFault) -> SafeSteps? {
    do {
      return try planner.safeSteps(for: changes, from: before, large: large)
    } catch {
      if error.code == .tableTooLarge && allowsBlocking { return nil }
      throw error
    }
  }

  /// Of the large tables, indexes included.
  var bytes: Int64 { sizes.values.reduce(0) { $0 + $1.bytes } }

  /// What the history shows: every statement in order.
  var sql: String { (steps.before + steps.last).map(\.sql).joined(separator: ";\n") }

  /// The steps, then `last`, with other workers' steps of the project kept away: one that was taken for dead and wakes
  /// up must take nothing away that its successor has made. `report` is called before each step and after each batch,
  /// and throws when the project is not ours any more. When something throws, what the
  /// steps have made is taken away again, as well as that can be done; the next attempt begins with that anyway.
  package func run(
    _ connection: PGConnection, project: String, report: (Progress) async throws -> Void,
    last: () async throws -> Void
  ) async throws {
    let (schema, limits) = (schema, limits(waits: false))
    try await connection.run { try TargetStore.hold($0, schema, project: project, limits) }
    try await report(progress(0))
    do {
      for statement in steps.cleanup { try await run(connection, statement) }
      for (index, step) in steps.steps.enumerated() {
        try await report(progress(index))
        switch step {
        case .once(let statement): try await run(connection, statement)
        case .pass(let statement):
          _ = try await pass(connection, statement) { try await report(progress(index, $0)) }
        case .passes(let statement):
          var (rows, more): (Int64, Int64) = (0, 0)
          // A pass that finds nothing is the last.
          repeat {
            rows += more
            let before = rows
            more = try await pass(connection, statement) { try await report(progress(index, before + $0)) }
          } while more > 0
        }
        CrashPoint.schemaStepped.pass()
      }
      try await report(progress(steps.steps.count))
      try await patiently(last)
    } catch {
      // After a COMMIT of unknown outcome the change may be there: then nothing of it may be taken away.
      if (error as? PGError)?.kind != .commitUnknown {
        for statement in steps.cleanup { _ = try? await run(connection, statement) }
      }
      throw error
    }
  }

  private func progress(_ index: Int, _ rows: Int64 = 0) -> Progress {
    let statement = index < steps.steps.count ? steps.steps[index].statement : steps.last.first
    let table = statement?.table
    return Progress(
      step: index + 1, steps: steps.steps.count + 1, table: table?.text, rows: rows,
      tableRows: table.flatMap { sizes[$0]?.rows })
  }

  /// Every stretch of the table once; returns how many rows it changed, and tells after each batch.
  private func pass(
    _ connection: PGConnection, _ statement: SchemaStatement, _ report: (_ rows: Int64) async throws -> Void
  ) async throws -> Int64 {
    guard let table = statement.table else { return 0 }
    let (schema, width) = (schema, SafeSteps.batchPages)
    let pages = try await connection.run { try TargetReports.size($0, schema, table)?.pages ?? 0 }
    var rows: Int64 = 0
    for page in stride(from: Int64(0), to: pages, by: Int(width)) {
      let stretch: [PGValue] = [.text("(\(page),0)"), .text("(\(page + width),0)")]
      let changed = try await run(connection, statement, stretch)
      rows += Int64(changed)
      if changed > 0 { try await report(rows) }
    }
    return rows
  }

  /// By itself, in no transaction: an index that is built beside others' work allows none.
  @discardableResult
  private func run(
    _ connection: PGConnection, _ statement: SchemaStatement, _ values: [PGValue] = []
  ) async throws -> Int {
    let limits = limits(waits: !statement.lock.keepsWritersOut)
    return try await patiently {
      try await connection.run { try TargetStore.runAlone($0, statement, values, limits) }
    }
  }

  /// What others hold for longer than they may be kept waiting is asked for again, after a pause that lets them
  /// through: giving up would throw away all that was filled so far.
  private func patiently<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    let deadline = Deadline(after: settings.lockPatience)
    while true {
      do {
        return try await body()
      } catch let error as PGError where ["55P03", "40P01"].contains(error.sqlstate) && !deadline.hasPassed {
        try await Task.sleep(for: settings.lockTimeout / 2)
      }
    }
  }

  /// Who keeps nobody out may wait for as long as it takes.
  private func limits(waits: Bool) -> TargetStore.Limits {
    let step = settings.stepTimeout.inMilliseconds
    return TargetStore.Limits(lock: waits ? step : settings.lockTimeout.inMilliseconds, statement: step)
  }
}
