import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Schema changes end to end: from the topic to the target's catalogs and the audit row.
@Suite("Schema changes")
struct SchemaFlowTests {
  @Test("S3-34, S3-35, S3-11, S3-14: the test flow, each step verified in the target through the catalogs")
  func flow() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      try await world.deploy()
      #expect(try await world.alter(#"{"type":"create_project","name":"Plan"}"#, version: 0).state == "succeeded")
      #expect(try await world.project() == "1|ready")
      #expect(try await world.columns() == [])

      try await world.alter(SchemaWorld.orders, version: 1)
      let table = [
        "t_orders c_amount numeric(12,2) null '0'::numeric(12,2)", "t_orders c_number text not null",
        "t_orders id uuid not null gen_random_uuid()",
      ]
      #expect(try await world.columns() == table)

      try await world.alter(
        #"{"type":"add_column","table_id":"orders","column":{"id":"note","name":"Note","type":"varchar(20)"}}"#,
        version: 2)
      #expect(try await world.columns()[1] == "t_orders c_note character varying(20) null")
      try await world.alter(
        #"{"type":"alter_column_type","table_id":"orders","column_id":"note","new_type":"text"}"#, version: 3)
      #expect(try await world.columns()[1] == "t_orders c_note text null")
      try await world.alter(#"{"type":"drop_column","table_id":"orders","column_id":"note"}"#, version: 4)
      #expect(try await world.columns() == table)

      try await world.alter(
        """
        [{"type":"add_table","table":{"id":"lines","columns":[{"id":"order","type":"uuid"}]}},
         {"type":"add_foreign_key","table_id":"lines","column_id":"order","references":{"table":"orders"}}]
        """, version: 5)
      #expect(
        try await world.constraints().contains(
          "t_lines fk_lines_order FOREIGN KEY (c_order) REFERENCES t_orders(id)"))
      try await world.alter(#"{"type":"drop_table","table_id":"orders"}"#, version: 6)
      #expect(try await world.columns() == ["t_lines c_order uuid null", "t_lines id uuid not null gen_random_uuid()"])
      #expect(try await world.constraints() == ["t_lines t_lines_pkey PRIMARY KEY (id)"])

      #expect(try await world.project() == "7|ready")
      #expect(try await world.history() == Array(repeating: "applied|∅", count: 7))
      #expect(try await world.disagreements() == [])
      let job = try await world.alter(#"{"type":"drop_project"}"#, version: 7)
      #expect(job.state == "succeeded" && job.result == "clean")
      #expect(try await world.project() == nil)
      #expect(try await world.columns() == [])
    }
  }
}
