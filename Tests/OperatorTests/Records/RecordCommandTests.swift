import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct RecordCommandTests {
  private func seed() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data, source_block, source_index)
      SELECT gen_random_uuid(), o, p, d::jsonb, 1700000000000 + row_number() OVER (), 0
      FROM (VALUES
        ('RIO', 'P1', '{"category": "Cranes", "class": "C1", "source": "Rental", "dor": "BEO", "contract": "K1", "model": "L1",
          "monthlyRate": 3044.5, "forecastStart": "2025-01-01", "forecastEnd": "2025-02-01"}'),
        ('RIO', 'P2', '{"category": "Cranes", "class": "C2", "source": "Purchase", "dor": "PROJECT", "contract": "K1",
          "purchasePrice": 10, "forecastStart": "2025-02-01", "forecastEnd": "2025-03-01"}'),
        ('RIO', 'P10', '{"category": "Pumps", "class": "C1", "source": "Rental", "dor": "BEO", "contract": "K2",
          "monthlyRate": 7, "forecastStart": "2025-06-01", "forecastEnd": "2025-07-01", "odd": {"x": [1, 2]}}'),
        ('RIO', 'P3', '{"category": "Cranes", "source": "Rental", "isDiscontinued": true}'),
        ('RIO2', 'P1', '{"category": "Cranes", "source": "Rental", "model": "L1"}')) v (o, p, d)
      """,
      "INSERT INTO org_permission VALUES ('ann', 'RIO', 'write'), ('bob', 'RIO', 'write')")
  }

  private func ids(_ flags: String...) async throws -> [String?] {
    try await syncline(["records", "list", "RIO"] + flags).objects.map { $0["pfa_id"]?.string }
  }

  @Test("S1-32 each filter of the merged records, alone and together; one tenant's only, in order of id")
  func filters() async throws {
    try await seed()
    #expect(try await ids() == ["P1", "P10", "P2"])
    #expect(try await ids("--category", "Cranes") == ["P1", "P2"])
    #expect(try await ids("--class", "C1") == ["P1", "P10"])
    #expect(try await ids("--source", "Purchase") == ["P2"])
    #expect(try await ids("--dor", "BEO") == ["P1", "P10"])
    #expect(try await ids("--contract", "K1") == ["P1", "P2"])
    #expect(try await ids("--contract", "K1", "--dor", "BEO") == ["P1"])
    // Overlap with [from, to): the end of a forecast is exclusive.
    #expect(try await ids("--forecast-from", "2025-02-01") == ["P10", "P2"])
    #expect(try await ids("--forecast-to", "2025-02-01") == ["P1"])
    #expect(try await ids("--forecast-from", "2025-01-31", "--forecast-to", "2025-02-02") == ["P1", "P2"])
    #expect(try await ids("--contains", #"{"model": "L1"}"#) == ["P1"])
    #expect(try await ids("--contains", #"{"odd": {"x": [2]}}"#) == ["P10"])
    #expect(try await ids("--discontinued", "yes") == ["P3"])
    #expect(try await ids("--discontinued", "any", "--category", "Cranes") == ["P1", "P2", "P3"])
    for bad in [
      ["--forecast-from", "2025-02-30"], ["--forecast-from", "2025-02-02", "--forecast-to", "2025-02-01"],
      ["--contains", "[1]"], ["--contains", "{"], ["--drafts"], ["--user", "a"],
    ] {
      #expect(try await syncline(["records", "list", "RIO"] + bad).code == .usage, "\(bad)")
    }
    #expect(try await syncline("records", "list", "NOPE").code == .notFound)
  }

  @Test("S1-32 pages follow each other without a gap or a repetition; the limit is 1000 unless said otherwise")
  func pages() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      SELECT gen_random_uuid(), 'RIO', 'R' || n, '{}' FROM generate_series(1, 1100) n
      """)
    let all = try await ids("--limit", "2000")
    #expect(all.count == 1100)
    #expect(try await ids() == Array(all.prefix(1000)))
    var seen: [String?] = []
    while true {
      let page = try await ids(["--limit", "300"] + (seen.last.map { ["--after", ($0 ?? "")] } ?? []))
      if page.isEmpty { break }
      seen += page
    }
    #expect(seen == all)
  }

  private func ids(_ flags: [String]) async throws -> [String?] {
    try await syncline(["records", "list", "RIO"] + flags).objects.map { $0["pfa_id"]?.string }
  }

  @Test("M9-14 filters and search are data: hostile values select nothing and change nothing")
  func injection() async throws {
    try await seed()
    let attacks = [hostile, "' OR '1'='1", "Cranes' --", "%", "x'; DELETE FROM pfa_mirror; --"]
    for attack in attacks {
      for option in ["--category", "--class", "--dor", "--contract"] {
        #expect(try await ids(option, attack) == [], "\(option) \(attack)")
      }
      #expect(try await ids("--contains", "{\(printableJSONText(attack)): \(printableJSONText(attack))}") == [])
      #expect(try await ids("--session", attack).count == 3)
      #expect(try await syncline("records", "show", "RIO", attack).code == .notFound)
      #expect(try await syncline("records", "list", attack).code == .notFound)
    }
    #expect(try await value("SELECT count(*) FROM pfa_mirror") == "5")
  }

  private func printableJSONText(_ text: String) -> String {
    String(decoding: JSONValue.string(text).canonical(), as: UTF8.self)
  }

  @Test("M9-13 a session's drafts are laid over its own list alone: one row a record, and no total sees them (S1-42)")
  func drafts() async throws {
    try await seed()
    let before = try await syncline("kpi", "show", "RIO").data
    func draft(_ user: String, _ session: String, _ set: String) async throws {
      let ran = try await syncline(
        "drafts", "create", "RIO", "P1", "--user", user, "--session", session, "--set", set)
      #expect(ran.code == .ok, "\(ran.messages)")
    }
    try await draft("ann", "s1", "category=Pumps")
    try await draft("bob", "s2", "category=Trucks")
    try await draft("bob", "s2", "forecastEnd=2025-09-01")
    #expect(try await ids("--category", "Pumps") == ["P10"])
    #expect(try await ids("--category", "Pumps", "--session", "s1") == ["P1", "P10"])
    #expect(try await ids("--category", "Pumps", "--session", "s2") == ["P10"])
    #expect(try await ids("--category", "Pumps", "--session", "s1", "--user", "bob") == ["P10"])
    #expect(try await ids("--session", "s1", "--drafts") == ["P1"])
    #expect(try await ids("--session", "s2", "--forecast-from", "2025-08-01") == ["P1"])
    #expect(try await ids() == ["P1", "P10", "P2"], "two drafts of one record duplicate nothing")
    let mine = try #require(try await syncline("records", "list", "RIO", "--session", "s2").objects.first)
    #expect(mine["category"]?.string == "Trucks" && mine["data"]?["forecastEnd"]?.string == "2025-09-01")
    #expect(mine["modified_fields"]?.count == 2 && mine["version"]?.integer == 1)
    #expect(try await syncline("kpi", "show", "RIO").data == before)

    let shown = try await syncline("records", "show", "RIO", "P1", "--session", "s1").json
    #expect(shown["data"]?["category"]?.string == "Pumps" && shown["source_block"]?.digits == "1700000000001")
    #expect(try await syncline("records", "show", "RIO", "P1").json["data"]?["category"]?.string == "Cranes")
    // The steps of a draft are its session's business, in the history as well.
    #expect(shown["history"]?.count == 1)
    #expect(try await syncline("records", "show", "RIO", "P1").json["history"]?.count == 0)
  }

  @Test("Rows in every format: money with two places as JSON numbers, days as text, fields as arrays")
  func formats() async throws {
    try await seed()
    let row = try #require(try await syncline("records", "list", "RIO", "--category", "Cranes").objects.first)
    #expect(row["monthly_rate"]?.digits == "3044.50" && row["forecast_end"]?.string == "2025-02-01")
    #expect(row["updated_at"]?.string?.hasSuffix("Z") == true)
    let csv = try await syncline("records", "list", "RIO", "--contract", "K2", "-o", "csv").data
    #expect(csv.hasPrefix("pfa_id,organization_id,version,category,") && csv.contains("P10,RIO,1,Pumps,C1,Rental"))
    let table = try await syncline("records", "list", "RIO", "-o", "table").data
    #expect(table.contains("forecast_start") && !table.contains("is_actualized"))
  }

  @Test("A record with an order in the far future is found by doctor, and released: the next read replaces it again")
  func release() async throws {
    try await seed()
    #expect(try await syncline("doctor").objects.first { $0["name"]?.string == "orders" }?["status"]?.string == "ok")
    try await sql(
      "UPDATE pfa_mirror SET source_block = 9223372036854775807 WHERE organization_id = 'RIO' AND pfa_id = 'P2'")
    let check = try #require(
      try await syncline("doctor").objects.first { $0["name"]?.string == "orders" })
    #expect(check["status"]?.string == "warning" && check["detail"]?.string?.contains("1 of RIO") == true)
    #expect(check["remedy"]?.string?.contains("syncline records show RIO P2") == true)
    let released = try await syncline(
      ["records", "release", "RIO", "P2", "--reason", "wrong clock"], environment: ["SYNCLINE_ACTOR": "ann"])
    #expect(released.code == .ok)
    #expect(try released.json["source_block"]?.isNull == true && released.json["version"]?.integer == 1)
    guard case .array(let history)? = try await syncline("records", "show", "RIO", "P2").json["history"] else {
      throw Unexpected(what: "no history")
    }
    #expect(history[0]["event"]?.string == "released" && history[0]["actor"]?.string == "ann")
    #expect(history[0]["reason"]?.string == "wrong clock")
    #expect(history[0]["data"]?["source_block"]?.digits == "9223372036854775807")
    #expect(try await syncline("records", "release", "RIO", "P2").messages.contains("nothing changed"))
    #expect(try await syncline("records", "release", "RIO", "NOPE").code == .notFound)
    #expect(try await syncline("doctor").objects.first { $0["name"]?.string == "orders" }?["status"]?.string == "ok")
  }
}
