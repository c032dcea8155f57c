import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// `syncline schema plan`: what a change would do, without doing it.
enum SchemaPlanCommand {
  static let command = Command(
    path: ["schema", "plan"], summary: "Show what a schema change would do",
    discussion: """
      Shows each statement with the lock it takes, whether it writes the table anew or reads all of it, about how \
      long that takes, and how many rows would lose something; then the statements that would take the change back. \
      Statements of one step are one transaction; a large table is changed in several. \
      The duration follows from the table's size and from a rate that is measured in the target now. Nothing is \
      changed.
      """,
    arguments: SchemaSubject.arguments, options: SchemaSubject.options,
    examples: [
      Example(
        "syncline schema plan plan --change '{\"type\":\"drop_column\",\"table_id\":\"orders\",\"column_id\":\"note\"}'",
        "what would be lost"),
      Example("syncline schema plan plan --file orders.json -o json", "for a script"),
    ], needs: [.database]
  ) { invocation in
    let settings = try invocation.settings()
    let table = try await Database.connected(settings) { connection in
      let subject = try await SchemaSubject.read(invocation, connection)
      let (state, place) = try await connection.run { session in
        try session.reading {
          (
            try ProjectStore.find(session, organization: subject.organization, project: subject.project),
            try DeploymentStore.find(session, organization: subject.organization)
          )
        }
      }
      let target = SchemaTarget(
        master: settings.postgresOptions(applicationName: "syncline command"), credentials: settings.credentials)
      return try await plan(subject, state, place, target, allowsBlocking: invocation.flag("blocking"))
    }
    try invocation.output.write(table)
    return .ok
  }

  private static func plan(
    _ subject: SchemaSubject, _ state: ProjectState?, _ place: (deployment: Deployment, schema: TargetSchema),
    _ target: SchemaTarget, allowsBlocking: Bool
  ) async throws -> Table {
    let before = state?.schema ?? ProjectSchema()
    let planner = SchemaPlanner(place.schema)
    let (statements, after) = try planner.plan(subject.changes, on: before)
    let inverse = try planner.plan(try before.inverse(of: subject.changes), on: after).statements
    let losses = planner.losses(subject.changes, of: before, projectName: subject.name)
    return try await target.connected(place.deployment) { connection in
      let safe = try await SafeChange.plan(
        subject.changes, planner, from: before, allowsBlocking: allowsBlocking, settings: SchemaSettings(), connection)
      // The last step is one transaction, and so is a change that needs no steps.
      let first = (safe?.steps.before ?? []).enumerated().map { ("apply", $0.offset + 1, $0.element) }
      let last = (safe?.steps.last ?? statements).map { ("apply", first.count + 1, $0) }
      let rows = first + last + inverse.map { ("inverse", 1, $0) }
      return try await connection.run { session in
        let needsRate = rows.contains { $0.2.rewrites || $0.2.scans }
        let rate = needsRate ? try TargetReports.rate(session, place.schema) : nil
        var table = Table(SchemaColumns.plan)
        for (direction, step, statement) in rows {
          let size = try statement.table.flatMap { try TargetReports.size(session, place.schema, $0) }
          let lost = try direction == "apply" ? self.lost(session, statement, losses) : nil
          table.rows.append([
            .text(direction), .integer(step), .text(statement.lock.rawValue), .boolean(statement.rewrites),
            .boolean(statement.scans), .integer(size?.rows), .integer(size?.bytes),
            .integer(statement.estimate(size, rate)), .integer(lost), .text(statement.sql),
          ])
        }
        return table
      }
    }
  }

  /// What the statement takes rows from; nil: nothing.
  private static func lost(
    _ session: PGSession, _ statement: SchemaStatement, _ losses: [SchemaLoss]
  ) throws -> Int64? {
    guard let loss = losses.first(where: { $0.isCausedBy(statement) }) else { return nil }
    return try TargetReports.count(session, loss)
  }
}
