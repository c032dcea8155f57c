/// What a change touches, to tell whether two changes made from one version can both stand.
package struct SchemaTouch: Hashable, Sendable {
  /// Table, then what of it.
  let path: [String]
  /// Everything below is touched as well.
  let coversBelow: Bool

  func overlaps(_ other: SchemaTouch) -> Bool {
    path == other.path || (coversBelow && other.path.starts(with: path))
      || (other.coversBelow && path.starts(with: other.path))
  }
}

extension SchemaChange {
  package var touches: [SchemaTouch] {
    func column(_ table: SchemaID, _ column: SchemaID) -> [SchemaTouch] {
      [SchemaTouch(path: [table.text, "column", column.text], coversBelow: false)]
    }
    func columns(_ table: SchemaID, _ ids: [SchemaID]) -> [SchemaTouch] { ids.flatMap { column(table, $0) } }
    func constraint(_ table: SchemaID, _ kind: String, _ id: SchemaID) -> SchemaTouch {
      SchemaTouch(path: [table.text, kind, id.text], coversBelow: false)
    }
    switch self {
    case .createProject, .dropProject: return [SchemaTouch(path: [], coversBelow: true)]
    case .addTable(let table): return [SchemaTouch(path: [table.id.text], coversBelow: true)]
    case .dropTable(let id): return [SchemaTouch(path: [id.text], coversBelow: true)]
    case .renameTable(let id, _): return [SchemaTouch(path: [id.text, "name"], coversBelow: false)]
    case .addColumn(let id, let new): return column(id, new.id)
    case .dropColumn(let id, let old), .renameColumn(let id, let old, _), .alterType(let id, let old, _),
      .alterDefault(let id, let old, _), .alterNullable(let id, let old, _):
      return column(id, old)
    case .addForeignKey(let id, let key):
      return columns(id, key.columns) + columns(key.target, key.targetColumns) + [constraint(id, "foreign key", key.id)]
    case .dropForeignKey(let id, let key): return [constraint(id, "foreign key", key)]
    case .addUnique(let id, let unique):
      return columns(id, unique.columns) + [constraint(id, "unique", unique.id)]
    case .dropUnique(let id, let unique): return [constraint(id, "unique", unique)]
    }
  }

  /// The first thing that both lists touch, as text; nil when they can both stand.
  package static func overlap(_ mine: [SchemaChange], _ theirs: [SchemaChange]) -> String? {
    let others = theirs.flatMap(\.touches)
    let touch = mine.lazy.flatMap(\.touches).first { touch in others.contains { $0.overlaps(touch) } }
    return touch.map { $0.path.isEmpty ? "the project" : $0.path.joined(separator: " ") }
  }
}
