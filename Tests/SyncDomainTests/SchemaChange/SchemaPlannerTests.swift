import SyncDomain
import Testing

@Suite struct SchemaPlannerTests {
  @Test(
    "S3-10, S3-03: the SQL of each type, identifiers quoted, no CASCADE and no IF NOT EXISTS that would hide a difference",
    arguments: [
      (
        #"{"type":"rename_table","table_id":"orders","new_name":"It's"}"#,
        ["COMMENT ON TABLE @.\"t_orders\" IS 'It''s'"]
      ),
      (
        #"{"type":"add_column","table_id":"orders","column":{"id":"note","name":"Note","type":"string","default":"a;b'c"}}"#,
        [
          "ALTER TABLE @.\"t_orders\" ADD COLUMN \"c_note\" text DEFAULT 'a;b''c'::text",
          "COMMENT ON COLUMN @.\"t_orders\".\"c_note\" IS 'Note'",
        ]
      ),
      (
        #"{"type":"drop_column","table_id":"customers","column_id":"email"}"#,
        [
          "ALTER TABLE @.\"t_customers\" DROP CONSTRAINT \"uq_customers_email\"",
          "ALTER TABLE @.\"t_customers\" DROP COLUMN \"c_email\"",
        ]
      ),
      (
        #"{"type":"rename_column","table_id":"orders","column_id":"mail","new_name":"To"}"#,
        ["COMMENT ON COLUMN @.\"t_orders\".\"c_mail\" IS 'To'"]
      ),
      (
        #"{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"bigint"}"#,
        [
          "ALTER TABLE @.\"t_orders\" ALTER COLUMN \"c_amount\" DROP DEFAULT, ALTER COLUMN \"c_amount\" TYPE bigint USING "
            + "\"c_amount\"::bigint, ALTER COLUMN \"c_amount\" SET DEFAULT '0'::bigint"
        ]
      ),
      (
        #"{"type":"alter_column_default","table_id":"orders","column_id":"amount","default":1.5}"#,
        ["ALTER TABLE @.\"t_orders\" ALTER COLUMN \"c_amount\" SET DEFAULT '1.5'::numeric(12,2)"]
      ),
      (
        #"{"type":"alter_column_default","table_id":"orders","column_id":"amount","default":null}"#,
        ["ALTER TABLE @.\"t_orders\" ALTER COLUMN \"c_amount\" DROP DEFAULT"]
      ),
      (
        #"{"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false}"#,
        ["ALTER TABLE @.\"t_orders\" ALTER COLUMN \"c_mail\" SET NOT NULL"]
      ),
      (
        """
        {"type":"add_foreign_key","table_id":"orders","columns":["mail"],\
        "references":{"table":"customers","column":"email"},"on_delete":"set null"}
        """,
        [
          "ALTER TABLE @.\"t_orders\" ADD CONSTRAINT \"fk_orders_mail\" FOREIGN KEY (\"c_mail\") REFERENCES "
            + "@.\"t_customers\" (\"c_email\") ON DELETE SET NULL"
        ]
      ),
      (
        #"{"type":"drop_foreign_key","table_id":"orders","column_id":"customer"}"#,
        ["ALTER TABLE @.\"t_orders\" DROP CONSTRAINT \"fk_orders_customer\""]
      ),
      (
        #"{"type":"add_unique_constraint","table_id":"orders","columns":["mail","state"]}"#,
        ["ALTER TABLE @.\"t_orders\" ADD CONSTRAINT \"uq_orders_mail_state\" UNIQUE (\"c_mail\", \"c_state\")"]
      ),
      (
        #"{"type":"drop_unique_constraint","table_id":"customers","constraint_id":"customers_email"}"#,
        ["ALTER TABLE @.\"t_customers\" DROP CONSTRAINT \"uq_customers_email\""]
      ),
      (
        #"{"type":"drop_table","table_id":"customers"}"#,
        ["ALTER TABLE @.\"t_orders\" DROP CONSTRAINT \"fk_orders_customer\"", "DROP TABLE @.\"t_customers\""]
      ),
      (
        #"{"type":"drop_project"}"#,
        [
          "ALTER TABLE @.\"t_orders\" DROP CONSTRAINT \"fk_orders_customer\"", "DROP TABLE @.\"t_customers\"",
          "DROP TABLE @.\"t_orders\"",
        ]
      ),
      (
        """
        {"type":"add_table","table":{"id":"new","columns":[\
        {"id":"k","type":"integer","primaryKey":true},{"id":"v","type":"integer","check":{"operator":">=","value":0}}]}}
        """,
        [
          "CREATE TABLE @.\"t_new\" (\"c_k\" integer NOT NULL, \"c_v\" integer CONSTRAINT \"ck_v\" CHECK (\"c_v\" >= "
            + "'0'::integer), PRIMARY KEY (\"c_k\"))", "COMMENT ON TABLE @.\"t_new\" IS 'new'",
          "COMMENT ON COLUMN @.\"t_new\".\"c_k\" IS 'k'", "COMMENT ON COLUMN @.\"t_new\".\"c_v\" IS 'v'",
        ]
      ),
    ])
  func golden(_ change: String, _ expected: [String]) throws {
    let planner = SchemaPlanner(try #require(Schemas.target))
    let plan = try planner.plan(try Schemas.changes(change), on: try Schemas.shop())
    #expect(plan.statements.map(\.sql) == expected.map { $0.replacing("@", with: Schemas.table) })
  }

  @Test("Whether a change of type writes the table anew is what PostgreSQL does")
  func rewrites() throws {
    let cases = [
      ("varchar(5)", "varchar(9)", false), ("varchar(9)", "varchar(5)", true), ("varchar(5)", "text", false),
      ("text", "varchar(5)", true), ("integer", "bigint", true), ("numeric(8,2)", "numeric(10,2)", false),
      ("numeric(8,2)", "numeric(10,3)", true), ("numeric(8,2)", "numeric", false), ("numeric", "numeric(8,2)", true),
      ("text", "text", false), ("date", "timestamptz", true),
    ]
    for (old, new, rewrites) in cases {
      #expect(try ColumnType(old).rewrites(to: try ColumnType(new)) == rewrites, "\(old) → \(new)")
    }
  }

  @Test("What does not fit the schema is refused before any lock")
  func misfits() throws {
    let shop = try Schemas.shop()
    for text in [
      #"{"type":"drop_table","table_id":"nope"}"#, #"{"type":"drop_column","table_id":"orders","column_id":"nope"}"#,
      #"{"type":"add_table","table":{"id":"orders"}}"#,
      #"{"type":"rename_table","table_id":"orders","name":"Customers"}"#,
      #"{"type":"add_column","table_id":"orders","column":{"id":"mail","type":"text"}}"#,
      #"{"type":"alter_column_type","table_id":"orders","column_id":"state","new_type":"integer"}"#,
      #"{"type":"add_foreign_key","table_id":"orders","column_id":"mail","references":{"table":"customers","column":"since"}}"#,
      #"{"type":"add_unique_constraint","table_id":"orders","constraint_id":"customers_email","column_id":"mail"}"#,
    ] {
      let changes = try Schemas.changes(text)
      #expect(Schemas.refusal { _ = try shop.applying(changes) }?.code == .invalidChange, "\(text)")
    }
  }

  @Test("Schema data and changes survive their own JSON")
  func roundTrip() throws {
    let shop = try Schemas.shop()
    #expect(try ProjectSchema(try JSONValue(parsing: try shop.encoded())) == shop)
    let drop = try Schemas.changes(
      #"[{"type":"drop_table","table_id":"customers"},{"type":"drop_table","table_id":"orders"}]"#)
    let back = try shop.inverse(of: drop)
    #expect(try SchemaChange.read(try JSONValue(parsing: try back.encoded())) == back)
    #expect(
      try ProjectSchema(try Schemas.json(#"{"tables":[],"theme":"dark"}"#)).encoded()
        == Array(#"{"tables":[],"theme":"dark"}"#.utf8))
  }

  @Test("The estimate is in proportion to size, and a moment where no row is touched")
  func estimate() throws {
    let planner = SchemaPlanner(try #require(Schemas.target))
    let rate = TargetRate(bytes: 1_000_000, rewriteMilliseconds: 20, scanMilliseconds: 2)
    let size = TableSize(rows: 10, bytes: 50_000_000)
    func cost(_ text: String) throws -> Int64? {
      try planner.plan(try Schemas.changes(text), on: try Schemas.shop()).statements[0].estimate(size, rate)
    }
    #expect(
      try cost(#"{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"bigint"}"#) == 1000)
    #expect(
      try cost(#"{"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false}"#) == 100)
    #expect(try cost(#"{"type":"drop_column","table_id":"orders","column_id":"mail"}"#) == 1)
  }
}
