import HTTP
import PEMS
import SyncDomain
import Testing

private func target(
  _ pems: SimulatedPEMS, _ dialect: SourceDefinition.Dialect = .cursor, pageSize: Int = 30
) -> ScreenTarget {
  var definition = gridDefinition(pems, dialect)
  definition.pageSize = pageSize
  return ScreenTarget(definition, http: HTTPClient(), budget: LocalBudget(rate: 10_000))
}

/// How many rows the requests since `first` asked for.
private func sizes(_ pems: SimulatedPEMS, from first: Int = 0) throws -> [Int64?] {
  try pems.received[first...].map { try JSONValue(parsing: $0)["GRID"]?["NUMBER_OF_ROWS_FIRST_RETURNED"]?.integer }
}

@Suite("Grid lookup") struct GridLookupTests {
  private static let moods: [@Sendable (inout SimulatedBehaviour) -> Void] = [
    { _ in },
    { $0.dropsTotal = true },
    { $0.tellsTotalOnce = true },
    { $0.mixesOrganizations = true },
    { ($0.mixesOrganizations, $0.dropsTotal) = (true, true) },
    { $0.countsPages = true },
    { $0.pageCap = 7 },
    { $0.sortsByTimeOnly = true },
    { $0.duplicatesRows = true },
  ]

  @Test(
    "W2: a grid that does not filter by id is searched to its end: the record is found wherever it stands",
    arguments: SourceDefinition.Dialect.allCases, moods.indices)
  func ignoredFilter(dialect: SourceDefinition.Dialect, mood: Int) async throws {
    try await withPEMS(records: 100) { pems in
      if mood == 5, dialect == .rowset { return }
      pems.seed(organization: "RIO2", records: 35, seed: 2)
      pems.behave {
        $0.filtersOrganizationOnly = true
        GridLookupTests.moods[mood](&$0)
      }
      for index in [0, 50, 99] {
        let record = generated(100)[index]
        let found = try await target(pems, dialect).read(organization: "RIO", pfaId: record.pfaId)
        #expect(found?.record.contentHash == record.contentHash)
      }
      // Only the end of all rows tells that there is none.
      #expect(try await target(pems, dialect).read(organization: "RIO", pfaId: "nobody") == nil)
    }
  }

