import HTTP
import PEMS
import SyncDomain
import Testing

/// Records whose ids run in an order of their own, as a change of old records leaves them.
private func shuffled(_ count: Int, _ pems: SimulatedPEMS) -> [String] {
  let rows = generated(count).enumerated().map { index, record in
    SimulatedRow(
      pfaId: record.pfaId, modified: RecordGenerator.baseBlock + Int64(index * 37 % count) * 1_000, recordId: 1,
      data: record.data)
  }
  pems.set(organization: "RIO", rows: rows)
  return rows.map(\.pfaId)
}

/// What the requests asked for: a key, or a position.
private func asked(_ pems: SimulatedPEMS) throws -> [String] {
  try pems.received.map { body in
    let request = try JSONValue(parsing: body)
    if text(body).contains("LPAREN") { return "key" }
    let grid = request["GRID"]
    return (grid?["CURSOR_POSITION"] ?? grid?["ROW_OFFSET"]).map { text($0.canonical()) } ?? "?"
  }
}

@Suite("Grid paging") struct GridPagingTests {
  @Test(
    "R1, R3: a service that applies no filter but the organization's is read by position, each row once",
    arguments: SourceDefinition.Dialect.allCases)
  func organizationOnly(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS { pems in
      let ids = shuffled(130, pems)
      pems.behave { $0.filtersOrganizationOnly = true }
      let whole = try await readAll(gridSource(pems, dialect), pageSize: 50)
      #expect(whole.records.count == 130 && Set(whole.records.map(\.pfaId)) == Set(ids))
      #expect(whole.pages.last?.total == 130)
      #expect(try asked(pems) == (dialect == .cursor ? ["1", "key", "51", "101"] : ["0", "key", "50", "100"]))
    }
  }

  @Test("R1, R3: so is one that tells no total, and one whose rows all have the same time of change")
  func withoutTotal() async throws {
    try await withPEMS { pems in
      let rows = generated(35).map {
        SimulatedRow(pfaId: $0.pfaId, modified: RecordGenerator.baseBlock, recordId: 1, data: $0.data)
      }
      pems.set(organization: "RIO", rows: rows)
      for dropsTotal in [true, false] {
        pems.behave { ($0.filtersOrganizationOnly, $0.dropsTotal) = (true, dropsTotal) }
        let whole = try await readAll(gridSource(pems))
        #expect(whole.records.map(\.pfaId) == rows.map(\.pfaId))
      }
    }
  }

  @Test("R1: next cursor = current + 1, also where CURSOR_POSITION is the number of a page")
  func pageNumbers() async throws {
    try await withPEMS { pems in
      let ids = shuffled(95, pems)
      pems.behave { ($0.filtersOrganizationOnly, $0.countsPages) = (true, true) }
      let whole = try await readAll(gridSource(pems), pageSize: 30)
      #expect(whole.records.count == 95 && Set(whole.records.map(\.pfaId)) == Set(ids))
      #expect(try asked(pems) == ["1", "key", "2", "3", "4"])
    }
  }

  @Test("R1, R4: rows that the service repeats at the edge of a page move no position")
  func repeatedRows() async throws {
    try await withPEMS { pems in
      let ids = shuffled(45, pems)
      pems.behave { ($0.filtersOrganizationOnly, $0.duplicatesRows) = (true, true) }
      let whole = try await readAll(gridSource(pems))
      #expect(Set(whole.records.map(\.pfaId)) == Set(ids))
    }
  }

  @Test("R1, R4: a row that stands twice in the list counts twice: the read is whole")
  func listedTwice() async throws {
    try await withPEMS { pems in
      let ids = shuffled(45, pems)
      // In the middle of a page, at an edge, and far apart.
      let rows = pems.rows(organization: "RIO")
      for copies in [[rows[3]], [rows[9]], [rows[3], rows[9], rows[30], rows[44]]] {
        pems.set(organization: "RIO", rows: rows + copies)
        let whole = try await readAll(gridSource(pems))
        #expect(Set(whole.records.map(\.pfaId)) == Set(ids))
      }
    }
  }

  @Test("R5, R17: an incremental read whose watermark is ignored is read whole; rows of others are rejected")
  func ignoredWatermark() async throws {
    try await withPEMS(records: 45) { pems in
      pems.behave { $0.filtersOrganizationOnly = true }
      pems.poison(organization: "RIO", pfaId: generated(45)[33].pfaId, .foreignOrganization)
      let whole = try await readAll(gridSource(pems), watermark: RecordGenerator.baseBlock + 30_000)
      #expect(whole.records.count == 44 && whole.rejected.map(\.code) == ["ORGANIZATION_MISMATCH"])
      let last = try #require(pems.received.last.map { text($0) })
      #expect(last.contains(#""VALUE":"2025-01-01T00:00:30Z""#), "the watermark is asked for all the same")
    }
  }

