import SyncDomain
import Testing

/// Which steps changes of large tables take, and where there are none.
@Suite struct SafePlanTests {
  private func steps(_ text: String, large: [String] = ["orders", "customers"]) throws -> SafeSteps? {
    let planner = SchemaPlanner(try #require(Schemas.target))
    return try planner.safeSteps(
      for: try Schemas.changes(text), from: try Schemas.shop(), large: Set(large.compactMap { SchemaID($0) }))
  }

  private func sql(_ statements: [SchemaStatement]) -> [String] {
    statements.map { $0.sql.replacing(Schemas.table, with: "@") }
  }

  @Test("S3-41: a list on a large table: what can be is made beforehand, and the last transaction reads no row")
  func list() throws {
    let steps = try #require(
      try steps(
        """
        [{"type":"add_column","table_id":"orders","column":{"id":"ref","type":"integer","default":1,"nullable":false}},
         {"type":"add_unique_constraint","table_id":"orders","columns":["mail","ref"]},
         {"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false},
         {"type":"rename_table","table_id":"orders","new_name":"Sales"}]
        """))
    #expect(
      sql(steps.before) == [
        #"ALTER TABLE @."t_orders" ADD COLUMN "c_ref" integer DEFAULT '1'::integer NOT NULL"#,
        #"CREATE UNIQUE INDEX CONCURRENTLY "uq_orders_mail_ref" ON @."t_orders" ("c_mail", "c_ref")"#,
        #"ALTER TABLE @."t_orders" ADD CONSTRAINT "nn_mail" CHECK ("c_mail" IS NOT NULL) NOT VALID"#,
        #"ALTER TABLE @."t_orders" VALIDATE CONSTRAINT "nn_mail""#,
      ])
    #expect(
      sql(steps.last) == [
        #"COMMENT ON COLUMN @."t_orders"."c_ref" IS 'ref'"#,
        #"ALTER TABLE @."t_orders" ADD CONSTRAINT "uq_orders_mail_ref" UNIQUE USING INDEX "uq_orders_mail_ref""#,
        #"ALTER TABLE @."t_orders" ALTER COLUMN "c_mail" SET NOT NULL"#,
        #"COMMENT ON TABLE @."t_orders" IS 'Sales'"#,
        #"ALTER TABLE @."t_orders" DROP CONSTRAINT IF EXISTS "nn_mail""#,
      ])
    // What was made last is taken away first.
    #expect(
      sql(steps.cleanup) == [
        #"ALTER TABLE @."t_orders" DROP CONSTRAINT IF EXISTS "nn_mail""#,
        #"DROP INDEX IF EXISTS @."uq_orders_mail_ref""#,
        #"ALTER TABLE @."t_orders" DROP COLUMN IF EXISTS "c_ref""#,
      ])
  }

  @Test("A column whose type changes is filled anew in its final form, with what else the list says of it")
  func replaced() throws {
    let steps = try #require(
      try steps(
        """
        [{"type":"alter_column_default","table_id":"orders","column_id":"mail","default":"7"},
         {"type":"alter_column_type","table_id":"orders","column_id":"mail","new_type":"integer"},
         {"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false}]
        """))
    #expect(steps.before.allSatisfy { !$0.lock.keepsWritersOut || !($0.rewrites || $0.scans) })
    let last = sql(steps.last)
    #expect(last.first == #"LOCK TABLE @."t_orders" IN ACCESS EXCLUSIVE MODE"#)
    #expect(last.contains(#"ALTER TABLE @."t_orders" RENAME COLUMN "n_mail" TO "c_mail""#))
    #expect(last.contains(#"ALTER TABLE @."t_orders" ALTER COLUMN "c_mail" SET DEFAULT '7'::integer"#))
    #expect(last.contains(#"ALTER TABLE @."t_orders" ALTER COLUMN "c_mail" SET NOT NULL"#))
    #expect(last.filter { $0.contains("SET DEFAULT") }.count == 1)
  }

  @Test("Nothing is done in steps that takes a moment, or is costly for small tables alone")
  func none() throws {
    for text in [
      #"{"type":"rename_table","table_id":"orders","new_name":"X"}"#, #"{"type":"drop_table","table_id":"orders"}"#,
      #"{"type":"add_column","table_id":"orders","column":{"id":"x","type":"text","default":"a"}}"#,
      #"{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"numeric(20,2)"}"#,
      """
      [{"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false},
       {"type":"drop_table","table_id":"orders"}]
      """,
    ] { #expect(try steps(text) == nil, "\(text)") }
    #expect(
      try steps(
        #"{"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false}"#,
        large: ["customers"])
        == nil)
  }

  @Test(
    "What has no safe steps is refused by name",
    arguments: [
      (
        #"{"type":"alter_column_type","table_id":"orders","column_id":"customer","new_type":"text"}"#,
        "foreign key orders_customer rests on column customer"
      ),
      (
        """
        [{"type":"add_column","table_id":"orders","column":{"id":"x","type":"integer"}},
         {"type":"alter_column_type","table_id":"orders","column_id":"x","new_type":"bigint"}]
        """, "column x is new"
      ),
      (
        """
        [{"type":"drop_column","table_id":"orders","column_id":"mail"},
         {"type":"add_column","table_id":"orders","column":{"id":"mail","type":"uuid","default":"gen_random_uuid()"}}]
        """, "column mail is dropped before it"
      ),
      (
        """
        [{"type":"drop_unique_constraint","table_id":"customers","columns":["email"]},
         {"type":"add_unique_constraint","table_id":"customers","columns":["email"]}]
        """, "constraint customers_email is dropped before it"
      ),
      (
        """
        [{"type":"add_table","table":{"id":"places"}},
         {"type":"add_column","table_id":"orders","column":{"id":"place","type":"uuid","references":{"table":"places"}}}]
        """, "it leads to what another change of the list makes"
      ),
    ])
  func refused(_ text: String, _ why: String) throws {
    let fault = try #require(Schemas.refusal { _ = try steps(text) })
    #expect(fault.code == .tableTooLarge && fault.code.status == 400)
    #expect(fault.message.hasSuffix("has no safe steps here: \(why)"), "\(fault.message)")
  }

  @Test(
    "S3-09: lists of hostile changes: no step of a large table keeps writers out for long, and none holds foreign SQL")
  func hostile() throws {
    var generator = HostileChanges(seed: printedSeed())
    let planner = SchemaPlanner(try #require(Schemas.target))
    let shop = try Schemas.shop()
    let large = Set(shop.tables.map(\.id))
    var planned = 0
    for _ in 0..<12_000 {
      let text = "[" + (0..<generator.below(1, 2)).map { _ in generator.change() }.joined(separator: ",") + "]"
      guard let json = try? Schemas.json(text) else { continue }
      do {
        let changes = try SchemaChange.read(json)
        let atOnce = try planner.plan(changes, on: shop).statements
        let large = large.subtracting(
          changes.compactMap { change -> SchemaID? in if case .dropTable(let id) = change { id } else { nil } })
        guard let steps = try planner.safeSteps(for: changes, from: shop, large: large) else {
          #expect(atOnce.allSatisfy { !$0.isLongAndLocked(large) }, "\(text)")
          continue
        }
        planned += 1
        for statement in steps.before + steps.last + steps.cleanup {
          #expect(!statement.isLongAndLocked(large), "\(text)\n\(statement.sql)")
          #expect(StatementParts(statement.sql).objection == nil, "\(text)\n\(statement.sql)")
        }
      } catch {
        #expect([SchemaFault.Code.invalidChange, .tableTooLarge].contains(error.code), "\(text): \(error)")
      }
    }
    #expect(planned > 3, "\(planned) were planned")
  }
}

extension SchemaStatement {
  fileprivate func isLongAndLocked(_ large: Set<SchemaID>) -> Bool {
    (rewrites || scans) && lock.keepsWritersOut && table.map(large.contains) ?? false
  }
}
