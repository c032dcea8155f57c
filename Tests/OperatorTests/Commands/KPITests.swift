import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct KPITests {
  /// The examples of contract section 6, behind the back of the totals.
  private func seed() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data) VALUES
        (gen_random_uuid(), 'RIO', '1', '{"category": "Crane", "source": "Rental", "dor": "BEO", "monthlyRate": 15000.00,
          "originalStart": "2025-01-15", "originalEnd": "2025-06-30", "forecastStart": "2025-01-20", "forecastEnd": "2025-07-31"}'),
        (gen_random_uuid(), 'RIO', '2', '{"category": "Crane", "source": "Rental", "dor": "PROJECT", "monthlyRate": 42000.00,
          "originalStart": "2025-02-01", "originalEnd": "2025-08-31", "forecastStart": "2025-02-10", "forecastEnd": "2025-09-15",
          "actualStart": "2025-02-10", "actualEnd": "2025-06-30", "isActualized": true}'),
        (gen_random_uuid(), 'RIO', '3', '{"source": "Purchase", "purchasePrice": 350000.00,
          "originalStart": "2025-01-10", "originalEnd": "2025-12-31", "forecastStart": "2025-01-10", "forecastEnd": "2025-12-31"}')
      """)
  }

  @Test(
    "S1-33 verify finds every difference with exit code 4, rebuild corrects it and leaves a trace, then all is exact to the cent"
  )
  func repair() async throws {
    let empty = try await syncline("kpi", "verify")
    #expect(empty.code == .ok && empty.data == "[]\n")
    try await seed()
    let wrong = try await syncline("kpi", "verify", "RIO")
    #expect(wrong.code == .findings)
    #expect(try wrong.objects.count == 3)
    #expect(try wrong.objects[0]["expected_plan_cost"]?.digits == "81800.26")
    #expect(try await syncline("kpi", "verify", "RIO2").code == .ok)

    #expect(try await syncline("kpi", "rebuild", "--yes").code == .usage)
    #expect(try await syncline("kpi", "rebuild", "RIO", "--all", "--yes").code == .usage)
    let rebuilt = try await syncline("kpi", "rebuild", "--all", "--yes", "--reason", "after 'restore'")
    #expect(rebuilt.code == .ok)
    #expect(try rebuilt.objects.count == 3)
    let cause = try #require(try rebuilt.objects[0]["cause_id"]?.string)
    let job = try await syncline("jobs", "show", cause).json
    #expect(job["kind"]?.string == "kpi_rebuild" && job["state"]?.string == "succeeded")
    #expect(job["parameters"]?["reason"]?.string == "after 'restore'")

    #expect(try await syncline("kpi", "verify").code == .ok)
    let totals = try await syncline("kpi", "show", "RIO").objects
    let costs = totals.map { row in
      ["total_plan_cost", "total_forecast_cost", "total_actual_cost", "total_variance"].map { row[$0]?.digits ?? "" }
    }
    #expect(
      costs == [
        ["81800.26", "94612.35", "0.00", "12812.09"], ["291130.09", "299408.67", "193166.89", "8278.58"],
        ["350000.00", "350000.00", "0.00", "0.00"],
      ])
    #expect(totals[2]["category"]?.isNull == true)
    let again = try await syncline("kpi", "rebuild", "RIO", "--yes")
    #expect(again.data == "[]\n" && again.messages.contains("nothing was wrong"))
    #expect(try await value("SELECT count(*) FROM sync_job") == "1")
  }

  @Test("explain refuses a span that ends before it begins; until a moment alone is the total of that moment")
  func span() async throws {
    try await seed()
    #expect(try await syncline("kpi", "rebuild", "RIO", "--yes").code == .ok)
    func explain(_ flags: String...) async throws -> Ran { try await syncline(["kpi", "explain", "RIO"] + flags) }
    for flags in [["--from", "2026-02-01", "--to", "2026-01-01"], ["--from", "2099-01-01"]] {
      let ran = try await syncline(["kpi", "explain", "RIO"] + flags)
      #expect(ran.code == .usage && ran.data.isEmpty, "\(ran.data)")
      #expect(ran.messages.contains("INVALID_OPTION: --from '\(flags[1])' is after "), "\(ran.messages)")
    }
    let before = try await explain("--to", "2020-01-01").objects
    #expect(before.map { $0["entry"]?.string } == ["opening", "closing"])
    #expect(before.allSatisfy { $0["plan_cost"]?.digits == "0.00" && $0["record_count"]?.integer == 0 })
    #expect(before.last?["changed_at"]?.string == "2020-01-01T00:00:00.000Z")
    #expect(try await explain("--from", "2020-01-01", "--to", "2020-01-01").code == .ok)
    #expect(try await explain().objects.last?["record_count"]?.integer == 3)
  }

  @Test("An organization without records has no totals and no bounds; an unknown one is exit code 5")
  func empty() async throws {
    #expect(try await syncline("kpi", "show", "RIO").data == "[]\n")
    let bounds = try await syncline("timeline", "show", "RIO").json
    #expect(bounds["plan_start"]?.isNull == true && bounds["total_records"]?.integer == 0)
    for command in [["kpi", "show"], ["kpi", "verify"], ["timeline", "show"], ["kpi", "rebuild", "--yes"]] {
      #expect(try await syncline(command + ["NOPE"]).code == .notFound)
      #expect(try await syncline(command + ["%"]).code == .notFound)
    }
  }

  @Test("The bounds are the outermost dates")
  func timeline() async throws {
    try await seed()
    #expect(try await syncline("kpi", "rebuild", "--all", "--yes").code == .ok)
    let bounds = try await syncline("timeline", "show", "RIO").json
    #expect(bounds["plan_start"]?.string == "2025-01-10" && bounds["forecast_end"]?.string == "2025-12-31")
    #expect(bounds["actual_end"]?.string == "2025-06-30")
    #expect(bounds["total_records"]?.integer == 3 && bounds["actualized_records"]?.integer == 1)
    let csv = try await syncline("timeline", "show", "RIO", "-o", "csv").data
    #expect(csv.hasPrefix("organization_id,plan_start,") && csv.contains("\r\nRIO,2025-01-10,2025-12-31,"))
  }

  @Test("S2-11 The trend shows the end of each day, of one category or all, and as of when; before any, it says so")
  func trend() async throws {
    #expect(try await syncline("kpi", "trend", "NOPE").code == .notFound)
    let none = try await syncline("kpi", "trend", "RIO")
    #expect(none.data == "[]\n" && none.messages.contains("no worker has kept a trend"))
    try await seed()
    #expect(try await syncline("kpi", "rebuild", "RIO", "--yes").code == .ok)
    // The first look enters the organization, the second one looks at it.
    try await SyncDatabase.current.run { session in
      for _ in 0..<2 { _ = try session.asSystem { try TrendStore.advance(session, limit: 10) } }
    }
    let all = try await syncline("kpi", "trend", "RIO", "--days", "2")
    #expect(all.messages.contains("as of 2"))
    let row = try #require(try all.objects.first)
    #expect(row.keys.first == "day" && row["record_count"]?.integer == 3)
    #expect(row["total_plan_cost"]?.digits == "722930.35" && row["total_variance"]?.digits == "21090.67")
    let cranes = try await syncline("kpi", "trend", "RIO", "--category", "Crane").objects
    #expect(cranes.count == 1 && cranes[0]["total_plan_cost"]?.digits == "372930.35")
  }
}
