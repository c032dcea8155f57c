/// Realistic PFA records from a seed: the same seed, organization, index and revision give the same bytes on every
/// machine.
///
/// For benchmarks, the demo and tests. Records come out canonical, about 650 bytes of data each. About 70 % are
/// rentals, 30 % actualized, 2 % discontinued.
package struct RecordGenerator: Sendable {
  package let seed: UInt64
  package let organization: String

  private let organizationBytes: [UInt8]

  package init(seed: UInt64, organization: String) {
    self.seed = seed
    self.organization = organization
    var bytes: [UInt8] = []
    JSONText.append(organization, to: &bytes)
    organizationBytes = bytes
  }

  /// 2025-01-01T00:00:00Z: the block of record 0.
  package static let baseBlock: Int64 = 1_735_689_600_000
  /// 2024-01-01, the first possible start of a plan, in days since 1970.
  private static let firstDay = 19_723

  /// The id that record `index` has in each revision.
  package func pfaId(index: Int) -> String {
    let digits = String(index)
    return "PFA-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// Record number `index`. A higher `revision` is the same record changed later: other forecast dates and another
  /// rate or price, and newer.
  package func record(index: Int, revision: Int = 0) -> CanonicalRecord {
    var random = SplitMix64(seed: seed ^ (UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15))
    let draw = Draw(&random, index: index, revision: revision)
    let id = pfaId(index: index)
    let block = RecordGenerator.baseBlock + Int64(index) * 1000
    var out = RecordWriter()
    let gap = write(draw, id: id, block: block, to: &out)
    return CanonicalRecord(
      pfaId: id, order: SourceOrder(block: block, index: Int64(revision)), discontinued: draw.isDiscontinued,
      data: out.bytes, contentHash: RecordCanonicalizer.hash(out.bytes.span, excluding: gap))
  }

  /// Writes the members in the order of their keys; gives the place of `lastModified` with its comma.
  private func write(_ draw: Draw, id: String, block: Int64, to out: inout RecordWriter) -> Range<Int> {
    let category = EquipmentCatalog.categories[draw.category]
    out.raw("{\"actualEnd\":")
    out.date(draw.isActualized ? draw.actualEnd : nil)
    out.raw(",\"actualStart\":")
    out.date(draw.isActualized ? draw.actualStart : nil)
    out.text(",\"areaSilo\":", EquipmentCatalog.areaSilos[draw.areaSilo])
    out.text(",\"category\":", category.name)
    out.text(",\"class\":", category.classes[draw.equipmentClass])
    out.raw(",\"contract\":\"C-")
    out.padded(draw.contract, width: 5)
    out.raw("\",\"description\":\"")
    out.raw(category.name)
    out.raw(" ")
    out.raw(category.classes[draw.equipmentClass])
    out.raw(" for ")
    out.raw(EquipmentCatalog.areaSilos[draw.areaSilo])
    out.raw(", line ")
    out.padded(draw.equipment, width: 7)
    out.text(" of the plan\",\"dor\":", draw.isProject ? "PROJECT" : "BEO")
    out.raw(",\"equipment\":\"EQ-")
    out.padded(draw.equipment, width: 7)
    out.raw("\",\"forecastEnd\":")
    out.date(draw.forecastEnd)
    out.raw(",\"forecastStart\":")
    out.date(draw.forecastStart)
    out.flag(",\"hasActuals\":", draw.isActualized)
    out.flag(",\"hasPlan\":", true)
    out.flag(",\"isActualized\":", draw.isActualized)
    out.flag(",\"isDiscontinued\":", draw.isDiscontinued)
    out.flag(",\"isFundsTransferable\":", draw.isFundsTransferable)
    out.raw(",")
    let gapStart = out.bytes.count
    out.raw("\"lastModified\":")
    out.timestamp(block)
    out.raw(",")
    let gap = gapStart..<out.bytes.count
    out.text("\"manufacturer\":", category.manufacturers[draw.manufacturer])
    out.raw(",\"model\":\"")
    out.raw(category.manufacturers[draw.manufacturer].prefix(2))
    out.raw("-")
    out.padded(draw.model, width: 3)
    out.raw("\",\"monthlyRate\":")
    out.money(draw.isRental ? draw.rate : nil)
    out.raw(",\"organization\":")
    out.append(organizationBytes)
    out.raw(",\"originalEnd\":")
    out.date(draw.originalEnd)
    out.raw(",\"originalStart\":")
    out.date(draw.originalStart)
    out.text(",\"pfaId\":", id)
    out.raw(",\"purchasePrice\":")
    out.money(draw.isRental ? nil : draw.rate * 26)
    out.text(",\"source\":", draw.isRental ? "Rental" : "Purchase")
    out.raw("}")
    return gap
  }

  /// Everything about a record that chance decides, drawn in a fixed order. Dates are days since 1970.
  private struct Draw {
    let category, equipmentClass, manufacturer, areaSilo, model, contract, equipment: Int
    let isProject, isRental, isActualized, isDiscontinued, isFundsTransferable: Bool
    /// Cents a month.
    let rate: Int
    let originalStart, originalEnd, forecastStart, forecastEnd, actualStart, actualEnd: Int

    init(_ random: inout SplitMix64, index: Int, revision: Int) {
      category = random.below(EquipmentCatalog.categories.count)
      let row = EquipmentCatalog.categories[category]
      equipmentClass = random.below(row.classes.count)
      manufacturer = random.below(row.manufacturers.count)
      areaSilo = random.below(EquipmentCatalog.areaSilos.count)
      model = random.below(900) + 100
      contract = random.below(400) + 1
      equipment = index
      isProject = random.below(100) < 40
      isRental = random.below(100) < 70
      isActualized = random.below(100) < 30
      isDiscontinued = random.below(100) < 2
      isFundsTransferable = random.below(100) < 25
      // Quarter dollars, so that cents take part in the sums.
      rate = (row.rates.lowerBound * 4 + random.below((row.rates.count) * 4)) * 25 + revision * 1375
      originalStart = RecordGenerator.firstDay + random.below(900)
      originalEnd = originalStart + 20 + random.below(380)
      forecastStart = originalStart + random.below(50) - 10 + revision % 30
      forecastEnd = forecastStart + max(5, originalEnd - originalStart + random.below(90) - 30) + revision % 60
      actualStart = forecastStart + random.below(7)
      actualEnd = actualStart + max(1, (forecastEnd - actualStart) * (50 + random.below(60)) / 100)
    }
  }
}
