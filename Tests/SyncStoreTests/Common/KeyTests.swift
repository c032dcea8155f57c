import Postgres
import SQLCatalog
import SyncStore
import TestKit
import Testing

/// Connections of a worker keep the plans they made, and they may have made them when there was nothing yet. A plan
/// that walks an index over what many have in common, and picks the one row it wants from that, is right then and
/// ruinous a million rows later.
@Suite("Plans of the whole catalog", .syncDatabase) struct KeyTests {
  /// What tells one row from the others of its organization.
  private static let keys = [
    "id", "mirror_id", "session_id", "job_id", "pfa_id", "modification_id", "idempotency_key", "commit_id", "stream",
  ]
  /// Indexes that hold what is open or under way, or what an operator configured: few rows, whatever the tables hold.
  private static let short = [
    "pfa_modification_pushing", "pfa_modification_failed", "pfa_sync_conflict_open", "projects_organization",
    "schema_changes_recent",
  ]
  /// What many rows share: to look it up finds all of them.
  private static let shared = ["organization_id", "kind", "state", "sync_state", "status"]

  @Test("No plan that is made on an empty database looks one row up among all that share something with it")
  func probes() async throws {
    try await onDatabase { session in
      try session.execute("SET plan_cache_mode = force_generic_plan")
      var looked = 0
      for binding in [Queries.becomeWorker, Queries.becomeApplier] {
        // An operator's list, planned for its one call when there is something to list.
        for (name, sql) in Queries.all where name != "list_conflicts" {
          let plan: [String]
          do {
            plan = try session.transaction {
              try session.query(binding, [.text("RIO")])
              return try explain(session, "\(name)_\(looked)", sql)
            }
          } catch let error as PGError where error.sqlstate == "42501" {
            // Not for workers; what operators and applications ask is planned for their one call.
            continue
          }
          looked += 1
          let walks = plan.indices.filter { Self.walks(plan, at: $0) }.map { plan[$0].trimmed }
          #expect(walks.isEmpty, "\(name): \(plan.joined(separator: "\n"))")
        }
      }
      #expect(looked > 200)
    }
  }

  @Test(
    "A walk is told from a probe",
    arguments: [
      ("Index Cond: (organization_id = $1)", "Filter: ((job_id = $2) AND (x OR y))", true),
      ("Index Cond: ((kind = 'a'::text) AND (state = 'b'::text))", "Filter: (o.mirror_id = m.id)", true),
      ("Index Cond: ((organization_id = $1) AND (stream = j.stream))", "Filter: (id = $2)", false),
      ("Index Cond: (organization_id = $1)", "Filter: (NOT is_discontinued)", false),
      ("Order By: a", "Filter: (pfa_id = $2)", true),
    ])
  func recognition(condition: String, filter: String, isWalk: Bool) {
    let plan = ["->  Index Scan using a on b  (cost=0.12..8.15 rows=1 width=54)", condition, filter, "->  Result"]
    #expect(Self.walks(plan, at: 0) == isWalk)
  }

  private func explain(_ session: PGSession, _ name: String, _ sql: String) throws -> [String] {
    try session.execute("PREPARE \(name) AS \(sql)")
    let count = try session.count(
      "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = '\(name)'")
    let nulls = Array(repeating: "NULL", count: count).joined(separator: ", ")
    return try session.list("EXPLAIN EXECUTE \(name)\(count == 0 ? "" : "(\(nulls))")")
  }

  /// Whether this line is an index scan by what rows share, or by nothing, that filters by a key.
  private static func walks(_ plan: [String], at index: Int) -> Bool {
    guard plan[index].contains("Index Scan") || plan[index].contains("Index Only Scan") else { return false }
    guard !short.contains(where: { plan[index].contains(" \($0) ") }) else { return false }
    let details = plan[(index + 1)...].prefix { !$0.contains("->") && $0.contains(": ") }
    let condition = details.first { $0.contains("Index Cond: ") } ?? ""
    guard compared(in: condition).allSatisfy(shared.contains) else { return false }
    return details.filter { $0.contains("Filter: ") }.contains { filter in
      filter.matches(of: #/([a-z_]+) = /#).contains { keys.contains(String($0.1)) }
    }
  }

  /// The columns that a condition compares with something, without their tables.
  private static func compared(in condition: String) -> [String] {
    condition.matches(of: #/([a-z_]+) (?:=|<|>|<=|>=) /#).map { String($0.1) }
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
