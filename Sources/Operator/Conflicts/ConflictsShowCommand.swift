import Postgres
import Runtime
import SyncDomain
import SyncStore

/// `syncline conflicts show ID`: one conflict, field by field.
enum ConflictsShowCommand {
  static let command = Command(
    path: ["conflicts", "show"], summary: "Show one conflict, field by field",
    arguments: [Argument("ID", "the conflict")],
    examples: [Example("syncline conflicts show 3f0c4c1e-0000-4000-8000-000000000000", "base, mine and theirs")],
    needs: [.database]
  ) { invocation in
    let id = try conflictId(invocation)
    let (cells, fields) = try await Database.read(invocation) { session in
      guard let row = try DraftReports.conflict(session, id) else { throw DraftErrors.noConflict(id) }
      return (try Cell.cells(row, DraftColumns.conflict), try sides(row))
    }
    let output = invocation.output
    try output.show(DraftColumns.conflict, cells)
    guard output.format == .table else { return .ok }
    try output.text("\n")
    try output.write(fields)
    return .ok
  }

  /// What is no UUID is the id of no conflict.
  static func conflictId(_ invocation: Invocation) throws(CommandError) -> String {
    let text = try invocation.argument("ID")
    guard let id = UUIDText.canonical(text) else { throw DraftErrors.noConflict(text) }
    return id
  }

  private static func sides(_ row: PGRow) throws -> Table {
    func values(_ column: String) throws -> FieldValues {
      FieldValues(json: try row.bytes(column) ?? []) ?? FieldValues()
    }
    let (base, mine, theirs) = (try values("base_values"), try values("local_values"), try values("remote_values"))
    let names = Set(base.fields + mine.fields + theirs.fields).sorted()
    return Table(
      [Column("field"), Column("base"), Column("mine"), Column("theirs")],
      rows: names.map { name in
        [.text(name)] + [base, mine, theirs].map { values in .text(values.known(name)?.shown) }
      })
  }
}
