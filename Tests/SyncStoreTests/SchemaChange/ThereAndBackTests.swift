import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Each type of change, applied and taken back in a real target.
@Suite("Schema changes there and back", .syncDatabase) struct ThereAndBackTests {
  static let changes = [
    """
    {"type":"add_table","table":{"id":"t2","name":"Two","columns":[\
    {"id":"k","type":"integer","primary_key":true},{"id":"at","type":"timestamptz","default":"now()"}]}}
    """,
    #"{"type":"drop_table","table_id":"orders"}"#, #"{"type":"drop_table","table_id":"customers"}"#,
    #"{"type":"rename_table","table_id":"orders","new_name":"Bestellungen; '--"}"#,
    """
    {"type":"add_column","table_id":"orders","column":{\
    "id":"ref","type":"uuid","nullable":false,"default":"gen_random_uuid()","unique":true}}
    """,
    """
    {"type":"add_column","table_id":"orders","column":{\
    "id":"flag","type":"boolean","default":true,"check":{"operator":"=","value":true}}}
    """,
    #"{"type":"drop_column","table_id":"orders","column_id":"customer"}"#,
    #"{"type":"drop_column","table_id":"customers","column_id":"since"}"#,
    #"{"type":"rename_column","table_id":"orders","column_id":"mail","new_name":"To"}"#,
    #"{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"numeric(20,4)"}"#,
    #"{"type":"alter_column_type","table_id":"orders","column_id":"code","new_type":"integer"}"#,
    #"{"type":"alter_column_default","table_id":"orders","column_id":"amount","default":12.5}"#,
    #"{"type":"alter_column_default","table_id":"orders","column_id":"amount","default":null}"#,
    #"{"type":"alter_column_nullable","table_id":"orders","column_id":"mail","nullable":false}"#,
    #"{"type":"alter_column_nullable","table_id":"orders","column_id":"amount","nullable":true}"#,
    #"{"type":"add_foreign_key","table_id":"orders","column_id":"customer","constraint_id":"second","references":"customers"}"#,
    #"{"type":"drop_foreign_key","table_id":"orders","column_id":"customer"}"#,
    #"{"type":"add_unique_constraint","table_id":"orders","column_ids":["mail","amount"]}"#,
    #"{"type":"drop_unique_constraint","table_id":"customers","column_id":"email"}"#,
    """
    [{"type":"drop_table","table_id":"customers"},\
    {"type":"add_column","table_id":"orders","column":{"id":"x","type":"text"}},\
    {"type":"drop_column","table_id":"orders","column_id":"mail"}]
    """,
  ]

