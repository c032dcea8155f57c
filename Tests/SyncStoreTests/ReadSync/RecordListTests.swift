import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// `records list`: pages of records with a session's drafts laid over, found by indexes.
@Suite("Record lists", .syncDatabase) struct RecordListTests {
  private func fill(_ session: PGSession, _ records: Int) throws {
    try session.execute(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      SELECT gen_random_uuid(), o, 'P' || n, jsonb_build_object('category', 'C' || n % 3, 'class', 'K' || n % 5, 'source',
        CASE n % 2 WHEN 0 THEN 'Rental' ELSE 'Purchase' END, 'dor', 'D' || n % 4, 'contract', CASE n WHEN 77 THEN 'rare' ELSE 'usual' END,
        'forecastStart', date '2025-01-01' + n % 90, 'forecastEnd', date '2025-02-01' + n % 90, 'isDiscontinued', n % 11 = 0)
      FROM generate_series(1, \(records)) n, unnest(ARRAY['RIO', 'RIO2']) o;
      INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, base_values)
      SELECT id, organization_id, CASE length(pfa_id) WHEN 2 THEN 'bob' ELSE 'ann' END, 's-1',
        '{"category": "C9", "dor": "D0", "forecastEnd": "2025-12-01"}', '{category,dor,forecastEnd}', 1, '{}'
      FROM pfa_mirror WHERE pfa_id LIKE '%3' AND organization_id = 'RIO';
      ANALYZE pfa_modification
      """)
    // The index of JSON takes what is new from a list, until then.
    try session.execute("VACUUM ANALYZE pfa_mirror")
  }

  /// What a list is, said as simply as can be.
  private func expected(_ session: PGSession, _ filter: RecordFilter, after: String?, limit: Int64) throws -> [String] {
    let columns: [(String, String?)] = [
      ("category", filter.category), ("class", filter.recordClass), ("source", filter.source), ("dor", filter.dor),
      ("contract", filter.contract),
    ]
    var conditions = ["organization_id = 'RIO'"]
    for (name, value) in columns { if let value { conditions.append("\(name) = '\(value)'") } }
    if let from = filter.forecastFrom { conditions.append("forecast_end > '\(from.text)'") }
    if let to = filter.forecastTo { conditions.append("forecast_start < '\(to.text)'") }
    if let some = filter.contained { conditions.append("data @> '\(String(decoding: some, as: UTF8.self))'") }
    if let flag = filter.isDiscontinued { conditions.append("is_discontinued = \(flag)") }
    if let flag = filter.hasDraft { conditions.append("has_draft = \(flag)") }
    if let after { conditions.append("pfa_id > '\(after)'") }
    let condition = conditions.joined(separator: " AND ")
    return try session.list(
      "SELECT pfa_id || ' ' || category FROM pfa_merged_live WHERE \(condition) ORDER BY pfa_id LIMIT \(limit)")
  }

  @Test(
    "S1-32 a list is what the merged view shows, for any filter and page, with the drafts of a session or without",
    arguments: [900, 2_600])
  func random(_ records: Int) async throws {
    let start = seeded("record lists")
    try await onDatabase { session in
      try fill(session, records)
      var random = start
      func maybe<T>(_ values: [T]) -> T? {
        random.next() % 3 == 0 ? values[Int(random.next() % UInt64(values.count))] : nil
      }
      for _ in 0..<60 {
        var filter = RecordFilter()
        filter.category = maybe(["C0", "C9", "C5"])
        filter.recordClass = maybe(["K1"])
        filter.source = maybe(["Rental", "Purchase"])
        filter.dor = maybe(["D0", "D1"])
        filter.contract = maybe(["rare", "usual"])
        filter.forecastFrom = maybe(["2025-03-01", "2025-11-01"]).flatMap { CivilDate($0) }
        filter.forecastTo = maybe(["2025-02-15"]).flatMap { CivilDate($0) }
        filter.contained = maybe([#"{"contract":"rare"}"#, #"{"dor":"D0"}"#, "{}", #"{"category":"C9"}"#]).map {
          Array($0.utf8)
        }
        filter.isDiscontinued = maybe([true, false])
        filter.hasDraft = maybe([true, false])
        let after = maybe(["P3", "P7", "Q"])
        let limit: Int64 = maybe([1, 7]) ?? 50
        let view = maybe([RecordView(session: "s-1"), RecordView(session: "s-1", user: "ann")]) ?? RecordView()
        try session.reading {
          let rows = try RecordReports.list(
            session, organization: "RIO", filter, as: view, after: after, limit: limit
          ).rows.map { try $0.string("pfa_id") + " " + $0.string("category") }
          let wanted = try expected(session, filter, after: after, limit: limit)
          #expect(rows == wanted, "\(filter) as \(view) after \(after ?? "nothing") limit \(limit)")
        }
      }
    }
  }

  @Test(
    "S1-17, S1-15: a page of a rare category, and of rare content, reads a few records and not all of the organization")
  func rare() async throws {
    try await onDatabase { session in
      try fill(session, 8_000)
      try session.execute(
        """
        UPDATE pfa_mirror SET data = data || '{"category": "Rare", "odd": 1}'
        WHERE pfa_id IN ('P7999', 'P7998') AND organization_id = 'RIO';
        ANALYZE pfa_mirror
        """)
      var category = RecordFilter()
      category.category = "Rare"
      category.isDiscontinued = false
      var content = RecordFilter()
      content.contained = Array(#"{"odd":1}"#.utf8)
      for (filter, most) in [(category, 200), (content, 2_400)] {
        for view in [RecordView(), RecordView(session: "s-2")] {
          let read =
            "SELECT pg_stat_get_xact_tuples_returned('pfa_mirror'::regclass) + pg_stat_get_xact_tuples_fetched('pfa_mirror'::regclass)"
          let used = try session.reading {
            let before = try session.count(read)
            let found = try RecordReports.list(session, organization: "RIO", filter, as: view, after: nil, limit: 100)
            #expect(found.rowCount == 2)
            return try session.count(read) - before
          }
          #expect(used < most, "\(used) records were read")
        }
      }
    }
  }
}
