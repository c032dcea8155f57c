import Postgres
import SQLCatalog
import SyncStore
import TestKit
import Testing

/// Every statement of the product, prepared on a fresh schema.
@Suite("Queries", .syncDatabase) struct QueryTests {
  /// What the stores send, in order. `text` stands for what is sent without a type and must be text there.
  private static let types: [String: String] = [
    "advance_offset": "text text integer bigint bigint bigint",
    "become_login": "",
    "become_system": "",
    "blocking_sessions": "integer",
    "become_worker": "text",
    "claim_job": "text[] text integer",
    "claim_partition": "text text integer bigint text",
    "hold_job": "uuid uuid integer",
    "insert_dead_letter": "text text integer bigint bytea bytea jsonb text text text bigint text jsonb",
    "insert_outbox": "text bytea bytea jsonb",
    "move_offset": "text text integer bigint bigint",
    "organization_exists": "text[] text",
    "hold_message": "text text text integer bigint bytea bytea jsonb",
    "reopen_dead_letter": "bigint integer text bytea bytea text text",
    "resolve_dead_letter": "bigint integer text bytea bytea",
    "park_outbox": "bigint[] text[]",
    "read_offsets": "text",
    "remove_outbox": "bigint[]",
    "report_progress": "uuid uuid jsonb",
    "retry_job": "uuid uuid bigint text text boolean",
    "claim_pushes": "integer integer text[] text[]",
    "open_breakers": "",
    "read_breaker": "text",
    "write_breaker": "text bigint integer integer double precision double precision text text",
    "take_outbox": "integer",
    "abandon_pages": "uuid integer",
    "allocate_pages": "uuid text integer[] text[] integer[] text boolean bigint[]",
    "apply_records": """
    text text[] bigint[] bigint[] bigint[] text[] smallint text text uuid integer text text text integer integer integer \
    text[] text[] text[] text[] boolean[] text[] bigint[] text integer bigint[] text[] integer[]
    """,
    "vouched_page": "uuid integer text bigint",
    "count_orphans": "text uuid",
    "count_seen": "uuid",
    "known_records": "text text[] bigint[] bigint[] bigint[]",
    "mark_late_pages": "uuid",
    "finish_read": "uuid uuid text text bigint text text",
    "page_window": "uuid uuid",
    "pages_from": "uuid integer",
    "read_position": "uuid text text",
    "request_read": "uuid text text jsonb text bigint",
    "restart_read": "uuid",
    "start_run": "uuid text text text integer",
    "store_checkpoint": "uuid text integer integer bigint bigint boolean",
    "store_drift": "text text text[] text[] uuid",
    "store_watermark": "text text bigint uuid",
    "sweep_orphans": "text uuid smallint",
    "lock_rebuild": "text",
    "rebuild_kpis": "text smallint text",
    "verify_kpis": "text",
  ]

  @Test("Every statement prepares on a fresh schema and wants the types that Swift sends")
  func prepares() async throws {
    #expect(Set(Queries.all.map(\.name)).count == Queries.all.count)
    try await onDatabase { session in
      for (name, sql) in Queries.all {
        try session.execute("PREPARE \(name) AS \(sql)")
        let types = try session.value(
          "SELECT array_to_string(parameter_types, ' ') FROM pg_prepared_statements WHERE name = $1", [.text(name)])
        let expected = Self.types[name]
        // A statement of a later kind is bound by its own store's tests.
        #expect(expected == nil || expected == types, "\(name)")
      }
      #expect(Set(Self.types.keys).subtracting(Queries.all.map(\.name)) == [])
    }
  }

  @Test("Every statement names its parameters in its head, and none that it has not")
  func heads() {
    for (name, sql) in Queries.all {
      let lines = sql.split(separator: "\n", omittingEmptySubsequences: true)
      let head = lines.prefix { $0.hasPrefix("--") }.joined(separator: " ")
      let body = lines.drop { $0.hasPrefix("--") }.joined(separator: " ")
      let (told, used) = (parameters(head), parameters(body))
      #expect(told == used, "\(name)")
      #expect(used == Set(used.isEmpty ? 1..<1 : 1..<(used.count + 1)), "\(name) leaves a number out")
    }
  }

  private func parameters(_ text: String) -> Set<Int> {
    Set(
      text.split(separator: "$", omittingEmptySubsequences: false).dropFirst().compactMap {
        Int($0.prefix { $0.isNumber })
      })
  }
}
