import Postgres
import Runtime
import SyncDomain
import SyncStore

/// The steps of a change of a large table that come before its transaction, with their progress.
package struct SafeChange: Sendable {
  package let steps: SafeSteps
  let schema: TargetSchema
  let table: SchemaID
  let size: TableSize
  let settings: SchemaSettings

  /// Nil: the change is none of one large table, or there are no safe steps for it.
  package static func plan(
    _ changes: [SchemaChange], _ planner: SchemaPlanner, from old: ProjectSchema, to new: ProjectSchema,
    statements: [SchemaStatement], settings: SchemaSettings, _ connection: PGConnection
  ) async throws -> SafeChange? {
    guard changes.count == 1, let table = statements.first?.table,
      let steps = try planner.safeSteps(for: changes[0], from: old, to: new)
    else { return nil }
    let size = try await connection.run { try TargetReports.size($0, planner.names.schema, table) }
    guard let size, size.bytes >= settings.largeTableBytes else { return nil }
    return SafeChange(steps: steps, schema: planner.names.schema, table: table, size: size, settings: settings)
  }

  /// What the history shows: every statement in order.
  var sql: String { (steps.before + steps.last).map(\.sql).joined(separator: ";\n") }

  /// The steps, then `last`, with other workers' steps of the project kept away: one that was taken for dead and wakes
  /// up must take nothing away that its successor has made. `report` is called before each step and after each batch,
  /// and throws when the project is not ours any more. When something throws, what the
  /// steps have made is taken away again, as well as that can be done; the next attempt begins with that anyway.
  package func run(
    _ connection: PGConnection, project: String, report: (_ step: Int, _ rows: Int64) async throws -> Void,
    last: () async throws -> Void
  ) async throws {
    let (schema, limits) = (schema, limits)
    try await connection.run { try TargetStore.hold($0, schema, project: project, limits) }
    try await report(1, 0)
    do {
      try await clean(connection)
      for (index, step) in steps.steps.enumerated() {
        try await report(index + 1, 0)
        switch step {
        case .once(let statement): try await run(connection, statement)
        case .batches(let statement):
          try await batches(connection, statement) { try await report(index + 1, $0) }
        }
      }
      try await report(steps.steps.count + 1, 0)
      try await last()
    } catch {
      // After a COMMIT of unknown outcome the change may be there: then nothing of it may be taken away.
      if (error as? PGError)?.kind != .commitUnknown { try? await clean(connection) }
      throw error
    }
  }

  private func batches(
    _ connection: PGConnection, _ statement: SchemaStatement, report: (_ rows: Int64) async throws -> Void
  ) async throws {
    let (schema, table, width) = (schema, table, SafeSteps.batchPages)
    var (rows, before): (Int64, Int64) = (0, -1)
    // What others write meanwhile moves to the end of the table: a pass that finds nothing is the last.
    while rows != before {
      before = rows
      let pages = try await connection.run { try TargetReports.size($0, schema, table)?.pages ?? 0 }
      for page in stride(from: Int64(0), to: pages, by: Int(width)) {
        let stretch: [PGValue] = [.text("(\(page),0)"), .text("(\(page + width),0)")]
        let changed = try await run(connection, statement, stretch)
        rows += Int64(changed)
        if changed > 0 { try await report(rows) }
      }
    }
  }

  private func clean(_ connection: PGConnection) async throws {
    for statement in steps.cleanup { try await run(connection, statement) }
  }

  /// By itself, in no transaction: an index that is built beside others' work allows none.
  @discardableResult
  private func run(
    _ connection: PGConnection, _ statement: SchemaStatement, _ values: [PGValue] = []
  ) async throws -> Int {
    let limits = limits
    return try await connection.run { try TargetStore.runAlone($0, statement, values, limits) }
  }

  private var limits: TargetStore.Limits {
    TargetStore.Limits(lock: settings.lockTimeout.inMilliseconds, statement: settings.stepTimeout.inMilliseconds)
  }
}