  @Test("R3, R21: the checkpoint carries that keys are of no use; another reader does not find out again")
  func resumed() async throws {
    try await withPEMS { pems in
      _ = shuffled(60, pems)
      pems.behave { $0.filtersOrganizationOnly = true }
      var request = PageRequest(organization: "RIO", mode: .full, pageSize: 10)
      var count = 0
      for _ in 0..<3 {
        let page = try await gridSource(pems).page(request)
        count += page.records.count
        request.cursor = page.next
      }
      let rest = try await readAll(gridSource(pems), from: request.cursor)
      #expect(count + rest.records.count == 60)
      #expect(try asked(pems) == ["1", "key", "11", "21", "31", "41", "51"])
    }
  }

  @Test(
    "R1: a service that joins all filters by AND is found out by its total, and read by position",
    arguments: SourceDefinition.Dialect.allCases, [false, true])
  func ignoredGroups(dialect: SourceDefinition.Dialect, tellsTotalOnce: Bool) async throws {
    try await withPEMS { pems in
      let ids = shuffled(130, pems)
      pems.behave { ($0.ignoresGroups, $0.tellsTotalOnce) = (true, tellsTotalOnce) }
      let whole = try await readAll(gridSource(pems, dialect), pageSize: 10)
      #expect(Set(whole.records.map(\.pfaId)) == Set(ids))
      #expect(whole.pages.last?.total == 130)
      if !tellsTotalOnce { #expect(whole.records.count == 130, "nothing narrowed is taken") }
    }
  }

  @Test("R1, R3: a row deleted while others are read is no reason for a doubt: the total is asked for anew")
  func deletedRow() async throws {
    try await withPEMS(records: 40) { pems in
      let ids = generated(40).map(\.pfaId)
      let first = try await gridSource(pems).page(PageRequest(organization: "RIO", mode: .full, pageSize: 10))
      pems.remove(organization: "RIO", pfaId: ids[25])
      let rest = try await readAll(gridSource(pems), from: first.next)
      #expect(rest.records.map(\.pfaId) == ids[10...].filter { $0 != ids[25] })
      #expect(rest.pages.last?.total == 39)
      #expect(try asked(pems) == ["1", "key", "1", "key", "key"])
    }
  }

  @Test(
    "R1, R2, R7: rows that are counted and never served end no read: it fails, and may be tried again",
    arguments: SourceDefinition.Dialect.allCases)
  func withheld(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 40) { pems in
      // The last row, and one in the middle: the page that is short by it makes the next one overlap.
      for (index, tellsTotalOnce) in [(39, true), (25, true), (25, false)] {
        pems.behave { ($0.withheld, $0.tellsTotalOnce) = (["RIO": [generated(40)[index].pfaId]], tellsTotalOnce) }
        let error = await failure { _ = try await readAll(gridSource(pems, dialect)) }
        #expect(error?.code == "INCOMPLETE_READ" && error?.isTransient == true)
        #expect(error?.message == "pems: the read ended after 39 of 40 rows" && error?.hint != nil)
      }
    }
  }

  @Test("R1: a service that gives the same page whatever is asked fails loudly, and soon")
  func samePage() async throws {
    try await withPEMS { pems in
      _ = shuffled(40, pems)
      pems.behave { ($0.filtersOrganizationOnly, $0.ignoresPosition) = (true, true) }
      let error = await failure { _ = try await readAll(gridSource(pems)) }
      #expect(error?.code == "UPSTREAM_INVALID_ANSWER" && error?.isTransient == true)
      #expect(pems.requests == 3)
    }
  }

  @Test("the behaviours of paging are ordered by HTTP too")
  func command() async throws {
    try await withPEMS { pems in
      _ = shuffled(30, pems)
      let order = #"{"behaviour": {"filtersOrganizationOnly": true, "countsPages": true, "tellsTotalOnce": true}}"#
      _ = try await HTTPClient().send(HTTPRequest("POST", pems.url + "/simulate", body: Array(order.utf8)))
      let whole = try await readAll(gridSource(pems))
      #expect(whole.records.count == 30)
      #expect(try asked(pems) == ["1", "key", "2", "3"])
    }
  }
}
