/// The fields of a record that KPIs and timeline bounds are made of.
package struct KPIRecord: Hashable, Sendable {
  package enum Source: Hashable, Sendable { case rental, purchase, other }

  /// Empty when missing; so are ``sourceText`` and ``dor``.
  package var category = ""
  package var sourceText = ""
  package var dor = ""
  /// Cents; nil when missing.
  package var monthlyRate: Int128?
  package var purchasePrice: Int128?
  package var originalStart: CivilDate?
  package var originalEnd: CivilDate?
  package var forecastStart: CivilDate?
  package var forecastEnd: CivilDate?
  package var actualStart: CivilDate?
  package var actualEnd: CivilDate?
  package var isActualized = false
  package var isDiscontinued = false

  package init() {}

  package var source: Source {
    switch sourceText {
    case "Rental": .rental
    case "Purchase": .purchase
    default: .other
    }
  }

  /// Reads canonical data (``CanonicalRecord/data``); fields of another kind count as missing.
  package init(data: [UInt8]) throws(JSONSyntaxError) {
    let bytes = data.span
    var scanner = JSONScanner()
    guard scanner.openObject(bytes) else { throw JSONSyntaxError(offset: scanner.position) }
    while let key = try scanner.nextKey(bytes) {
      let value = try scanner.skipValue(bytes)
      set(JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes), bytes, value)
    }
  }

  private mutating func set(_ key: String, _ bytes: Span<UInt8>, _ range: Range<Int>) {
    let isString = bytes[range.lowerBound] == ASCII.quote
    var date: CivilDate? { isString && range.count == 12 ? CivilDate(bytes, at: range.lowerBound + 1) : nil }
    var money: Int128? { Cents.parse(bytes.extracting(range)) }
    var isTrue: Bool { bytes[range.lowerBound] == 0x74 }
    var text: String { isString ? JSONText.literal(bytes, range) : "" }
    switch key {
    case "category": category = text
    case "source": sourceText = text
    case "dor": dor = text
    case "monthlyRate": monthlyRate = money
    case "purchasePrice": purchasePrice = money
    case "originalStart": originalStart = date
    case "originalEnd": originalEnd = date
    case "forecastStart": forecastStart = date
    case "forecastEnd": forecastEnd = date
    case "actualStart": actualStart = date
    case "actualEnd": actualEnd = date
    case "isActualized": isActualized = isTrue
    case "isDiscontinued": isDiscontinued = isTrue
    default: break
    }
  }
}
