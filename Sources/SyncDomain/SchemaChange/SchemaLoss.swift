/// What a change would take rows or values from: to be counted for a plan, and confirmed by name.
package struct SchemaLoss: Hashable, Sendable {
  /// For people: `table orders`.
  package let what: String
  /// Each of these confirms it: the name people gave, or the id.
  package let names: [String]
  package let table: SchemaID
  /// True when there is anything to lose, as column `has_data`.
  package let existsSQL: String
  /// How many rows lose something, as column `lost`.
  package let countSQL: String

  /// Something is dropped, as opposed to kept with less in it.
  package let isDrop: Bool

  /// One of these takes it away.
  let statements: [String]

  package func isCausedBy(_ statement: SchemaStatement) -> Bool { statements.contains(statement.sql) }

  package func isConfirmed(by name: String?) -> Bool { name.map { names.contains($0) } ?? false }
}

extension SchemaPlanner {
  /// What the changes drop of what was there before them.
  package func losses(_ changes: [SchemaChange], of before: ProjectSchema, projectName: String) -> [SchemaLoss] {
    changes.flatMap { change -> [SchemaLoss] in
      switch change {
      case .dropProject:
        return before.tables.map { loss($0, nil, names: [projectName], "the project's table \($0.id)") }
      case .dropTable(let id):
        return before.tables.filter { $0.id == id }.map { loss($0, nil, names: [$0.name, id.text], "table \(id)") }
      case .dropColumn(let id, let column):
        return before.tables.filter { $0.id == id }.flatMap { table in
          table.columns.filter { $0.id == column }.map {
            loss(table, column, names: [$0.name, column.text], "column \(column) of table \(id)")
          }
        }
      case .alterType(let id, let column, _): return narrowing(change, id, column, before).map { [$0] } ?? []
      default: return []
      }
    }
  }

  /// Values that come back as others from a type that holds less of them: digits behind the point, a time of day. What
  /// does not fit at all, the target refuses.
  private func narrowing(
    _ change: SchemaChange, _ id: SchemaID, _ column: SchemaID, _ before: ProjectSchema
  ) -> SchemaLoss? {
    guard let old = try? before.table(id).column(column), let after = try? before.applying([change]),
      let new = try? after.table(id).column(column), old.type.rewrites(to: new.type),
      (old.type.isNumber && new.type.isNumber) || (old.type.isMoment && new.type.isMoment)
    else { return nil }
    let name = names.column(column)
    let rows = " FROM \(names.table(id)) WHERE \(name)::\(new.type.sql)::\(old.type.sql) <> \(name)"
    return SchemaLoss(
      what: "column \(column) of table \(id)", names: [old.name, column.text], table: id,
      existsSQL: "SELECT EXISTS (SELECT\(rows)) AS has_data", countSQL: "SELECT count(*) AS lost\(rows)", isDrop: false,
      statements: alterType(id, old, new).map(\.sql) + [drop(id, column).sql])
  }

  private func loss(_ table: TableDefinition, _ column: SchemaID?, names: [String], _ what: String) -> SchemaLoss {
    let rows =
      " FROM " + self.names.table(table.id) + (column.map { " WHERE " + self.names.column($0) + " IS NOT NULL" } ?? "")
    return SchemaLoss(
      what: what, names: names, table: table.id, existsSQL: "SELECT EXISTS (SELECT" + rows + ") AS has_data",
      countSQL: "SELECT count(*) AS lost" + rows, isDrop: true,
      statements: [(column.map { drop(table.id, $0) } ?? drop(table.id)).sql])
  }
}
