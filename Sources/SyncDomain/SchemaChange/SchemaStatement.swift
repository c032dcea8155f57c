/// One statement of a change, and what it costs while it runs.
package struct SchemaStatement: Hashable, Sendable {
  /// PostgreSQL's table locks that changes take, the weakest first.
  package enum Lock: String, Sendable {
    /// No table that is there already.
    case none
    /// Reads and writes go on.
    case shareUpdateExclusive = "SHARE UPDATE EXCLUSIVE"
    /// Reads go on.
    case shareRowExclusive = "SHARE ROW EXCLUSIVE"
    /// Everybody waits.
    case accessExclusive = "ACCESS EXCLUSIVE"

    package var keepsWritersOut: Bool { self == .shareRowExclusive || self == .accessExclusive }
  }

  package let sql: String
  package let lock: Lock
  /// The table it is about; nil for the schema itself.
  package let table: SchemaID?
  /// Every row is written anew.
  package let rewrites: Bool
  /// Every row is read, under the lock.
  package let scans: Bool

  init(_ sql: String, _ lock: Lock, _ table: SchemaID?, rewrites: Bool = false, scans: Bool = false) {
    self.sql = sql
    self.lock = lock
    self.table = table
    self.rewrites = rewrites
    self.scans = scans
  }
}

/// Names in a target: the prefixes of domain.md around whitelisted ids, always quoted.
package struct TargetNames: Hashable, Sendable {
  package let schema: TargetSchema

  package init(_ schema: TargetSchema) { self.schema = schema }

  package func table(_ id: SchemaID) -> String {
    SQLQuote.identifier(schema.name) + "." + SQLQuote.identifier("t_" + id.text)
  }
  package func column(_ id: SchemaID) -> String { SQLQuote.identifier("c_" + id.text) }
  func columns(_ ids: [SchemaID]) -> String { ids.map { column($0) }.joined(separator: ", ") }
  func check(_ column: SchemaID) -> String { SQLQuote.identifier("ck_" + column.text) }
  func unique(_ id: SchemaID) -> String { SQLQuote.identifier("uq_" + id.text) }
  func foreignKey(_ id: SchemaID) -> String { SQLQuote.identifier("fk_" + id.text) }

  // What safe steps make beside what is there, until the last one.

  /// A column that takes another's place.
  func beside(_ column: SchemaID) -> String { SQLQuote.identifier("n_" + column.text) }
  func besideCheck(_ column: SchemaID) -> String { SQLQuote.identifier("nk_" + column.text) }
  func besideUnique(_ id: SchemaID) -> String { SQLQuote.identifier("nu_" + id.text) }
  /// A check that proves a column not null.
  func notNull(_ column: SchemaID) -> String { SQLQuote.identifier("nn_" + column.text) }
  /// Fires after the table's other triggers, which come in order of their names.
  func trigger(_ column: SchemaID) -> String { SQLQuote.identifier("zz_" + column.text) }
  /// The trigger's function; two ids together are longer than a name may be.
  func keeper(of column: SchemaID, in table: SchemaID) -> String {
    let hash = String(XXH64.hash(Array("\(table)/\(column)".utf8)), radix: 16)
    return SQLQuote.identifier(schema.name) + "." + SQLQuote.identifier("f_" + hash)
  }

  /// The key of a table without columns of its own as key.
  static let rowID = SQLQuote.identifier("id")
}
