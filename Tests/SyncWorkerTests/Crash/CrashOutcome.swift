import Runtime
import TestKit

/// What a day leaves behind, without times, attempts of jobs and who did it: equal however often somebody died.
struct CrashOutcome {
  private(set) var parts: [(name: String, lines: [String])] = []

  init(_ world: WorkerWorld) async throws {
    try await add("rows", world.rows())
    try await add("totals", world.kpis())
    try await add("differences of totals", world.kpiDifferences())
    for (name, sql) in CrashOutcome.queries { try await add(name, world.lines(sql)) }
    try await add("target", world.columns() + world.disagreements())
    add(
      "upstream",
      world.pems.rows(organization: "RIO").map { "\($0.pfaId) \(String(decoding: $0.data, as: UTF8.self))" }.sorted())
    add("writes taken upstream", ["\(world.pems.writes.taken) \(world.pems.writes.overlapping)"])
  }

  private mutating func add(_ name: String, _ lines: [String]) { parts.append((name, lines)) }

  /// The first line of each part that differs; empty when the days were equal.
  func differences(from clean: CrashOutcome) -> [String] {
    zip(parts, clean.parts).compactMap { found, wanted in
      guard found.lines != wanted.lines else { return nil }
      let first = zip(found.lines, wanted.lines).first { $0 != $1 }
      return "\(found.name): \(found.lines.count) lines, clean \(wanted.lines.count)"
        + (first.map { "; \($0) instead of \($1)" } ?? "")
    }
  }

  private static let queries: [(String, String)] = [
    (
      "runs",
      """
      SELECT organization_id, sync_type, source, status, received, inserted, updated, unchanged, stale, discontinued, conflicted,
        rejected, swept, pages, error_code FROM pfa_sync_log WHERE job_id IS NOT NULL
      ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
      """
    ),
    (
      // Of a push whose worker died behind PEMS' answer the next one says that there was nothing left to do. What comes
      // through the relay, all of it other organizations', is published twice when a worker dies before it could
      // forget it: received twice, and unchanged the second time.
      "streams",
      """
      SELECT organization_id, sync_type, sync_direction,
        sum(received - CASE organization_id WHEN 'RIO' THEN 0 ELSE unchanged END), sum(inserted),
        CASE WHEN organization_id = 'RIO' THEN sum(updated + unchanged) ELSE sum(updated) END,
        CASE WHEN organization_id = 'RIO' AND sync_direction = 'inbound' THEN sum(unchanged) END, sum(stale), sum(discontinued),
        sum(conflicted), sum(rejected)
      FROM pfa_sync_log WHERE job_id IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      """
    ),
    ("issues", "SELECT organization_id, pfa_id, field, code, rejected FROM sync_record_issue ORDER BY 1, 2, 3, 4"),
    ("jobs", "SELECT kind, state, result, error_code, count(*) FROM sync_job GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"),
    ("letters", "SELECT organization_id, code, status, attempts, replays FROM dead_letter ORDER BY 1, 2, 3, 4, 5"),
    (
      "edits",
      """
      SELECT m.pfa_id, o.session_id, o.sync_state, o.delta, o.base_values FROM pfa_modification o
      JOIN pfa_mirror m ON m.id = o.mirror_id ORDER BY 1, 2
      """
    ),
    (
      "conflicts",
      """
      SELECT m.pfa_id, c.kind, c.status, c.conflict_fields, c.local_values, c.remote_values FROM pfa_sync_conflict c
      JOIN pfa_mirror m ON m.id = c.mirror_id ORDER BY 1, 2
      """
    ),
    ("projects", "SELECT id, version, status, schema_data, lock_token IS NULL FROM projects ORDER BY id"),
    // An attempt that died before its target had it has a row of its own.
    (
      "schema changes",
      "SELECT project_id, status, from_version, to_version FROM schema_changes WHERE error_code IS DISTINCT FROM 'ABANDONED' ORDER BY id"
    ),
    ("firings", "SELECT job, organization_id, due_at, state, detail FROM job_firing ORDER BY 1, 2, 3"),
    ("waiting", "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM held_message)"),
  ]
}