  @Test("W2, W10: a grid that filters is asked once; that it does not is found out once")
  func requests() async throws {
    try await withPEMS(records: 80) { pems in
      let target = target(pems)
      let id = generated(80)[70].pfaId
      for id in [id, "nobody"] { _ = try await target.read(organization: "RIO", pfaId: id) }
      #expect(try sizes(pems) == [10, 10])
      pems.behave { $0.filtersOrganizationOnly = true }
      #expect(try await target.read(organization: "RIO", pfaId: "nobody") == nil)
      #expect(try sizes(pems, from: 2) == [10, 30, 30, 30])
      #expect(try await target.read(organization: "RIO", pfaId: "nobody") == nil)
      #expect(try sizes(pems, from: 6) == [30, 30, 30])
      pems.behave { $0.filtersOrganizationOnly = false }
      for _ in 0..<2 { #expect(try await target.read(organization: "RIO", pfaId: id) != nil) }
      #expect(try sizes(pems, from: 9) == [30, 10], "and that it does again as well")
    }
  }

  @Test(
    "W2, R2: an answer that may lack rows never means that the record is gone",
    arguments: SourceDefinition.Dialect.allCases)
  func incomplete(dialect: SourceDefinition.Dialect) async throws {
    try await withPEMS(records: 40) { pems in
      let rows = pems.rows(organization: "RIO")
      let id = rows[25].pfaId
      func code(_ target: ScreenTarget) async -> String {
        let error = await failure { _ = try await target.read(organization: "RIO", pfaId: id) }
        return "\(error?.code ?? "none") \(error?.isTransient == true ? "again" : "for good")"
      }
      // The filter is applied, and more is counted than comes.
      pems.behave { $0.withheld = ["RIO": [id]] }
      #expect(await code(target(pems, dialect)).hasSuffix("again"))
      pems.behave { $0.filtersOrganizationOnly = true }
      for pageSize in [10, 15, 100] {
        #expect(await code(target(pems, dialect, pageSize: pageSize)).hasSuffix("again"))
      }
      pems.behave { $0.withheld = [:] }
      for kind in [SimulatedFault.Kind.emptyPage, .partial, .truncate] {
        pems.fail(SimulatedFault(kind))
        #expect(await code(target(pems, dialect)) == "UPSTREAM_INVALID_ANSWER again")
      }
      // Always the same rows; those of an id order, of which this is not among the first.
      pems.behave { $0.ignoresPosition = true }
      let last = try #require(rows.map(\.pfaId).max())
      let stuck = target(pems, dialect, pageSize: 15)
      let error = await failure { _ = try await stuck.read(organization: "RIO", pfaId: last) }
      #expect(error?.code == "UPSTREAM_INVALID_ANSWER" && error?.isTransient == true)
      pems.behave { ($0.ignoresPosition, $0.dropsTotal) = (false, true) }
      var definition = gridDefinition(pems, dialect)
      (definition.pageSize, definition.maxPages) = (10, 3)
      let limited = ScreenTarget(definition, http: HTTPClient(), budget: LocalBudget(rate: 1_000))
      let limit = await failure { _ = try await limited.read(organization: "RIO", pfaId: "nobody") }
      #expect(limit?.code == "PAGE_LIMIT")
    }
  }

  @Test("W2, R3: rows that move while they are counted hide a record; it is not taken for gone")
  func movedRows() async throws {
    try await withPEMS(records: 40) { pems in
      pems.behave { ($0.filtersOrganizationOnly, $0.sortsByTimeOnly) = (true, true) }
      let ids = pems.rows(organization: "RIO").map(\.pfaId)
      let target = target(pems, pageSize: 15)
      let nobody = try await target.read(organization: "RIO", pfaId: "nobody")
      #expect(nobody == nil)
      pems.behave { $0.moves = [(page: 1, organization: "RIO", pfaId: ids[3])] }
      let error = await failure { _ = try await target.read(organization: "RIO", pfaId: ids[15]) }
      #expect(error?.code == "INCOMPLETE_READ" && error?.isTransient == true && error?.hint != nil)
      #expect(try await target.read(organization: "RIO", pfaId: ids[15]) != nil)
    }
  }

  @Test("W2, R17: rows of other organizations are not the record, also with its id; one that comes alone may be")
  func otherOrganizations() async throws {
    try await withPEMS(records: 40) { pems in
      let rows = pems.rows(organization: "RIO")
      let record = generated(40)[20]
      let theirs = generated(40, organization: "RIO2").enumerated().map { index, other in
        let id = index == 5 ? record.pfaId : other.pfaId
        return SimulatedRow(
          pfaId: id, modified: rows[index].modified + 1, recordId: 77,
          data: Array(text(other.data).replacing("\"\(other.pfaId)\"", with: "\"\(id)\"").utf8))
      }
      pems.set(organization: "RIO2", rows: theirs)
      pems.behave { ($0.filtersOrganizationOnly, $0.mixesOrganizations) = (true, true) }
      let found = try await target(pems, pageSize: 15).read(organization: "RIO", pfaId: record.pfaId)
      #expect(found?.record.contentHash == record.contentHash && found?.recordId != 77)
      pems.remove(organization: "RIO", pfaId: record.pfaId)
      #expect(try await target(pems, pageSize: 15).read(organization: "RIO", pfaId: record.pfaId) == nil)
      pems.behave { $0 = SimulatedBehaviour() }
      pems.poison(organization: "RIO", pfaId: rows[3].pfaId, .foreignOrganization)
      let error = await failure { _ = try await target(pems).read(organization: "RIO", pfaId: rows[3].pfaId) }
      #expect(error?.message == "pems: the record can not be read: ORGANIZATION_MISMATCH")
      #expect(error?.isTransient == false)
    }
  }

  @Test("W2, R19: other rows that can not be read do not matter where the record is; one without an id may be it")
  func poison() async throws {
    try await withPEMS(records: 40) { pems in
      pems.behave { $0.filtersOrganizationOnly = true }
      let ids = pems.rows(organization: "RIO").map(\.pfaId)
      for (index, poison) in [(2, SimulatedPoison.nul), (11, .invalidUTF8), (30, .missingId)] {
        pems.poison(organization: "RIO", pfaId: ids[index], poison)
      }
      let found = try await target(pems, pageSize: 15).read(organization: "RIO", pfaId: ids[25])
      #expect(found != nil)
      for (id, message) in [
        (ids[11], "the record can not be read: INVALID_UTF8"),
        ("nobody", "a row that may be the record can not be read: MISSING_PFA_ID"),
      ] {
        let error = await failure { _ = try await target(pems, pageSize: 15).read(organization: "RIO", pfaId: id) }
        #expect(error?.message == "pems: \(message)" && error?.isTransient == false)
      }
    }
  }
}
