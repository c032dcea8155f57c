import TestKit
import Testing

/// The queries of the database's manual, as they stand there.
@Suite struct QueryPatternTests {
  @Test("S1-19 Each pattern of the manual runs for an application, by the indexes of the plan beside it", .syncDatabase)
  func patterns() async throws {
    let blocks = try text(of: "Migrations/README.md").split(separator: "```", omittingEmptySubsequences: false)
    // As many as it takes for one index to be better than another.
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      SELECT gen_random_uuid(), 'RIO', 'PFA-' || lpad(n::text, 8, '0'),
        jsonb_build_object('category', 'Category ' || n % 40, 'class', 'Class ' || n % 7, 'source', 'Rental',
          'originalStart', day, 'originalEnd', day, 'forecastStart', day, 'forecastEnd', day)
      FROM generate_series(1, 3000) n, LATERAL (SELECT ('2025-01-01'::date + n % 700)::text AS day) days
      """, "ANALYZE pfa_mirror")
    var seen = 0
    for (index, block) in blocks.enumerated() where block.hasPrefix("sql\n") {
      let query = block.dropFirst(4)
      // The plan is the next block.
      let wanted = blocks[index + 2].split(separator: "using ").dropFirst().map { String($0.prefix { $0 != " " }) }
      #expect(!wanted.isEmpty)
      let plan = try await SyncDatabase.current.run { session in
        try session.transaction {
          for setting in [
            "ROLE syncline_app", "syncline.organization = 'RIO'", "syncline.user_id = 'ann'",
            "syncline.session_id = 's-17'",
            // So small a table would be read as a whole.
            "enable_seqscan = off", "enable_bitmapscan = off",
          ] { try session.execute("SET LOCAL \(setting)") }
          return try session.query("EXPLAIN \(query)").rows.map { $0[0].text ?? "" }.joined(separator: "\n")
        }
      }
      for index in wanted { #expect(plan.contains("using \(index) "), "\(query)\n\(plan)") }
      seen += 1
    }
    #expect(seen == 5)
  }
}
