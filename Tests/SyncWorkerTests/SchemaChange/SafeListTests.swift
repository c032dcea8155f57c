import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Lists of changes, drawn at random: in safe steps they lead to what they lead to at once.
@Suite("Lists in safe steps", .syncDatabase)
struct SafeListTests {
  @Test("S3-41, S3-12: random lists, at once and in safe steps beside a writer: the same structure and the same rows")
  func random() async throws {
    var random = SplitMix64(seed: printedSeed())
    var (stepped, refused) = (0, 0)
    for _ in 0..<30 {
      let list = Lists.draw(&random)
      let changes = try SchemaChange.read(try JSONValue(parsing: Array(list.utf8)))
      guard (try? Lists.start.applying(changes)) != nil else { continue }
      let atOnce = try await outcome(changes, isSafe: false)
      let safe: Outcome
      do {
        safe = try await outcome(changes, isSafe: true)
      } catch let fault as SchemaFault where fault.code == .tableTooLarge {
        refused += 1
        continue
      }
      stepped += 1
      #expect(safe == atOnce, "\(list)")
    }
    #expect(stepped > 5, "\(stepped) in safe steps, \(refused) refused")
  }

  private struct Outcome: Equatable {
    let error: String?
    let structure: [String]
    let rows: [String]
  }

  private func outcome(_ changes: [SchemaChange], isSafe: Bool) async throws -> Outcome {
    let database = try SyncDatabase.current
    let schema = try #require(TargetSchema("org_00112233445566778899aabbccddeeff"))
    let planner = SchemaPlanner(schema)
    try await database.run { session in
      try session.execute("DROP SCHEMA IF EXISTS \(schema.name) CASCADE; CREATE SCHEMA \(schema.name)")
      for statement in try planner.plan(Lists.tables, on: ProjectSchema()).statements {
        try session.query(statement.sql)
      }
      try session.execute(
        """
        INSERT INTO \(schema.name).t_other (c_code) SELECT 'k' || g FROM generate_series(1, 40) g;
        INSERT INTO \(schema.name).t_big (c_a, c_b, c_code, c_n)
        SELECT g, g::text, 'k' || g, CASE g % 2 WHEN 0 THEN g END FROM generate_series(1, 40) g
        """)
    }
    var code: String?
    var settings = SchemaSettings()
    settings.largeTableBytes = 0
    let connection = try await database.connect("steps")
    func apply(_ statements: [SchemaStatement]) async throws {
      try await connection.run { session in
        try session.transaction { for statement in statements { try session.query(statement.sql) } }
      }
    }
    do {
      let safe =
        isSafe
        ? try await SafeChange.plan(
          changes, planner, from: Lists.start, allowsBlocking: false, settings: settings, connection) : nil
      if let safe {
        try await safe.run(connection, project: "p", report: { _ in try await write(schema, database) }) {
          try await apply(safe.steps.last)
        }
      } else {
        try await apply(try planner.plan(changes, on: Lists.start).statements)
      }
    } catch let error as PGError {
      // A check beside it has another code than the column's own.
      code = error.sqlstate == "23514" ? "23502" : error.sqlstate
    }
    await connection.close()
    let (structure, rows) = try await database.run { session in
      let query = "SELECT concat_ws(' ', c_a, c_b) FROM \(schema.name).t_big ORDER BY c_a"
      return (
        try session.query(Lists.structure, [.text(schema.name)]).rows.map { $0[0].text ?? "" },
        try session.query(query).rows.map { $0[0].text ?? "∅" }
      )
    }
    return Outcome(error: code, structure: structure, rows: rows)
  }

  /// Somebody who writes between the steps what is there before and after all of them.
  private func write(_ schema: TargetSchema, _ database: SyncDatabase) async throws {
    try await database.run { session in
      try session.execute("UPDATE \(schema.name).t_big SET c_a = c_a WHERE c_a % 3 = 0")
    }
  }
}

/// Lists of changes of two tables.
private enum Lists {
  static let tables = (try? SchemaChange.read(JSONValue(parsing: Array(definition.utf8)))) ?? []
  static let start = (try? ProjectSchema().applying(tables)) ?? ProjectSchema()

  private static let definition = """
    [{"type":"add_table","table":{"id":"other","columns":[{"id":"code","type":"text","unique":true}]}},
     {"type":"add_table","table":{"id":"big","columns":[
      {"id":"a","type":"integer"},{"id":"b","type":"text","default":"5"},
      {"id":"code","type":"varchar(10)","unique":true},{"id":"n","type":"integer","check":{"operator":">=","value":0}}]}}]
    """

  private static let changes = [
    #"{"type":"alter_column_type","table_id":"big","column_id":"a","new_type":"bigint"}"#,
    #"{"type":"alter_column_type","table_id":"big","column_id":"b","new_type":"integer"}"#,
    #"{"type":"alter_column_type","table_id":"big","column_id":"n","new_type":"numeric(20,4)"}"#,
    #"{"type":"alter_column_type","table_id":"big","column_id":"code","new_type":"varchar(5)"}"#,
    #"{"type":"alter_column_nullable","table_id":"big","column_id":"b","nullable":false}"#,
    #"{"type":"alter_column_nullable","table_id":"big","column_id":"n","nullable":false}"#,
    #"{"type":"alter_column_default","table_id":"big","column_id":"b","default":"9"}"#,
    #"{"type":"alter_column_default","table_id":"big","column_id":"a","default":1}"#,
    #"{"type":"add_unique_constraint","table_id":"big","columns":["a","b"]}"#,
    #"{"type":"drop_unique_constraint","table_id":"big","columns":["code"]}"#,
    #"{"type":"add_foreign_key","table_id":"big","columns":["code"],"references":{"table":"other","column":"code"}}"#,
    """
    {"type":"add_column","table_id":"big","column":\
    {"id":"x","type":"uuid","nullable":false,"default":"gen_random_uuid()","unique":true}}
    """,
    #"{"type":"add_column","table_id":"big","column":{"id":"y","type":"integer","default":3,"check":{"operator":"<","value":9}}}"#,
    #"{"type":"add_column","table_id":"big","column":{"id":"z","type":"text","nullable":false}}"#,
    #"{"type":"alter_column_nullable","table_id":"big","column_id":"y","nullable":false}"#,
    #"{"type":"drop_column","table_id":"big","column_id":"n"}"#,
    #"{"type":"rename_column","table_id":"big","column_id":"b","new_name":"Bee"}"#,
    #"{"type":"rename_table","table_id":"big","new_name":"Big one"}"#,
    #"{"type":"drop_column","table_id":"big","column_id":"code"}"#,
  ]

  static func draw(_ random: inout SplitMix64) -> String {
    var left = changes
    let count = 1 + Int(random.next() % 5)
    let drawn = (0..<count).map { _ in left.remove(at: Int(random.next() % UInt64(left.count))) }
    return "[" + drawn.joined(separator: ",") + "]"
  }

  /// Columns, constraints, indexes, triggers, functions and comments of a schema; no order of columns.
  static let structure = """
    SELECT concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum), obj_description(c.oid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT concat_ws(' ', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = $1::text::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1::text
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = $1::text::regnamespace
    UNION ALL SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE c.relnamespace = $1::text::regnamespace AND NOT tgisinternal
    ORDER BY 1
    """
}
