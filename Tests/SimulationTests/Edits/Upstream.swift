import SyncDomain

/// A model of PEMS: few records with an update counter, changed by people and by pushes.
struct Upstream {
  struct Record {
    var values: FieldValues
    var counter: Int64 = 1
    var order: SourceOrder { SourceOrder(block: 1_000, index: counter) }
    /// Who gave each field its present value: people, or we.
    var isOurs: Set<String> = []
    /// Every state it had, with the moment.
    var past: [(moment: Int, values: FieldValues)] = []
  }

  static let fields = ["dor", "manufacturer", "model", "forecastStart", "forecastEnd"]
  static let dates = ["forecastStart", "forecastEnd"]
  /// Fields that must fit each other.
  static let groups = [["manufacturer", "model"], dates]
  var records: [String: Record] = [:]

  init(records count: Int) {
    for index in 0..<count {
      var record = Record(
        values: FieldValues([
          "dor": Upstream.text("a"), "manufacturer": Upstream.text("a"), "model": Upstream.text("a"),
          "forecastStart": Upstream.text("2025-03-01"), "forecastEnd": Upstream.text("2025-06-01"),
        ]))
      record.past = [(0, record.values)]
      records["P\(index)"] = record
    }
  }

  /// ISO dates compare as they stand.
  static func isReversed(_ values: FieldValues) -> Bool {
    (values["forecastEnd"].text ?? "9") < (values["forecastStart"].text ?? "0")
  }

  static func text(_ value: String) -> FieldValue { FieldValue(.string(value)) }

  /// A value for a field; starts are before ends or not, as it happens.
  static func value(_ field: String, _ chance: inout Chance) -> FieldValue {
    switch field {
    case "forecastStart", "forecastEnd": text("2025-0\(3 + chance.below(5))-01")
    default: text(["a", "b", "c", "d"][chance.below(4)])
    }
  }

  mutating func change(_ id: String, _ values: FieldValues, ours: Bool, at moment: Int) {
    guard var record = records[id] else { return }
    record.values = record.values.overlaid(values)
    record.counter += 1
    if ours { record.isOurs.formUnion(values.fields) } else { record.isOurs.subtract(values.fields) }
    record.past.append((moment, record.values))
    records[id] = record
  }

  /// Whether the field had the value at that moment or later.
  func had(_ id: String, _ field: String, _ value: FieldValue, since moment: Int) -> Bool {
    guard let past = records[id]?.past else { return false }
    let before = past.last { $0.moment <= moment }.map { [$0] } ?? []
    return (before + past.filter { $0.moment > moment }).contains { $0.values[field] == value }
  }
}
