import Postgres
import SyncDomain
import TestKit
import Testing

/// The functions behind the generated columns: total, immutable, and of one mind with the domain.
@Suite("Parsers", .syncDatabase) struct ParserTests {
  private func dates(_ session: PGSession, _ texts: [String]) throws -> [String?] {
    try session.query(
      "SELECT pfa_date(t) AS d FROM unnest($1::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n", [.array(.text(texts))]
    ).rows.map { try $0.text("d") }
  }

  @Test("Hostile dates are null and never an error, 2025-02-30 above all (domain section 8)")
  func hostileDates() async throws {
    let hostile = [
      "2025-02-30", "2025-02-29", "1900-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00", "2025-01-32",
      "0000-01-01", "", " ", "2025-1-1", "2025-01-01 ", " 2025-01-01", "2025-01-01T00:00:00", "20250101", "2025/01/01",
      "01-JAN-2025", "today", "infinity", "-2025-01-1", "+025-01-01", "2025-01--1", "２０２５-01-01", "٢٠٢٥-01-01",
      "1735689600000",
      "10000-01-01", "2025-01-01 BC", "NaN", "null", "é025-01-01",
    ]
    try await onDatabase { session in
      #expect(try dates(session, hostile) == hostile.map { _ in nil })
      let sound = ["0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29", "2025-12-31", "1582-10-10"]
      #expect(try dates(session, sound) == sound)
      #expect(try session.value("SELECT pfa_date(NULL)") == nil)
      // Through the column, where an error would take a whole batch with it.
      for text in hostile where !text.isEmpty {
        try session.query(
          """
          INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
          VALUES (gen_random_uuid(), 'RIO', $1, jsonb_build_object('originalStart', $1::text, 'isActualized', $1::text,
            'monthlyRate', $1::text))
          """, [.text(text)])
      }
      let kept =
        "SELECT count(*)::int FROM pfa_mirror WHERE original_start IS NULL AND NOT is_actualized AND monthly_rate IS NULL"
      #expect(try session.count(kept) == hostile.count - 1)
    }
  }

  @Test("pfa_date and CivilDate read every text alike")
  func datesLikeTheDomain() async throws {
    var random = seeded("datesLikeTheDomain")
    let alphabet = Array("0123456789-- /:T")
    var texts: [String] = []
    for _ in 0..<3000 {
      func digits(_ width: Int, _ bound: Int) -> String {
        let text = String(random.below(bound))
        return String(repeating: "0", count: max(0, width - text.count)) + text
      }
      var text = Array("\(digits(4, 10_000))-\(digits(2, 14))-\(digits(2, 33))")
      if random.below(4) == 0 { text[random.below(text.count)] = alphabet[random.below(alphabet.count)] }
      if random.below(16) == 0 { text.remove(at: random.below(text.count)) }
      texts.append(String(text))
    }
    let (wanted, all) = (texts.map { CivilDate($0)?.text }, texts)
    try await onDatabase { session in
      let found = try dates(session, all)
      for (text, pair) in zip(all, zip(found, wanted)) where pair.0 != pair.1 {
        Issue.record("\(text): the database says \(pair.0 ?? "null"), the domain \(pair.1 ?? "null")")
      }
    }
  }

  @Test(
    "Money out of JSON: numbers only, rounded half away from zero; what does not fit is null",
    arguments: [
      ("1.005", "1.01"), ("-1.005", "-1.01"), ("0.004", "0.00"), ("-0.005", "-0.01"), ("1e3", "1000.00"), ("0", "0.00"),
      ("999999999999999999.99", "999999999999999999.99"), ("999999999999999999.994", "999999999999999999.99"),
      ("999999999999999999.995", nil), ("-999999999999999999.995", nil), ("1e18", nil), ("1e400", nil),
      ("-1e400", nil), ("1e-400", "0.00"), ("\"1\"", nil), ("\"1,234\"", nil), ("true", nil), ("null", nil),
      ("[1]", nil),
      ("{\"a\":1}", nil),
    ] as [(String, String?)])
  func money(json: String, expected: String?) async throws {
    let found = try await onDatabase { session in
      try session.value("SELECT pfa_money($1::jsonb)::numeric(20,2)", [.text(json)])
    }
    #expect(found == expected)
  }

  @Test("Only a JSON true is true")
  func flags() async throws {
    let found = try await onDatabase { session in
      try session.list(
        """
        SELECT j FROM unnest(ARRAY['true', 'false', 'null', '"true"', '"Y"', '"+"', '1', '-1', '{}', '[true]']) AS u (j)
        WHERE pfa_flag(j::jsonb)
        """)
    }
    #expect(found == ["true"])
    let missing = try await onDatabase { try $0.value("SELECT pfa_flag(NULL)") }
    #expect(missing == "f")
  }
}
