import Postgres
import SyncDomain
import TestKit
import Testing

/// An edit at a version obeys the rules that drafts obey, though they are written in two languages.
@Suite("Edit rules", .syncDatabase) struct EditFindingsTests {
  @Test("An edit at a version that would leave a record unsound is refused with the code of the rule")
  func refused() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a"), Sample("gone") { $0.isDiscontinued = true }])
      for (delta, message) in [
        (#"{"monthlyRate": -5000}"#, "INVALID_RANGE: monthlyRate"),
        (#"{"forecastEnd": "2020-01-01", "forecastStart": "2030-01-01"}"#, "INVALID_DATE_ORDER: forecastEnd"),
        (#"{"forecastStart": "2030-01-01"}"#, "INVALID_DATE_ORDER: forecastEnd"),
        (#"{"source": null, "category": ""}"#, "MISSING_REQUIRED_FIELD: category, source"),
        (#"{"category": null}"#, "MISSING_REQUIRED_FIELD: category"),
        (#"{"monthlyRate": null}"#, "MISSING_REQUIRED_FIELD: monthlyRate"),
        (#"{"source": "Purchase"}"#, "MISSING_REQUIRED_FIELD: purchasePrice"),
      ] {
        let error = try session.refusal("a", delta, at: 1)
        #expect(error?.sqlstate == "22023" && error?.message == message, "\(delta)")
      }
      let error = try session.refusal("gone", #"{"dor": "X"}"#, at: 1)
      #expect(error?.message == "BUSINESS_RULE_VIOLATION: isDiscontinued")
      #expect(try session.list("SELECT version FROM pfa_mirror") == ["1", "1"])
      #expect(try session.edit("a", #"{"monthlyRate": -1}"#, at: 7).conflict, "who is late sees the record first")
      try expectExact(session)
    }
  }

  private static let money = [
    "null", "0", "1", "-1", "-0.001", "-0.005", "15000.00", "1e3", "999999999999999999.99", "999999999999999999.995",
    "-999999999999999999.99", "1e18", "1e-300", "0.0000000000000000000000000000000000000000000001", #""12""#, "true",
    "12345678901234567.123456789012345678901234", "[1]",
  ]
  private static let dates = [
    "null", #""2025-01-31""#, #""2025-02-28""#, #""2025-12-31""#, #""2024-02-29""#, #""2025-02-29""#, #""""#,
    #""2025-1-1""#, "20250101",
  ]
  private static let texts = ["null", #""""#, #""A""#, #""\#(String(repeating: "ü", count: 201))""#, "1", "{}"]
  /// What a hostile edit may hold.
  private static let anything: [String: [String]] = [
    "monthlyRate": money, "purchasePrice": money, "forecastStart": dates, "forecastEnd": dates, "category": texts,
    "dor": texts, "model": texts, "source": ["null", #""Rental""#, #""Purchase""#, #""Lease""#, #""""#, "1"],
    "isDiscontinued": ["true", "false", "null", "1"], "isFundsTransferable": ["true", "false", "null", #""yes""#],
    "pfaId": [#""X""#],
  ]
  /// What a decent one may hold.
  private static let decent: [String: [String]] = [
    "monthlyRate": ["null", "0", "1", "-1", "15000.00"], "purchasePrice": ["null", "0", "1"],
    "forecastStart": Array(dates.prefix(4)), "forecastEnd": Array(dates.prefix(4)),
    "category": ["null", #""A""#, #""B""#], "dor": ["null", #""A""#], "source": [#""Rental""#, #""Purchase""#],
    "isDiscontinued": ["true"],
  ]
  /// What a record may hold.
  private static let record: [String: [String]] = [
    "monthlyRate": ["null", "0", "1", "15000.00"], "purchasePrice": ["null", "0", "1"],
    "forecastStart": Array(dates.prefix(4)), "forecastEnd": Array(dates.prefix(4)), "category": [#""A""#, #""B""#],
    "dor": ["null", #""A""#], "source": [#""Rental""#, #""Purchase""#, "null"],
    "isDiscontinued": ["false", "false", "true"],
  ]

  private struct Case: CustomStringConvertible {
    let record: String
    let delta: String

    var description: String { "\(delta) on \(record)" }

    /// What the rules of drafts say of it; none when it is applied.
    var findings: [String] {
      guard let data = FieldValues(json: Array(record.utf8)), let delta = FieldValues(json: Array(delta.utf8)) else {
        return ["unreadable"]
      }
      let edit = DraftEdit(
        id: "e", mirrorId: "m", delta: delta, base: data.all(delta.fields), context: data, baseVersion: 1)
      switch EditDecision.decide(edit, on: MirrorRecord(id: "m", pfaId: "P", version: 1, data: data)) {
      case .apply: return []
      case .refuse(let findings): return findings.map { "\($0.code) \($0.field)" }.sorted()
      case .conflict(let conflict): return ["conflict \(conflict)"]
      }
    }
  }

  /// Some of the members, one in so many.
  private func object(_ pool: [String: [String]], oneIn chance: Int, _ random: inout SplitMix64) -> String {
    var members: [String] = []
    for field in pool.keys.sorted() where random.below(chance) == 0 {
      let values = pool[field] ?? []
      members.append(#""\#(field)": \#(values[random.below(values.count)])"#)
    }
    return "{\(members.joined(separator: ", "))}"
  }

  @Test("S0-41 The database refuses an edit if and only if the rules of drafts do, for the same fields and reasons")
  func sameRules() async throws {
    var random = seeded("EditFindingsTests")
    var cases: [Case] = []
    for number in 0..<4_000 {
      let record = object(Self.record, oneIn: 1, &random)
      cases.append(
        Case(record: record, delta: object(number % 3 == 0 ? Self.anything : Self.decent, oneIn: 4, &random)))
    }
    try await onDatabase { [cases] session in
      try session.execute(
        """
        CREATE FUNCTION pg_temp.refusal(delta jsonb) RETURNS text LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pfa_check_delta(delta);
          RETURN NULL;
        EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;
        END $$
        """)
      let rows = try session.query(
        """
        SELECT pg_temp.refusal(delta) AS refusal, ARRAY(SELECT code || ' ' || field
          FROM pfa_edit_findings(record, CASE WHEN pg_temp.refusal(delta) IS NULL THEN delta ELSE '{}' END)) AS findings
        FROM (SELECT record::jsonb, delta::jsonb, number
          FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (record, delta, number)) c ORDER BY number
        """, [.array(.text(cases.map(\.record))), .array(.text(cases.map(\.delta)))]
      ).rows
      #expect(rows.count == cases.count)
      var codes: Set<String> = []
      for (wanted, row) in zip(cases, rows) {
        if let refusal = try row.text("refusal") {
          #expect(!wanted.findings.isEmpty, "\(wanted): \(refusal)")
        } else {
          let found = try row.textArray("findings")?.compactMap(\.self).sorted() ?? []
          #expect(found == wanted.findings, "\(wanted)")
          codes.formUnion(found.compactMap { $0.split(separator: " ").first.map(String.init) })
        }
      }
      #expect(codes.count == 4, "each rule was met: \(codes)")
    }
  }
}