  @Test(
    "S3-03, S3-12: apply, check, inverse, check equals the start; empty and filled", arguments: changes, [false, true])
  func thereAndBack(_ text: String, _ isFilled: Bool) async throws {
    try await onDatabase { session in
      var target = try Targets()
      try target.apply(session, try Targets.changes(Targets.shop))
      if isFilled { try target.fill(session) }
      let (start, schema) = (try target.structure(session), target.project)
      let change = try Targets.changes(text)
      let inverse = try schema.inverse(of: change)
      try target.apply(session, change)
      let there = try target.structure(session)
      #expect(there != start)
      if isFilled, change.contains(.dropTable(try #require(SchemaID("customers")))) {
        // The rows that others lead to are gone, and the target says so; nothing of the way back remains.
        let error = try pgError { try target.apply(session, inverse) }
        #expect(error.sqlstate == "23503" && !error.isTransient)
        #expect(try target.structure(session) == there)
        return
      }
      try target.apply(session, inverse)
      #expect(try target.structure(session) == start)
      if change.count == 1 { #expect(target.project.tables.count == schema.tables.count) }
      try target.apply(session, change)
      #expect(try target.structure(session) == there)
    }
  }

  @Test("drop_project takes every table and leaves the drop in the ledger; its inverse brings the tables back")
  func project() async throws {
    try await onDatabase { session in
      var target = try Targets()
      try target.apply(session, try Targets.changes(Targets.shop))
      let (start, schema) = (try target.structure(session), target.project)
      try target.apply(session, [.dropProject])
      #expect(try target.structure(session) == [])
      let ledger = "SELECT status FROM \(SQLQuote.identifier(target.schema.name)).__schema_metadata__"
      #expect(try session.list(ledger) == ["dropped"])
      try target.apply(session, try schema.inverse(of: [.dropProject]))
      #expect(try target.structure(session) == start)
    }
  }

  @Test("S3-12, S3-41: one transaction: a constant with a semicolon works, and what fails undoes what came before it")
  func oneTransaction() async throws {
    try await onDatabase { session in
      var target = try Targets()
      try target.apply(session, try Targets.changes(Targets.shop))
      try target.fill(session)
      let start = try target.structure(session)
      let spoiled = try Targets.changes(
        """
        [{"type":"add_column","table_id":"orders","column":{"id":"a","type":"text","default":"x; DROP TABLE organization; --'"}},
         {"type":"alter_column_type","table_id":"customers","column_id":"since","new_type":"integer"}]
        """)
      let error = try pgError { try target.apply(session, spoiled) }
      #expect(error.sqlstate == "42846" && !error.isTransient)
      #expect(try target.structure(session) == start)
      try target.apply(session, [spoiled[0]])
      let value = "SELECT DISTINCT c_a FROM \(SQLQuote.identifier(target.schema.name)).t_orders"
      #expect(try session.list(value) == ["x; DROP TABLE organization; --'"])
    }
  }

  @Test("An attempt that was given up can not be applied any more, and one that is under way is waited for")
  func abandoned() async throws {
    let (first, second) = (randomUUID(), randomUUID())
    let changes = try Targets.changes(Targets.shop)
    let before = try Targets()
    let isApplied = try await onDatabase { session in try before.settle(session, first) }
    #expect(!isApplied)
    await #expect(throws: SchemaFault.self) {
      try await onDatabase { session in
        var late = before
        try late.apply(session, changes, changeId: first)
      }
    }
    try await onDatabase { session in
      var late = before
      try late.apply(session, changes, changeId: second)
      #expect(try before.settle(session, second))
      #expect(try before.settle(session, first) == false)
    }
  }

  @Test("S3-09: hostile changes executed in a target touch nothing outside of the organization's schema")
  func hostile() async throws {
    let start = seeded("hostile changes")
    let names = [
      "x\"; DROP TABLE organization; --", "o'rders; --", "\\'; --", "public.organization", "$$;$$", "%I", "'||'",
    ]
    try await onDatabase { session in
      var random = start
      var target = try Targets()
      try target.apply(session, try Targets.changes(Targets.shop))
      let outside = """
        SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_toast', '\(target.schema.name)') ORDER BY 1, 2
        """
      let before = try session.table(outside)
      var accepted = 0
      for index in 0..<1_000 {
        func name() -> String { names[Int(random.next() % UInt64(names.count))] }
        let text: [JSONValue.Member] = [
          .init("type", .string(["rename_table", "rename_column", "alter_column_default", "add_column"][index % 4])),
          .init("table_id", .string(random.next() % 4 == 0 ? name() : "orders")),
          .init("column_id", .string(random.next() % 4 == 0 ? name() : "mail")),
          .init("new_name", .string(name())), .init("default", .string(name())),
          .init(
            "column",
            .object([
              .init("id", .string(random.next() % 4 == 0 ? name() : "n\(index)")),
              .init("name", .string(name() + "\(index)")),
              .init("type", .string(random.next() % 4 == 0 ? name() : "text")), .init("default", .string(name())),
            ])),
        ]
        do {
          try target.apply(session, try SchemaChange.read(.object(text)))
          accepted += 1
        } catch is SchemaFault {}
      }
      #expect(accepted > 200)
      #expect(try session.table(outside) == before)
      #expect(try session.list("SELECT id FROM organization ORDER BY 1") == ["RIO", "RIO2"])
    }
  }
}
