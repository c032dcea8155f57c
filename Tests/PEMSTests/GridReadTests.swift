import HTTP
import PEMS
import SyncDomain
import Testing

@Suite("Grid reads") struct GridReadTests {
  @Test(
    "R1 R15 a full read gives every record, byte for byte, from every spelling",
    arguments: SourceDefinition.Dialect.allCases)
  func everyRecord(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 95) { pems in
      let whole = try await readAll(gridSource(pems, dialect))
      let expected = generated(95)
      #expect(whole.records.map(\.pfaId) == expected.map(\.pfaId))
      for (read, made) in zip(whole.records, expected) {
        #expect(text(read.data) == text(made.data))
        #expect(read.contentHash == made.contentHash)
        #expect(read.order == made.order)
      }
      #expect(whole.issues.isEmpty)
      #expect(whole.rejected.isEmpty)
      #expect(whole.pages.count == 10)
      #expect(whole.pages.allSatisfy { $0.drift.isEmpty })
      #expect(whole.pages.allSatisfy { $0.total == 95 })
    }
  }

  @Test(
    "R1 M9-3 with a missing total the read goes on until an empty page", arguments: SourceDefinition.Dialect.allCases)
  func noTotal(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 20) { pems in
      pems.behave { $0.dropsTotal = true }
      let whole = try await readAll(gridSource(pems, dialect))
      #expect(whole.records.count == 20)
      #expect(whole.pages.count == 3)
      #expect(whole.pages.allSatisfy { $0.total == nil })
    }
  }

  @Test(
    "R1 a service that sends smaller pages than asked is read to its end", arguments: SourceDefinition.Dialect.allCases)
  func shortPages(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 23) { pems in
      pems.behave { $0.pageCap = 4 }
      let count1 = try await readAll(gridSource(pems, dialect)).records.count
      #expect(count1 == 23)
    }
  }

  @Test("R1 too many pages fail loudly instead of ending early")
  func pageLimit() async throws {
    try await withPEMS(records: 50) { pems in
      var definition = gridDefinition(pems)
      definition.maxPages = 3
      let source = GridSource(definition, http: HTTPClient())
      #expect(await failure { _ = try await readAll(source) }?.code == "PAGE_LIMIT")
    }
  }

  @Test(
    "R2 half a page is no page: the read throws, and succeeds afterwards from the same cursor",
    arguments: [SimulatedFault.Kind.truncate, .cut, .partial, .emptyPage, .hangUp], SourceDefinition.Dialect.allCases)
  func allOrNothing(kind: SimulatedFault.Kind, dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 30) { pems in
      let source = gridSource(pems, dialect)
      let first = try await source.page(PageRequest(organization: "RIO", mode: .full, pageSize: 10))
      let second = PageRequest(organization: "RIO", mode: .full, cursor: first.next, pageSize: 10)
      pems.fail(SimulatedFault(kind))
      // A client of its own: on a kept connection libcurl repeats a request that got no answer.
      let error = await failure { _ = try await gridSource(pems, dialect).page(second) }
      #expect(error?.isTransient == true)
      #expect(["UPSTREAM_INVALID_ANSWER", "UPSTREAM_UNAVAILABLE"].contains(error?.code))
      let rest = try await readAll(source, from: first.next)
      #expect(rest.records.count == 20)
    }
  }

  @Test(
    "R3 a row that moves while it is read is read again, newer, and no other is skipped",
    arguments: SourceDefinition.Dialect.allCases)
  func movingRow(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 40) { pems in
      let ids = generated(40).map(\.pfaId)
      pems.behave { behaviour in
        // Rows of a page that was read, and of one that was not yet.
        behaviour.moves = [(1, "RIO", ids[3]), (2, "RIO", ids[25])]
      }
      let whole = try await readAll(gridSource(pems, dialect))
      #expect(Set(whole.records.map(\.pfaId)) == Set(ids))
      let moved = whole.records.filter { $0.pfaId == ids[3] }
      #expect(moved.count == 2)
      #expect(try #require(moved[0].order) < (try #require(moved[1].order)))
      #expect(whole.records.count { $0.pfaId == ids[25] } == 1)
    }
  }

  @Test("R3 a row that vanishes while others are read shifts nothing")
  func vanishingRow() async throws {
    try await withPEMS(records: 30) { pems in
      let source = gridSource(pems)
      let first = try await source.page(PageRequest(organization: "RIO", mode: .full, pageSize: 10))
      pems.remove(organization: "RIO", pfaId: first.records[0].pfaId)
      let rest = try await readAll(source, from: first.next)
      #expect(rest.records.map(\.pfaId) == generated(30).map(\.pfaId)[10...].map { $0 })
    }
  }

  @Test("R3 a service that does not sort as asked is read by counting", arguments: SourceDefinition.Dialect.allCases)
  func unsorted(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS { pems in
      // Ids run against the time of change.
      let rows = generated(35).enumerated().map { index, record in
        SimulatedRow(
          pfaId: record.pfaId, modified: RecordGenerator.baseBlock + Int64(1_000 - index) * 1_000, recordId: 0,
          data: record.data)
      }
      pems.set(organization: "RIO", rows: rows)
      pems.behave { $0.ignoresSort = true }
      let whole = try await readAll(gridSource(pems, dialect))
      #expect(Set(whole.records.map(\.pfaId)).count == 35)
    }
  }

  @Test("R4 a row sent twice has the same content hash")
  func duplicates() async throws {
    try await withPEMS(records: 25) { pems in
      pems.behave { $0.duplicatesRows = true }
      let whole = try await readAll(gridSource(pems))
      #expect(whole.records.count == 27)
      let hashes = Dictionary(grouping: whole.records, by: \.pfaId).mapValues { Set($0.map(\.contentHash)).count }
      #expect(hashes.count == 25)
      #expect(hashes.values.allSatisfy { $0 == 1 })
    }
  }

  @Test("R5 R6 M9-1 an incremental read sends the filter, takes equal timestamps and tells the server's clock")
  func incremental() async throws {
    try await withPEMS(records: 30) { pems in
      pems.behave { $0.serverTime = 1_800_000_000_123 }
      let watermark = RecordGenerator.baseBlock + 20_000
      let whole = try await readAll(gridSource(pems), watermark: watermark)
      #expect(whole.records.map(\.pfaId) == generated(30).map(\.pfaId)[20...].map { $0 })
      #expect(whole.pages[0].serverTime == 1_800_000_000_123)
      let request = try JSONValue(parsing: try #require(pems.received.first))
      guard case .array(let filters)? = request["MULTIADDON_FILTERS"]?["MADDON_FILTER"] else {
        Issue.record("no filters")
        return
      }
      #expect(filters.map { $0["OPERATOR"]?.string } == ["=", ">="])
      #expect(filters.map { $0["VALUE"]?.string } == ["RIO", "2025-01-01T00:00:20Z"])
    }
  }

  @Test("R6 rows with one timestamp across page edges are all read", arguments: SourceDefinition.Dialect.allCases)
  func equalTimestamps(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS { pems in
      let rows = generated(33).map {
        SimulatedRow(pfaId: $0.pfaId, modified: RecordGenerator.baseBlock, recordId: 1, data: $0.data)
      }
      pems.set(organization: "RIO", rows: rows)
      let whole = try await readAll(gridSource(pems, dialect), pageSize: 7)
      #expect(whole.records.map(\.pfaId) == rows.map(\.pfaId))
    }
  }

  @Test("R13 a new field is kept in data and reported")
  func newField() async throws {
    try await withPEMS(records: 2) { pems in
      pems.behave { $0.newField = "pfs_new" }
      let page = try await gridSource(pems).page(PageRequest(organization: "RIO", mode: .full))
      #expect(page.drift == [FieldDrift(field: "pfs_new")])
      #expect(text(page.records[0].data).contains(#""pfs_new":"new""#))
    }
  }

  @Test("R14 a renamed critical field stops the run with SCHEMA_DRIFT")
  func renamedField() async throws {
    try await withPEMS(records: 2) { pems in
      pems.behave { $0.renamed = ["pfs_f_rental": "pfs_f_rent"] }
      let error = await failure { _ = try await readAll(gridSource(pems)) }
      #expect(error?.code == "SCHEMA_DRIFT")
      #expect(error?.isTransient == false)
      #expect(error?.message.contains("pfs_f_rental (monthlyRate)") == true)
      #expect(error?.message.contains("pfs_f_rent") == true)
      pems.behave { $0.renamed = ["pfs_f_manufacturer": "pfs_f_maker"] }
      let count2 = try await readAll(gridSource(pems)).records.count
      #expect(count2 == 2)
    }
  }

  @Test("R15 decimal commas are read by locale")
  func decimalComma() async throws {
    try await withPEMS(records: 60) { pems in
      pems.behave { $0.decimalComma = true }
      var definition = gridDefinition(pems)
      definition.locale = .comma
      let whole = try await readAll(GridSource(definition, http: HTTPClient()))
      #expect(whole.records.map(\.contentHash) == generated(60).map(\.contentHash))
      #expect(whole.issues.isEmpty)
    }
  }

  @Test("R15 what can not be read becomes null and an issue, the row stays")
  func badTypes() async throws {
    try await withPEMS(records: 3) { pems in
      let id = generated(3)[1].pfaId
      pems.poison(organization: "RIO", pfaId: id, .badTypes)
      let page = try await gridSource(pems).page(PageRequest(organization: "RIO", mode: .full))
      #expect(page.records.count == 3)
      #expect(
        Set(page.issues.map { "\($0.field ?? "") \($0.code) \($0.raw ?? "")" }) == [
          "forecastStart INVALID_DATE 31-FEB-2025", "monthlyRate INVALID_NUMBER 12,34,56",
          "isActualized INVALID_BOOLEAN maybe",
        ])
      #expect(page.issues.allSatisfy { $0.pfaId == id })
      #expect(text(page.records[1].data).contains(#""forecastStart":null"#))
    }
  }

  @Test(
    "R16 R17 R19 one poison row is rejected alone, with code and raw value",
    arguments: [
      (SimulatedPoison.nul, "NUL_CHARACTER"), (.loneSurrogate, "LONE_SURROGATE"), (.invalidUTF8, "INVALID_UTF8"),
      (.oversizeNumber, "NUMBER_OUT_OF_RANGE"), (.foreignOrganization, "ORGANIZATION_MISMATCH"),
      (.missingId, "MISSING_PFA_ID"),
    ], SourceDefinition.Dialect.allCases)
  func poison(row: (SimulatedPoison, String), dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 20) { pems in
      // In the middle of a page, and the last one of a page, whose key the next page would begin with.
      for index in [4, 9] { pems.poison(organization: "RIO", pfaId: generated(20)[index].pfaId, row.0) }
      let whole = try await readAll(gridSource(pems, dialect))
      #expect(whole.records.count == 18)
      #expect(whole.rejected.map(\.code) == [row.1, row.1])
      if row.0 != .missingId { #expect(whole.rejected.allSatisfy { $0.pfaId != nil && $0.raw != nil }) }
    }
  }

  @Test("R17 the organization filter is exact: RIO does not read RIO2")
  func organizationScope() async throws {
    try await withPEMS(records: 5) { pems in
      pems.seed(organization: "RIO2", records: 7)
      let count3 = try await readAll(gridSource(pems)).records.count
      #expect(count3 == 5)
      let count4 = try await readAll(gridSource(pems), organization: "RIO2").records.count
      #expect(count4 == 7)
    }
  }

  @Test("R18 an empty result is an empty read, with its end seen", arguments: SourceDefinition.Dialect.allCases)
  func emptyResult(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 5) { pems in
      pems.fail(SimulatedFault(.emptyResult))
      let whole = try await readAll(gridSource(pems, dialect))
      #expect(whole.records.isEmpty)
      #expect(whole.pages.count == 1)
    }
  }

  @Test(
    "R21 R23 after a lost session another reader goes on from the keyset position",
    arguments: SourceDefinition.Dialect.allCases)
  func resume(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 30) { pems in
      pems.fail(SimulatedFault(.errorAlert("Session expired"), page: 3))
      let first = gridSource(pems, dialect)
      var request = PageRequest(organization: "RIO", mode: .full, pageSize: 10)
      request.cursor = try await first.page(request).next
      request.cursor = try await first.page(request).next
      let error = await failure { [request] in _ = try await first.page(request) }
      #expect(error?.code == "UPSTREAM_ERROR_ALERT")
      #expect(error?.isTransient == true)
      let rest = try await readAll(gridSource(pems, dialect), from: request.cursor)
      #expect(rest.records.map(\.pfaId) == generated(30).map(\.pfaId)[20...].map { $0 })
    }
  }

  @Test("R22 an answer above maxResponseBytes fails with RESPONSE_TOO_LARGE")
  func tooLarge() async throws {
    try await withPEMS(records: 50) { pems in
      var definition = gridDefinition(pems)
      definition.maxResponseBytes = 20_000
      let source = GridSource(definition, http: HTTPClient())
      let error = await failure { _ = try await readAll(source, pageSize: 50) }
      #expect(error?.code == "RESPONSE_TOO_LARGE")
      #expect(error?.isTransient == false)
      let count5 = try await readAll(source, pageSize: 3).records.count
      #expect(count5 == 50)
    }
  }

  @Test("a foreign cursor is refused", arguments: ["", "x", "{}", #"{"page":-1,"skip":0,"seen":0}"#])
  func foreignCursor(cursor: String) async throws {
    try await withPEMS(records: 1) { pems in
      #expect(await failure { _ = try await readAll(gridSource(pems), from: cursor) }?.code == "INVALID_CURSOR")
    }
  }

  @Test("R22 thousands of records in large pages")
  func many() async throws {
    try await withPEMS(records: 4_100) { pems in
      let whole = try await readAll(gridSource(pems), pageSize: 2_000)
      #expect(whole.records.map(\.contentHash) == generated(4_100).map(\.contentHash))
      #expect(whole.pages.count == 3)
    }
  }
}
