import SyncDomain
import Testing

@Suite struct RecordGeneratorTests {
  private let generator = RecordGenerator(seed: 2_026, organization: "RIO")

  @Test("the same seed gives the same records, another seed others")
  func deterministic() {
    for index in [0, 1, 999_999] {
      let record = generator.record(index: index, revision: 2)
      let again = RecordGenerator(seed: 2_026, organization: "RIO").record(index: index, revision: 2)
      #expect(record.data == again.data && record.order == again.order)
      #expect(RecordGenerator(seed: 1, organization: "RIO").record(index: index).data != record.data)
    }
    // Pinned, so that a change of the generator is seen: it would make old benchmark figures incomparable.
    #expect(generator.pfaId(index: 42) == "PFA-00000042")
  }

  @Test("a higher revision is newer and other content of the same record")
  func revisions() {
    for index in 0..<200 {
      let records = (0..<4).map { generator.record(index: index, revision: $0) }
      for (older, newer) in zip(records, records.dropFirst()) {
        #expect(older.pfaId == newer.pfaId && older.discontinued == newer.discontinued)
        #expect(older.order! < newer.order! && older.contentHash != newer.contentHash)
      }
    }
  }

  @Test("records have every field, a realistic size and the shares that are promised")
  func shape() throws {
    let count = 2_000
    var (bytes, rentals, actualized, discontinued) = (0, 0, 0, 0)
    var categories: Set<String> = []
    for index in 0..<count {
      let record = generator.record(index: index)
      let data = try JSONValue(parsing: record.data)
      #expect(data.canonical() == record.data)
      for field in FieldTable.fields where data[field.key] == nil { Issue.record("\(field.key) is missing") }
      let kpi = try KPIRecord(data: record.data)
      bytes += record.data.count
      rentals += kpi.source == .rental ? 1 : 0
      actualized += kpi.isActualized ? 1 : 0
      discontinued += record.discontinued ? 1 : 0
      categories.insert(kpi.category)
      #expect(kpi.isDiscontinued == record.discontinued && kpi.source != .other)
      #expect(["BEO", "PROJECT"].contains(kpi.dor))
      #expect(kpi.isActualized == (kpi.actualStart != nil) && kpi.originalStart! < kpi.originalEnd!)
    }
    #expect(600...700 ~= bytes / count)
    #expect(categories.count == 30)
    #expect(65...75 ~= rentals * 100 / count)
    #expect(25...35 ~= actualized * 100 / count)
    #expect(1...3 ~= (discontinued * 100 + count / 2) / count)
  }
}
