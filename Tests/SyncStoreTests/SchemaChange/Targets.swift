import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// A target's schema inside the test's database, changed as a worker would, and looked at through the catalogs.
struct Targets {
  let organization = "RIO"
  let schema: TargetSchema
  var project = ProjectSchema()
  private(set) var version: Int32 = 0
  private let limits = TargetStore.Limits(lock: 2_000, statement: 10_000)

  init() throws { schema = try DeploymentStore.schema(organization: "RIO") }

  static func changes(_ text: String) throws -> [SchemaChange] {
    try SchemaChange.read(try JSONValue(parsing: Array(text.utf8)))
  }

  /// One transaction: the ledger's row and the statements.
  mutating func apply(_ session: PGSession, _ changes: [SchemaChange], changeId: String = randomUUID()) throws {
    let plan = try SchemaPlanner(schema).plan(changes, on: project)
    let attempt = attempt(changeId, changes)
    try session.transaction {
      try TargetStore.begin(session, attempt, limits, sql: plan.statements.map(\.sql).joined(separator: ";\n"))
      for statement in plan.statements { try TargetStore.run(session, statement, limits) }
      try TargetStore.end(session, attempt)
    }
    project = plan.after
    version += 1
  }

  func attempt(_ changeId: String, _ changes: [SchemaChange] = []) -> TargetStore.Attempt {
    TargetStore.Attempt(
      schema: schema, organization: organization, project: "plan", changeId: changeId, fromVersion: version,
      toVersion: version + 1, type: changes.isEmpty ? "" : changes.typeName, dropsProject: changes.dropsProject)
  }

  func settle(_ session: PGSession, _ changeId: String) throws -> Bool {
    try TargetStore.settle(session, attempt(changeId), limits)
  }

  /// Columns, constraints and comments of the organization's tables, in order of their names.
  func structure(_ session: PGSession) throws -> [String] {
    let columns = try session.table(
      """
      SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
        pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE n.nspname = $1 AND c.relkind = 'r' AND starts_with(c.relname, 't_') AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY c.relname, a.attname
      """, [.text(schema.name)])
    let others = try session.table(
      """
      SELECT 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND starts_with(c.relname, 't_')
      UNION ALL
      SELECT 'table', c.relname, obj_description(c.oid), NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind = 'r' AND starts_with(c.relname, 't_') ORDER BY 1, 2, 3
      """, [.text(schema.name)])
    return (columns + others).map { $0.joined(separator: " ") }
  }

  static let shop = """
    [{"type":"add_table","table":{"id":"customers","name":"Customers","columns":[
       {"id":"email","name":"E-mail","type":"text","nullable":false,"unique":true},
       {"id":"since","name":"Since","type":"date"}]}},
     {"type":"add_table","table":{"id":"orders","name":"Orders","columns":[
       {"id":"customer","name":"Customer","type":"uuid","references":{"table":"customers","column":"id","on_delete":"cascade"}},
       {"id":"mail","name":"Mail","type":"text"},
       {"id":"code","name":"Code","type":"varchar(10)","default":"7","check":{"operator":"in","values":["7","8"]}},
       {"id":"amount","name":"Amount","type":"numeric(12,2)","nullable":false,"default":0}]}},
     {"type":"add_foreign_key","table_id":"orders","column_id":"mail","references":{"table":"customers","column":"email"}}]
    """

  /// Three customers with two orders each.
  func fill(_ session: PGSession) throws {
    let name = SQLQuote.identifier(schema.name)
    try session.execute(
      """
      INSERT INTO \(name).t_customers (c_email, c_since) SELECT 'c' || g, date '2025-01-01' + g FROM generate_series(1, 3) g;
      INSERT INTO \(name).t_orders (c_customer, c_mail, c_amount)
      SELECT c.id, c.c_email, g FROM \(name).t_customers c CROSS JOIN generate_series(1, 2) g
      """)
  }
}
